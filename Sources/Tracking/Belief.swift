import CLNF

/// When a fit is believed, and with what confidence.
public struct Belief: Sendable, Equatable, Codable {
  /// Learned rules; nil takes the validator's word alone, as the reference toolkit does.
  public var verdicts: LearnedVerdicts?
  /// Without learned rules: a fit is believed where the validator's certainty is below this; -1 to 1.
  public var validationBoundary = -0.45
  /// With learned rules: a fit is believed from this confidence on, 0 to 1. Higher: fewer wrong rows
  /// are believed, more right ones doubted.
  public var minimumConfidence = 0.5
  /// Limits beyond which a fit is doubted whatever its confidence; nil: none. Mean length of the
  /// final mean shifts, mean distance of landmarks to their response peaks, last step (root mean
  /// square over landmarks), all in reference px of the last scale, > 0.
  public var maximumMeanShift: Double?
  public var maximumPeakOffset: Double?
  public var maximumStep: Double?
  /// q^T Lambda^-1 q / m, 1 for a face as far from the mean as training faces are on average, > 0.
  public var maximumShapeDistance: Double?
  /// With learned rules, in video: how far the likelihood (mean log density) may fall below the
  /// running mean of believed frames, > 0.
  public var maximumLikelihoodDrop: Double?
  /// With learned rules, in video: how far landmarks may move on average between two frames, as a
  /// share of the face's width, > 0.
  public var maximumMovement: Double?

  public init() {}

  /// The validator's word alone. Frozen.
  public static let reference = Belief()

  /// The model's learned rules; without any, the validator's word.
  public static func learned(for model: FaceModel) -> Belief {
    var belief = Belief()
    belief.verdicts = model.verdicts ?? LearnedVerdicts.openFace(model)
    if belief.verdicts != nil {
      // A face that falls by more than e^-2 in density from one frame to the next, or moves by
      // half its width, is not followed but met by chance.
      belief.maximumLikelihoodDrop = 2
      belief.maximumMovement = 0.5
    }
    return belief
  }

  /// - Throws: `ModelDataError` naming the setting and what was expected.
  public func validate() throws(ModelDataError) {
    guard validationBoundary.isFinite else {
      throw ModelDataError("a validation boundary of \(validationBoundary); expected -1 to 1")
    }
    guard (0...1).contains(minimumConfidence) else {
      throw ModelDataError("a minimum confidence of \(minimumConfidence); expected 0 to 1")
    }
    let limits = [
      ("mean shift", maximumMeanShift), ("peak offset", maximumPeakOffset), ("step", maximumStep),
      ("shape distance", maximumShapeDistance), ("likelihood drop", maximumLikelihoodDrop),
      ("movement", maximumMovement),
    ]
    for (name, limit) in limits {
      if let limit, !(limit.isFinite && limit > 0) {
        throw ModelDataError("a largest \(name) of \(limit); expected above 0")
      }
    }
  }

  /// What a fit's own figures say.
  public struct Word: Sendable, Equatable {
    public var isBelieved: Bool
    /// 0 to 1; not a number where nothing speaks for or against a fit that ended.
    public var confidence: Double

    public init(isBelieved: Bool, confidence: Double) {
      self.isBelieved = isBelieved
      self.confidence = confidence
    }
  }

  /// A limit (infinite where none was set) and the figure beyond it, or one that is not a number.
  public struct Excess: Sendable, Equatable {
    public var name: String
    public var value: Double
    public var limit: Double
  }

  /// The limits on single fits that a fit does not keep.
  public func exceeded(by report: FitReport) -> [Excess] {
    var excesses: [Excess] = []
    func check(_ name: String, _ value: Double, _ limit: Double?) {
      let limit = limit ?? .infinity
      guard !(value <= limit) else { return }
      excesses.append(Excess(name: name, value: value, limit: limit))
    }
    check("mean shift", report.meanShift, maximumMeanShift)
    check("peak offset", report.peakOffset, maximumPeakOffset)
    check("step", report.lastStep, maximumStep)
    check("shape distance", report.shapeDistance, maximumShapeDistance)
    return excesses
  }

  /// Judges one fit by itself.
  /// - Parameters:
  ///   - certainty: the validator's, -1 right to 1 wrong; nil without one. One that is not a number
  ///     speaks against the fit.
  ///   - scaleCount: of the model.
  public func judge(_ report: FitReport, certainty: Double?, scaleCount: Int) -> Word {
    guard report.succeeded else { return Word(isBelieved: false, confidence: 0) }
    let within = exceeded(by: report).isEmpty
    if let verdicts {
      let confidence = verdicts.probability(report, certainty: certainty, scaleCount: scaleCount)
      return Word(isBelieved: within && confidence >= minimumConfidence, confidence: confidence)
    }
    guard let certainty else { return Word(isBelieved: within, confidence: .nan) }
    return Word(
      isBelieved: within && certainty < validationBoundary,
      confidence: certainty.isNaN ? 0 : max(0, min(1, (1 - certainty) / 2)))
  }
}
