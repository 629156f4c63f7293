import CLNF
import FaceFinding
import Tracking

/// Fits faces of single images and judges the fits. One thread at a time.
public final class ImageFitter {
  public let fitter: Fitter
  private let judge: ValidatorEvaluation?
  private let starts: Fitter.Starts
  private let belief: Belief
  private let glance: FaceGlance
  private let landmarkJudge: LandmarkConfidence?
  private var figures = LandmarkFigures()
  /// What the validator says of the last fit; nil where there is none, or where the fit failed.
  public private(set) var certainty: Double?
  /// Where the last fit began; of several starts from a box, straight on.
  public private(set) var start: FaceParameters
  /// How the last fit went, beside what one look at its face says.
  public private(set) var report = FitReport()
  /// What is thought of the last fit.
  public private(set) var word = Belief.Word(isBelieved: false, confidence: 0)

  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  public init(_ plan: TrackingPlan, starts: Fitter.Starts) throws(ModelDataError) {
    belief = plan.tracking.belief
    fitter = try plan.makeFitter()
    let glance = FaceGlance()
    self.glance = glance
    landmarkJudge =
      plan.tracking.judgesLandmarks
      ? LandmarkConfidence(plan.model, regressor: glance.regressor) : nil
    judge = plan.makeJudge()
    self.starts = starts
    start = FaceParameters(
      global: GlobalParameters(scale: 1, tx: 0, ty: 0),
      local: [Double](repeating: 0, count: plan.model.shapeModel.modeCount))
  }

  /// The fit to a face box, with the validator's word; `hasFit` is false where it diverged.
  public func fit(_ image: borrowing GreyImage, _ box: FaceBox) -> TrackedFrame {
    start.global = Fitter.Starts.one.poses(on: box, in: fitter.model.shapeModel)[0]
    let parameters = fitter.fit(image: image, box: box, starts: starts)
    return judged(image, parameters)
  }

  /// The fit to a face that was found, the same way as in a video: from its points, where it has some,
  /// and from other poses where that fit is not believed. With five starts those from its box count as
  /// well, and the best of all is taken.
  public func fit(_ image: borrowing GreyImage, _ found: DetectedFace) -> TrackedFrame {
    guard found.points != nil else { return fit(image, found.box) }
    let shape = fitter.model.shapeModel
    let choice = FaceStarts(of: found, in: shape, image: image, regressor: glance.regressor)
    let mean = [Double](repeating: 0, count: shape.modeCount)
    var all = choice.all
    if starts == .five {
      all += starts.poses(on: found.box, in: shape).map {
        FaceStarts.Start(parameters: FaceParameters(global: $0, local: mean))
      }
    }
    var best: (word: StartWord, start: FaceStarts.Start)?
    for (index, start) in all.enumerated() {
      let (word, face) = attempt(image, start, choice)
      if word.suffices, starts == .one { return face }
      guard best.map({ word.isBetter(than: $0.word) }) ?? true else { continue }
      best = (word, start)
      if index == all.count - 1 { return face }
    }
    guard let best else { preconditionFailure("there is always one start") }
    // Once more, so that the fitter's reports are the best start's.
    return attempt(image, best.start, choice).face
  }

  private func attempt(
    _ image: borrowing GreyImage, _ start: FaceStarts.Start, _ choice: FaceStarts
  ) -> (word: StartWord, face: TrackedFrame) {
    self.start = start.parameters
    var parameters = start.parameters
    fitter.fit(
      image: image, parameters: &parameters, windows: fitter.settings.firstFitWindows,
      anchor: start.anchor)
    let face = judged(image, parameters)
    let word = StartWord(
      word: word, agrees: choice.agree(with: face.landmarks), likelihood: report.likelihood)
    return (word, face)
  }

  /// What the fitter's last fit came to.
  private func judged(
    _ image: borrowing GreyImage, _ parameters: FaceParameters
  ) -> TrackedFrame {
    var face = TrackedFrame()
    report = fitter.report
    face.hasFit = report.failure != .diverged
    face.global = parameters.global
    face.local = parameters.local
    fitter.copyLandmarks(into: &face.landmarks)
    if fitter.settings.anchorWeight > 0 {
      glance.look(at: face.landmarks, afresh: true, in: image)
      glance.compare(&report, face.landmarks)
    }
    face.meanShift = report.meanShift
    face.peakOffset = report.peakOffset
    face.likelihood = report.likelihood
    face.iterations = report.iterations
    certainty =
      report.succeeded
      ? judge?.certainty(
        image: image, landmarks: face.landmarks, rotation: parameters.global.rotation) : nil
    word = belief.judge(
      report, certainty: certainty, scaleCount: fitter.model.scales.count)
    face.judge(word)
    if face.hasFit, let landmarkJudge {
      fitter.copyFigures(into: &figures)
      landmarkJudge.judge(
        figures, image: image, landmarks: face.landmarks, rotation: face.global.rotation,
        confidence: word.confidence, into: &face.landmarkConfidences)
    }
    return face
  }
}
