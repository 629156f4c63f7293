extension Fitter {
  /// From how many head rotations a fit to a box starts.
  public enum Starts: Int, Sendable, CaseIterable {
    /// Straight on.
    case one = 1
    /// Also turned by 30 degrees to each side, up and down; the best likelihood wins
    /// (docs/reference/clnf.md section 5, "Images").
    case five = 5

    /// The mean shape on a box, turned in each of the ways.
    package func poses(on box: FaceBox, in shape: PointDistributionModel) -> [GlobalParameters] {
      let mean = [Double](repeating: 0, count: shape.modeCount)
      return rotations.map { shape.globalParameters(box: box, local: mean, rotation: $0) }
    }

    var rotations: [EulerAngles] {
      let turn = 30 * Double.pi / 180
      let straight = EulerAngles(x: 0, y: 0, z: 0)
      if self == .one { return [straight] }
      return [
        straight, EulerAngles(x: 0, y: -turn, z: 0), EulerAngles(x: 0, y: turn, z: 0),
        EulerAngles(x: -turn, y: 0, z: 0), EulerAngles(x: turn, y: 0, z: 0),
      ]
    }
  }

  /// Fits the mean shape placed on `box`, with the first fit's windows.
  ///
  /// `report` and the workspace then belong to the best start. Allocates.
  /// - Returns: the parameters of the best start; where all fail, those of the first.
  public func fit(
    image: borrowing GreyImage, box: FaceBox, starts: Starts = .one
  ) -> FaceParameters {
    var best: (parameters: FaceParameters, report: FitReport, start: FaceParameters)?
    var lastIsBest = false
    for rotation in starts.rotations {
      var parameters = start(box: box, rotation: rotation)
      let start = parameters
      fit(image: image, parameters: &parameters, windows: settings.firstFitWindows)
      lastIsBest = best.map { isBetter(report, than: $0.report) } ?? true
      if lastIsBest { best = (parameters, report, start) }
    }
    guard let best else { preconditionFailure("there is always one start") }
    if !lastIsBest {
      // Once more, so that the workspace holds the best start's likelihoods.
      var parameters = best.start
      fit(image: image, parameters: &parameters, windows: settings.firstFitWindows)
    }
    return best.parameters
  }

  /// Fits the mean shape, turned by `rotation` and placed on `box`, with the first fit's windows.
  public func fit(
    image: borrowing GreyImage, box: FaceBox, rotation: EulerAngles
  ) -> FaceParameters {
    var parameters = start(box: box, rotation: rotation)
    fit(image: image, parameters: &parameters, windows: settings.firstFitWindows)
    return parameters
  }

  /// A fit that succeeded is better than one that failed; then the settings say what counts.
  private func isBetter(_ report: FitReport, than other: FitReport) -> Bool {
    guard settings.startChoice == .verdict, report.succeeded, other.succeeded,
      let rule = model.verdicts?.own
    else { return report.isBetter(than: other) }
    let scaleCount = model.scales.count
    let (ours, theirs) = (
      rule.probability(report, certainty: nil, scaleCount: scaleCount),
      rule.probability(other, certainty: nil, scaleCount: scaleCount)
    )
    return ours > theirs
  }

  /// The mean shape, turned by `rotation`, on a box.
  func start(box: FaceBox, rotation: EulerAngles) -> FaceParameters {
    let local = [Double](repeating: 0, count: model.shapeModel.modeCount)
    return FaceParameters(
      global: model.shapeModel.globalParameters(box: box, local: local, rotation: rotation),
      local: local)
  }
}

extension FitReport {
  /// A fit that succeeded is better than one that failed, then the likelihood counts.
  func isBetter(than other: FitReport) -> Bool {
    if succeeded != other.succeeded { return succeeded }
    return likelihood > other.likelihood
  }
}
