import Glibc

extension Fitter {
  /// Final mean shift lengths of the last fit's last scale, n, reference px; NaN where a landmark is
  /// not visible. Into an array that is reused.
  public func copyResiduals(into residuals: inout [Double]) {
    let n = model.landmarkCount
    if residuals.count != n { residuals = [Double](repeating: 0, count: n) }
    for i in 0..<n { residuals[i] = workspace.finalShifts.pointer[i] }
  }

  /// What the last fit's last scale shows of each landmark, into arrays that are reused.
  public func copyFigures(into figures: inout LandmarkFigures) {
    let n = model.landmarkCount
    let memory = workspace
    func fill(_ values: inout [Double], _ value: (Int) -> Double) {
      if values.count != n { values = [Double](repeating: 0, count: n) }
      for i in 0..<n { values[i] = memory.finalShifts.pointer[i].isNaN ? .nan : value(i) }
    }
    fill(&figures.meanShifts) { memory.finalShifts.pointer[$0] }
    fill(&figures.logDensities) { log(memory.likelihoods.pointer[$0] + 1e-8) }
    fill(&figures.logPeaks) { log(memory.peaks.pointer[$0] + 1e-8) }
    fill(&figures.peakOffsets) { memory.peakOffsets.pointer[$0] }
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
    scaleReports.append(makeScaleReport(pass))
    passReports.removeAll()
  }

  /// The response maps around the landmarks of `parameters` at one scale; nothing is fitted.
  ///
  /// The report's offsets are the windows' middle, its mean shifts and densities those of the
  /// first iteration, its passes none. For the comparison of maps from a given state. The fitter's
  /// `report` then belongs to no fit. Allocates.
  /// - Parameters:
  ///   - image: not empty.
  ///   - parameters: finite, of the model's number of modes, of a scale above 0.
  ///   - scaleIndex: one of the model's.
  ///   - windowSize: odd, at most the largest of the settings' windows.
  public func responses(
    image: borrowing GreyImage, parameters: FaceParameters, scaleIndex: Int, windowSize: Int
  ) -> ScaleReport {
    precondition(image.count > 0, "an image without pixels")
    precondition(
      parameters.local.count == model.shapeModel.modeCount,
      "expected \(model.shapeModel.modeCount) coefficients")
    precondition(model.preparedScales.indices.contains(scaleIndex), "no scale \(scaleIndex)")
    precondition(
      windowSize % 2 == 1 && windowSize <= maps.largestWindow, "a window of \(windowSize)")
    region.forget()
    (fitsOneScale, isTracking) = (false, false)
    passReports.removeAll()
    global = parameters.global
    workspace.setLocal(parameters.local)
    let pass = prepare(image, scaleIndex: scaleIndex, windowSize: windowSize)
    computeMeanShifts(pass)
    let n = model.landmarkCount
    for i in 0..<n {
      workspace.likelihoods.pointer[i] =
        maps.visible.pointer[i]
        ? pass.meanShift.density(
          maps.responses.pointer + i * windowSize * windowSize,
          x: workspace.offsets.pointer[i], y: workspace.offsets.pointer[n + i]) : -1e8
    }
    return makeScaleReport(pass)
  }

  private func makeScaleReport(_ pass: ScalePass) -> ScaleReport {
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
    workspace.updateShape(model.shapeModel, global, kernels: kernels)
    return ScaleReport(
      scaleIndex: pass.scaleIndex,
      patchScaling: model.preparedScales[pass.scaleIndex].patchScaling, windowSize: window,
      view: maps.view, sigma: maps.sigmaKind.rawValue, responses: responses,
      offsetX: half(workspace.offsets, false), offsetY: half(workspace.offsets, true),
      meanShiftX: half(workspace.meanShiftReference, false),
      meanShiftY: half(workspace.meanShiftReference, true),
      likelihoods: workspace.likelihoods.array, landmarks: workspace.landmarks.array,
      parameters: FaceParameters(global: global, local: workspace.local.array),
      referenceScale: pass.toReference.scale, passes: passReports)
  }
}
