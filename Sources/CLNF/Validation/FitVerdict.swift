import Glibc

/// How sure a fit may be that it is right, from its own evidence: a documented rule of a few figures.
///
/// A logistic regression on figures of the last scale's full pass and of one look at the whole face
/// (`Evidence`), each standardised and kept within `reach` standard deviations, learned by `landmarkd-dev train verdict` from good
/// fits and failures; then limits beyond which a fit is doubted whatever the rest says. Its output is
/// the probability that the mean landmark error is below a tenth of the outer eye corners' distance.
///
/// docs/reference/clnf.md section 7 says why single mean shifts are no test: at the optimum of a
/// regularised fit they balance the prior and each other instead of vanishing.
public struct FitVerdict: Sendable, Equatable, Codable {
  /// The figures that are weighed, in the order of the weights.
  public enum Evidence: String, Sendable, Codable, CaseIterable {
    /// log10 of the last step, reference px: how far from rest the fit ended.
    case lastStep
    /// Geometric mean of the ratios of successive steps.
    case contraction
    /// Mean and largest length of the final mean shifts, reference px.
    case meanShift
    case largestMeanShift
    /// Share of landmarks whose response peak is within 1 reference px; mean distance to the peak.
    case nearPeakShare
    case peakOffset
    /// Mean of the maps' highest responses.
    case peakResponse
    /// Mean log density at the landmarks.
    case likelihood
    /// log of 1 + the shape's Mahalanobis distance from the mean, squared, a mode.
    case shapeDistance
    /// 1 where the face was too small for the finest experts, else 0.
    case coarse
    /// The validator's certainty, -1 right to 1 wrong; not used without one.
    case validator
    /// What one look at the whole face says of the fit: logs of how far landmarks lie from where it sees
    /// them, of how far off it may be, and of the one over the other; not used without a look.
    case lookDistance
    case lookDeviation
    case lookMisfit

    /// The figure of a fit; nil where there is none.
    func value(_ report: FitReport, certainty: Double?, scaleCount: Int) -> Double? {
      switch self {
      case .lastStep: log10(report.lastStep + 1e-4)
      case .contraction: report.contraction
      case .meanShift: report.meanShift
      case .largestMeanShift: report.largestMeanShift
      case .nearPeakShare: report.nearPeakShare
      case .peakOffset: report.peakOffset
      case .peakResponse: report.peakResponse
      case .likelihood: report.likelihood
      case .shapeDistance: log1p(report.shapeDistance)
      case .coarse: report.lastScale < scaleCount - 1 ? 1 : 0
      case .validator: certainty
      case .lookDistance: log(report.lookDistance + 0.005)
      case .lookDeviation: log(report.lookDeviation)
      case .lookMisfit: log(report.lookMisfit + 0.1)
      }
    }
  }

  /// One figure's part in the sum.
  public struct Term: Sendable, Equatable, Codable {
    public var evidence: Evidence
    /// Of the training fits.
    public var mean: Double
    public var deviation: Double
    /// Per standard deviation.
    public var weight: Double
    /// Per squared standard deviation: figures that are best in the middle.
    public var squareWeight: Double

    public init(
      evidence: Evidence, mean: Double, deviation: Double, weight: Double, squareWeight: Double
    ) {
      self.evidence = evidence
      self.mean = mean
      self.deviation = deviation
      self.weight = weight
      self.squareWeight = squareWeight
    }
  }

  public var terms: [Term]
  public var bias: Double

  /// Standardised figures are kept within this: beyond it they say no more.
  public static let reach = 3.0

  public init(terms: [Term], bias: Double) {
    self.terms = terms
    self.bias = bias
  }

  /// The probability that the fit is right, 0 to 1. A fit that failed has 0. No allocation.
  /// - Parameters:
  ///   - certainty: the validator's; nil without one: its term then counts as average.
  ///   - scaleCount: of the model.
  public func probability(_ report: FitReport, certainty: Double?, scaleCount: Int) -> Double {
    guard report.succeeded else { return 0 }
    var sum = bias
    for term in terms {
      guard
        let value = term.evidence.value(report, certainty: certainty, scaleCount: scaleCount),
        value.isFinite
      else { continue }
      sum += Self.logOdds(term, Self.standardised(value, term))
    }
    return 1 / (1 + exp(-sum))
  }

  /// One figure of a fit and what it says.
  public struct Contribution: Sendable, Equatable {
    public var evidence: Evidence
    public var value: Double
    /// Standard deviations from the training fits' mean, kept within `reach`.
    public var deviations: Double
    /// What it adds to the logarithm of the odds that the fit is right; below 0 speaks against it.
    public var logOdds: Double
  }

  /// The parts of the sum whose logistic function is `probability`; together with `bias`.
  public func contributions(
    _ report: FitReport, certainty: Double?, scaleCount: Int
  ) -> [Contribution] {
    terms.compactMap { term in
      guard
        let value = term.evidence.value(report, certainty: certainty, scaleCount: scaleCount),
        value.isFinite
      else { return nil }
      let z = Self.standardised(value, term)
      return Contribution(
        evidence: term.evidence, value: value, deviations: z, logOdds: Self.logOdds(term, z))
    }
  }

  private static func logOdds(_ term: Term, _ z: Double) -> Double {
    term.weight * z + term.squareWeight * z * z
  }

  /// The probability from evidence that was put down by `evidence(_:certainty:scaleCount:)`.
  public func probability(evidence: [Double]) -> Double {
    var sum = bias
    for (index, kind) in Evidence.allCases.enumerated() {
      guard let term = terms.first(where: { $0.evidence == kind }), evidence[index].isFinite
      else { continue }
      sum += Self.logOdds(term, Self.standardised(evidence[index], term))
    }
    return 1 / (1 + exp(-sum))
  }

  static func standardised(_ value: Double, _ term: Term) -> Double {
    guard term.deviation > 0 else { return 0 }
    return max(-reach, min(reach, (value - term.mean) / term.deviation))
  }

  /// The evidence of a fit for training, in the order of `Evidence.allCases`; 0 where there is none.
  public static func evidence(
    _ report: FitReport, certainty: Double?, scaleCount: Int
  ) -> [Double] {
    Evidence.allCases.map {
      $0.value(report, certainty: certainty, scaleCount: scaleCount) ?? 0
    }
  }
}
