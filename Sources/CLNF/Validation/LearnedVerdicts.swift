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

  // Written from the JSON of `landmarkd-train verdict LONDON CANADA --scenes SCENES --model MODEL`
  // (seed 1), rounded to six digits. Arguments: mean, deviation, weight, weight of the square.
  static let general = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.04309, 0.159393, 0.445074, -0.254641),
        term(.contraction, 0.686224, 0.112555, 0.0198946, 0.196666),
        term(.meanShift, 0.570632, 0.259144, -1.37239, -0.917586),
        term(.largestMeanShift, 1.49509, 0.623486, -0.183597, -0.34168),
        term(.nearPeakShare, 0.338048, 0.257338, 2.00451, -0.192139),
        term(.peakOffset, 2.31358, 1.41441, -1.0787, -0.300883),
        term(.peakResponse, 0.230783, 0.127237, 0.585339, -0.243951),
        term(.likelihood, -0.378507, 1.31639, 2.02731, -0.748742),
        term(.shapeDistance, 0.258383, 0.326807, -2.0492, 0.282243),
        term(.coarse, 0.0743499, 0.26234, 0.075046, 0.203869),
      ], bias: 2.02075),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.04309, 0.159393, 0.483826, -0.310705),
        term(.contraction, 0.686224, 0.112555, 0.0202231, 0.203863),
        term(.meanShift, 0.570632, 0.259144, -1.39876, -1.1179),
        term(.largestMeanShift, 1.49509, 0.623486, -0.312168, -0.33407),
        term(.nearPeakShare, 0.338048, 0.257338, 2.02267, -0.159969),
        term(.peakOffset, 2.31358, 1.41441, -0.975511, -0.325077),
        term(.peakResponse, 0.230783, 0.127237, 0.709833, 0.0176827),
        term(.likelihood, -0.378507, 1.31639, 2.0804, -0.313295),
        term(.shapeDistance, 0.258383, 0.326807, -2.12192, 0.295012),
        term(.coarse, 0.0743499, 0.26234, 0.074897, 0.203464),
        term(.validator, -0.266647, 0.771157, 0.42232, -1.27512),
      ], bias: 2.77067))

  static let wild = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.01165, 0.18362, 0.217627, -0.366276),
        term(.contraction, 0.738047, 0.100904, -0.132332, 0.324891),
        term(.meanShift, 0.579857, 0.183863, -1.63089, -0.521587),
        term(.largestMeanShift, 1.51953, 0.484558, 0.486737, -0.175914),
        term(.nearPeakShare, 0.236043, 0.190734, 0.840003, 0.593304),
        term(.peakOffset, 2.80439, 1.41917, -2.41221, -0.789262),
        term(.peakResponse, 0.190462, 0.102293, 0.720226, -0.701643),
        term(.likelihood, -0.302337, 1.0461, 2.25152, -1.16842),
        term(.shapeDistance, 0.166737, 0.245404, -1.05635, -0.129014),
        term(.coarse, 0.379605, 0.485289, 0.000513184, 0.000254632),
      ], bias: 2.4838),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.01165, 0.18362, 0.159318, -0.351581),
        term(.contraction, 0.738047, 0.100904, -0.0858765, 0.331749),
        term(.meanShift, 0.579857, 0.183863, -1.70458, -0.650457),
        term(.largestMeanShift, 1.51953, 0.484558, 0.42166, -0.190634),
        term(.nearPeakShare, 0.236043, 0.190734, 0.919853, 0.526086),
        term(.peakOffset, 2.80439, 1.41917, -2.29768, -0.833309),
        term(.peakResponse, 0.190462, 0.102293, 0.673252, -0.674044),
        term(.likelihood, -0.302337, 1.0461, 2.13779, -0.561724),
        term(.shapeDistance, 0.166737, 0.245404, -1.12015, -0.140046),
        term(.coarse, 0.379605, 0.485289, -0.00468168, -0.00232296),
        term(.validator, -0.241267, 0.779345, 0.167013, -1.44771),
      ], bias: 3.43213))

  private static func term(
    _ evidence: FitVerdict.Evidence, _ mean: Double, _ deviation: Double, _ weight: Double,
    _ squareWeight: Double
  ) -> FitVerdict.Term {
    FitVerdict.Term(
      evidence: evidence, mean: mean, deviation: deviation, weight: weight,
      squareWeight: squareWeight)
  }
}
