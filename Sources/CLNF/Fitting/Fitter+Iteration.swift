import CLNFKernels

extension Fitter {
  /// One step of regularised landmark mean shift from the workspace's current shape.
  ///
  /// (J^T W J + Lambda) delta = J^T W ms - Lambda (0, q), by Cholesky (docs/reference/clnf.md
  /// section 5, steps 2 to 6). Fails, leaving the parameters, where the system is not positive
  /// definite: no landmark visible or a face of no size.
  func iterate(_ pass: ScalePass, rigid: Bool, iteration: Int) -> Bool {
    let pdm = model.shapeModel
    let columns = rigid ? 6 : pdm.parameterCount
    let memory = workspace
    computeMeanShifts(pass)
    var residual = memory.meanShiftImage.pointer
    if memory.isAnchored {
      memory.combine(regularisation: pass.settings.regularisation)
      residual = memory.residual.pointer
    }
    let (hessian, delta) = (memory.hessian.pointer, memory.delta.pointer)
    memory.equations[pass.scaleIndex].fill(
      shape: memory.shape.pointer, global: global, residual: residual,
      rigid: rigid, kernels: kernels, hessian: hessian, gradient: delta)
    if !rigid {
      for mode in 0..<pdm.modeCount {
        let precision = pass.settings.regularisation / pdm.variances[mode]
        hessian[(6 + mode) * (columns + 1)] += precision
        delta[6 + mode] -= precision * memory.local.pointer[mode]
      }
    }
    var record = observer.map { _ in startRecord(pass, rigid, iteration, columns) }
    guard
      kernels.pointee.solve(hessian, Int32(columns), delta, memory.solveScratch.pointer) == 0
    else { return false }
    for column in 0..<columns { delta[column] *= settings.stepFactor }
    pdm.update(global: &global, local: rigid ? nil : memory.local.pointer, delta: delta)
    let isClamped = pdm.clamp(global: &global, local: memory.local.pointer)
    if !rigid || isClamped { memory.localHasChanged() }
    countIteration()
    if let observer {
      record?.delta = (0..<columns).map { delta[$0] }
      if let record { observer(record) }
    }
    return true
  }

  /// Offsets of landmarks in their windows and their mean shifts in reference and image axes.
  func computeMeanShifts(_ pass: ScalePass) {
    let n = model.landmarkCount
    let memory = workspace
    let (landmarks, base) = (memory.landmarks.pointer, memory.base.pointer)
    let (offsets, reference) = (memory.offsets.pointer, memory.meanShiftReference.pointer)
    let image = memory.meanShiftImage.pointer
    let area = pass.meanShift.windowSize * pass.meanShift.windowSize
    let middle = Double(pass.meanShift.windowSize - 1) / 2
    for i in 0..<n {
      let moved = pass.toReference.apply(
        landmarks[i] - base[i], landmarks[n + i] - base[n + i])
      offsets[i] = moved.x + middle
      offsets[n + i] = moved.y + middle
      guard maps.visible.pointer[i] else {
        (reference[i], reference[n + i], image[i], image[n + i]) = (0, 0, 0, 0)
        continue
      }
      let shift = pass.meanShift.shift(
        maps.responses.pointer + i * area, x: offsets[i], y: offsets[n + i])
      (reference[i], reference[n + i]) = (shift.x, shift.y)
      let back = pass.toImage.apply(shift.x, shift.y)
      (image[i], image[n + i]) = (back.x, back.y)
    }
  }

  private func startRecord(
    _ pass: ScalePass, _ rigid: Bool, _ iteration: Int, _ columns: Int
  ) -> IterationRecord {
    let n = model.landmarkCount
    let memory = workspace
    func copy(_ pointer: UnsafeMutablePointer<Double>, _ count: Int) -> [Double] {
      Array(UnsafeBufferPointer(start: pointer, count: count))
    }
    return IterationRecord(
      scale: pass.scaleIndex, isRigid: rigid, iteration: iteration, global: global,
      local: memory.local.array, offsetX: copy(memory.offsets.pointer, n),
      offsetY: copy(memory.offsets.pointer + n, n),
      meanShiftReference: memory.meanShiftReference.array,
      meanShiftImage: memory.meanShiftImage.array, gradient: copy(memory.delta.pointer, columns),
      hessian: copy(memory.hessian.pointer, columns * columns), delta: [])
  }
}
