/// The rules of a model: from the fit's own evidence, and with a validator's word.
public struct LearnedVerdicts: Sendable, Equatable, Codable {
  public var own: FitVerdict
  public var withValidator: FitVerdict

  public init(own: FitVerdict, withValidator: FitVerdict) {
    self.own = own
    self.withValidator = withValidator
  }

  /// The probability that a fit is right, by the rule that has all it needs.
  public func probability(
    _ report: FitReport, certainty: Double?, scaleCount: Int
  ) -> Double {
    let rule = certainty.map(\.isFinite) == true ? withValidator : own
    return rule.probability(report, certainty: certainty, scaleCount: scaleCount)
  }

  /// The rules that were learned for OpenFace's models with the settings `landmarkd`, known by
  /// their shape; nil for other models, whose fits are then believed on the validator's word.
  public static func openFace(_ model: FaceModel) -> LearnedVerdicts? {
    guard model.landmarkCount == 68, model.shapeModel.modeCount == 34 else { return nil }
    switch model.scales.map(\.patchScaling) {
    case [0.25, 0.35, 0.5]: return general
    case [0.25, 0.35, 0.5, 1.0]: return wild
    default: return nil
    }
  }

  // Written from the JSON of `landmarkd-train verdict LONDON CANADA --model MODEL` (seed 1), rounded
  // to six digits. Arguments: mean, deviation, weight, weight of the square.
  static let general = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.03548, 0.18305, 0.264053, -0.548016),
        term(.contraction, 0.693811, 0.108242, -0.122584, 0.15495),
        term(.meanShift, 0.60313, 0.250521, -2.56968, -1.11963),
        term(.largestMeanShift, 1.57579, 0.625266, 0.217366, 0.273398),
        term(.nearPeakShare, 0.297756, 0.241651, 1.34302, -0.222667),
        term(.peakOffset, 2.48742, 1.40616, -1.4199, -0.232366),
        term(.peakResponse, 0.211757, 0.117488, 1.14741, -0.254481),
        term(.likelihood, -0.525894, 1.23499, 1.57732, -0.65078),
        term(.shapeDistance, 0.310014, 0.373754, -2.55565, 0.555818),
        term(.coarse, 0.0832746, 0.276297, -0.0194103, -0.0523808),
      ], bias: 0.767836),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.03548, 0.18305, 0.320812, -0.580808),
        term(.contraction, 0.693811, 0.108242, -0.147032, 0.17768),
        term(.meanShift, 0.60313, 0.250521, -2.53803, -1.17202),
        term(.largestMeanShift, 1.57579, 0.625266, 0.181856, 0.270907),
        term(.nearPeakShare, 0.297756, 0.241651, 1.32008, -0.230731),
        term(.peakOffset, 2.48742, 1.40616, -1.41828, -0.185529),
        term(.peakResponse, 0.211757, 0.117488, 1.14661, -0.174533),
        term(.likelihood, -0.525894, 1.23499, 1.61641, -0.436664),
        term(.shapeDistance, 0.310014, 0.373754, -2.56434, 0.558789),
        term(.coarse, 0.0832746, 0.276297, -0.0166614, -0.0449625),
        term(.validator, -0.215112, 0.754256, 0.104775, -0.436452),
      ], bias: 0.967078))

  static let wild = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.01066, 0.191484, -0.0575185, -0.384173),
        term(.contraction, 0.742067, 0.0934173, 0.0788069, 0.046383),
        term(.meanShift, 0.603063, 0.176025, -1.48313, -0.849848),
        term(.largestMeanShift, 1.57722, 0.486276, -0.363523, 0.306121),
        term(.nearPeakShare, 0.202431, 0.17528, 1.42088, 0.0553593),
        term(.peakOffset, 2.99837, 1.39963, -2.16033, -0.747407),
        term(.peakResponse, 0.171282, 0.0920043, 1.05613, -0.744729),
        term(.likelihood, -0.452524, 0.966139, 2.06718, -0.804336),
        term(.shapeDistance, 0.203762, 0.282105, -2.10856, 0.15584),
        term(.coarse, 0.376056, 0.484394, -0.29386, -0.150382),
      ], bias: 1.96439),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.01066, 0.191484, -0.0415017, -0.389728),
        term(.contraction, 0.742067, 0.0934173, 0.106191, 0.0344539),
        term(.meanShift, 0.603063, 0.176025, -1.49057, -0.880257),
        term(.largestMeanShift, 1.57722, 0.486276, -0.37073, 0.320291),
        term(.nearPeakShare, 0.202431, 0.17528, 1.40241, 0.0191766),
        term(.peakOffset, 2.99837, 1.39963, -2.09776, -0.746731),
        term(.peakResponse, 0.171282, 0.0920043, 0.971765, -0.698051),
        term(.likelihood, -0.452524, 0.966139, 1.87708, -0.553184),
        term(.shapeDistance, 0.203762, 0.282105, -2.15805, 0.180575),
        term(.coarse, 0.376056, 0.484394, -0.301416, -0.154249),
        term(.validator, -0.180638, 0.758414, -0.243572, -0.295444),
      ], bias: 2.06856))

  private static func term(
    _ evidence: FitVerdict.Evidence, _ mean: Double, _ deviation: Double, _ weight: Double,
    _ squareWeight: Double
  ) -> FitVerdict.Term {
    FitVerdict.Term(
      evidence: evidence, mean: mean, deviation: deviation, weight: weight,
      squareWeight: squareWeight)
  }
}
