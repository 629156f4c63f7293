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
        term(.lastStep, -2.03579, 0.18281, 0.213744, -0.530609),
        term(.contraction, 0.694181, 0.10847, -0.112783, 0.119249),
        term(.meanShift, 0.602794, 0.250396, -2.59162, -1.10314),
        term(.largestMeanShift, 1.57231, 0.625323, 0.267055, 0.229149),
        term(.nearPeakShare, 0.298398, 0.241514, 1.28416, -0.273421),
        term(.peakOffset, 2.48761, 1.40745, -1.30077, -0.184246),
        term(.peakResponse, 0.211836, 0.11746, 1.09333, -0.24788),
        term(.likelihood, -0.525043, 1.2354, 1.6242, -0.692232),
        term(.shapeDistance, 0.310126, 0.374, -2.4843, 0.518837),
        term(.coarse, 0.0832746, 0.276297, -0.0153716, -0.0414819),
      ], bias: 0.831361),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.03579, 0.18281, 0.267325, -0.559252),
        term(.contraction, 0.694181, 0.10847, -0.134501, 0.13339),
        term(.meanShift, 0.602794, 0.250396, -2.56921, -1.14735),
        term(.largestMeanShift, 1.57231, 0.625323, 0.235247, 0.227371),
        term(.nearPeakShare, 0.298398, 0.241514, 1.26154, -0.278892),
        term(.peakOffset, 2.48761, 1.40745, -1.29364, -0.141064),
        term(.peakResponse, 0.211836, 0.11746, 1.08336, -0.180161),
        term(.likelihood, -0.525043, 1.2354, 1.64075, -0.497855),
        term(.shapeDistance, 0.310126, 0.374, -2.49533, 0.523197),
        term(.coarse, 0.0832746, 0.276297, -0.0126345, -0.0340954),
        term(.validator, -0.214322, 0.754624, 0.0592903, -0.376237),
      ], bias: 0.99782))

  static let wild = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.01013, 0.192868, 0.313344, -0.426512),
        term(.contraction, 0.741745, 0.0934591, -0.132532, 0.0390784),
        term(.meanShift, 0.602934, 0.175919, -1.49515, -0.748601),
        term(.largestMeanShift, 1.5766, 0.485044, -0.333186, 0.345305),
        term(.nearPeakShare, 0.203084, 0.175347, 1.08085, 0.199703),
        term(.peakOffset, 2.99486, 1.39956, -2.2677, -0.744526),
        term(.peakResponse, 0.171383, 0.0920439, 1.07931, -0.759404),
        term(.likelihood, -0.452047, 0.967305, 2.11615, -0.89782),
        term(.shapeDistance, 0.204033, 0.282556, -2.1983, 0.205986),
        term(.coarse, 0.376761, 0.484574, -0.326427, -0.166037),
      ], bias: 1.83635),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.01013, 0.192868, 0.340253, -0.433767),
        term(.contraction, 0.741745, 0.0934591, -0.114875, 0.0328138),
        term(.meanShift, 0.602934, 0.175919, -1.50099, -0.771343),
        term(.largestMeanShift, 1.5766, 0.485044, -0.343768, 0.355709),
        term(.nearPeakShare, 0.203084, 0.175347, 1.06187, 0.175732),
        term(.peakOffset, 2.99486, 1.39956, -2.22061, -0.75512),
        term(.peakResponse, 0.171383, 0.0920439, 1.00088, -0.717542),
        term(.likelihood, -0.452047, 0.967305, 1.91374, -0.638163),
        term(.shapeDistance, 0.204033, 0.282556, -2.24257, 0.227597),
        term(.coarse, 0.376761, 0.484574, -0.33491, -0.170352),
        term(.validator, -0.181456, 0.757769, -0.229761, -0.314101),
      ], bias: 1.95464))

  private static func term(
    _ evidence: FitVerdict.Evidence, _ mean: Double, _ deviation: Double, _ weight: Double,
    _ squareWeight: Double
  ) -> FitVerdict.Term {
    FitVerdict.Term(
      evidence: evidence, mean: mean, deviation: deviation, weight: weight,
      squareWeight: squareWeight)
  }
}
