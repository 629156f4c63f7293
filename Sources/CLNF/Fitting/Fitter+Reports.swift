extension Fitter {
  /// Final mean shift lengths of the last fit's last scale, n, reference px; NaN where a landmark is
  /// not visible. Into an array that is reused.
  public func copyResiduals(into residuals: inout [Double]) {
    let n = model.landmarkCount
    if residuals.count != n { residuals = [Double](repeating: 0, count: n) }
    let ms = workspace.meanShiftReference.pointer
    for i in 0..<n {
      residuals[i] =
        maps.visible.pointer[i]
        ? (ms[i] * ms[i] + ms[n + i] * ms[n + i]).squareRoot() : .nan
    }
  }

  /// Mean length of the current mean shifts over visible landmarks, reference px.
  func meanShiftLength() -> Double {
    let n = model.landmarkCount
    let ms = workspace.meanShiftReference.pointer
    var (sum, count) = (0.0, 0)
    for i in 0..<n where maps.visible.pointer[i] {
      sum += (ms[i] * ms[i] + ms[n + i] * ms[n + i]).squareRoot()
      count += 1
    }
    return count > 0 ? sum / Double(count) : 0
  }

  func startPassReport(_ pass: ScalePass, _ rigid: Bool) -> PassReport {
    PassReport(
      scaleIndex: pass.scaleIndex, isRigid: rigid, meanShifts: [], steps: [], cameToRest: false)
  }

  /// Copies what was seen at the scale that has just been fitted.
  func keepScaleReport(_ pass: ScalePass) {
    let n = model.landmarkCount
    let window = pass.meanShift.windowSize
    func half(_ buffer: borrowing Buffer<Double>, _ second: Bool) -> [Double] {
      let values = buffer.array
      return Array(second ? values[n..<2 * n] : values[..<n])
    }
    let responses = (0..<n).map { i -> [Float] in
      guard maps.visible.pointer[i] else { return [] }
      let start = maps.responses.pointer + i * window * window
      return Array(UnsafeBufferPointer(start: start, count: window * window))
    }
    workspace.updateShape(model.shapeModel, global)
    scaleReports.append(
      ScaleReport(
        scaleIndex: pass.scaleIndex,
        patchScaling: model.preparedScales[pass.scaleIndex].patchScaling, windowSize: window,
        view: maps.view, sigma: maps.sigmaKind.rawValue, responses: responses,
        offsetX: half(workspace.offsets, false), offsetY: half(workspace.offsets, true),
        meanShiftX: half(workspace.meanShiftReference, false),
        meanShiftY: half(workspace.meanShiftReference, true),
        likelihoods: workspace.likelihoods.array, landmarks: workspace.landmarks.array,
        passes: passReports))
    passReports.removeAll()
  }
}
