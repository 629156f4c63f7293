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
    rule(certainty: certainty)
      .probability(report, certainty: certainty, scaleCount: scaleCount)
  }

  /// The rule that has all it needs: a certainty that is a number joins.
  public func rule(certainty: Double?) -> FitVerdict {
    certainty.map(\.isFinite) == true ? withValidator : own
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

  // Written from the JSON of `landmarkd-dev train verdict LONDON CANADA --scenes SCENES --model
  // MODEL` (seed 1), rounded to six digits. Arguments: mean, deviation, weight, weight of the square.
  static let general = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.0757, 0.160437, 0.141813, -0.11409),
        term(.contraction, 0.574559, 0.138908, -0.0681619, 0.147842),
        term(.meanShift, 0.568702, 0.258621, -1.50621, -1.00073),
        term(.largestMeanShift, 1.4896, 0.622917, 0.0249923, -0.365376),
        term(.nearPeakShare, 0.339708, 0.25703, 1.97412, -0.37032),
        term(.peakOffset, 2.30403, 1.41481, -0.907631, -0.164636),
        term(.peakResponse, 0.231788, 0.127087, 0.867532, -0.204704),
        term(.likelihood, -0.367335, 1.31446, 1.85205, -0.618054),
        term(.shapeDistance, 0.255555, 0.321888, -2.03134, 0.249545),
        term(.coarse, 0.0740791, 0.2619, 0.0582803, 0.158356),
      ], bias: 2.18773),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.0757, 0.160437, 0.207209, -0.126335),
        term(.contraction, 0.574559, 0.138908, -0.10691, 0.160584),
        term(.meanShift, 0.568702, 0.258621, -1.54567, -1.23875),
        term(.largestMeanShift, 1.4896, 0.622917, -0.100439, -0.360429),
        term(.nearPeakShare, 0.339708, 0.25703, 1.95686, -0.318789),
        term(.peakOffset, 2.30403, 1.41481, -0.79649, -0.215104),
        term(.peakResponse, 0.231788, 0.127087, 1.03269, 0.0643336),
        term(.likelihood, -0.367335, 1.31446, 1.86868, -0.143363),
        term(.shapeDistance, 0.255555, 0.321888, -2.09806, 0.258877),
        term(.coarse, 0.0740791, 0.2619, 0.0555562, 0.150954),
        term(.validator, -0.272052, 0.771379, 0.40964, -1.43999),
      ], bias: 3.01932))

  static let wild = LearnedVerdicts(
    own: FitVerdict(
      terms: [
        term(.lastStep, -2.04641, 0.176638, 0.0995929, -0.233892),
        term(.contraction, 0.640988, 0.130526, -0.25813, 0.270296),
        term(.meanShift, 0.578177, 0.182557, -1.31005, -0.584373),
        term(.largestMeanShift, 1.5177, 0.481033, 0.314399, -0.151135),
        term(.nearPeakShare, 0.237628, 0.190585, 0.909211, 0.491318),
        term(.peakOffset, 2.79398, 1.42302, -2.31772, -0.684765),
        term(.peakResponse, 0.191388, 0.102327, 0.80655, -0.715571),
        term(.likelihood, -0.290069, 1.04383, 2.38787, -0.977171),
        term(.shapeDistance, 0.164452, 0.242099, -0.930724, -0.15486),
        term(.coarse, 0.377979, 0.484882, 0.0246858, 0.0124244),
      ], bias: 2.58196),
    withValidator: FitVerdict(
      terms: [
        term(.lastStep, -2.04641, 0.176638, 0.119847, -0.246456),
        term(.contraction, 0.640988, 0.130526, -0.22237, 0.26141),
        term(.meanShift, 0.578177, 0.182557, -1.43318, -0.652443),
        term(.largestMeanShift, 1.5177, 0.481033, 0.201617, -0.164962),
        term(.nearPeakShare, 0.237628, 0.190585, 0.993176, 0.389422),
        term(.peakOffset, 2.79398, 1.42302, -2.23159, -0.78015),
        term(.peakResponse, 0.191388, 0.102327, 0.864319, -0.71384),
        term(.likelihood, -0.290069, 1.04383, 2.27277, -0.307313),
        term(.shapeDistance, 0.164452, 0.242099, -0.936415, -0.193742),
        term(.coarse, 0.377979, 0.484882, 0.0236749, 0.0119156),
        term(.validator, -0.248664, 0.778654, 0.337937, -1.65877),
      ], bias: 3.78109))

  private static func term(
    _ evidence: FitVerdict.Evidence, _ mean: Double, _ deviation: Double, _ weight: Double,
    _ squareWeight: Double
  ) -> FitVerdict.Term {
    FitVerdict.Term(
      evidence: evidence, mean: mean, deviation: deviation, weight: weight,
      squareWeight: squareWeight)
  }
}
