import CLNF
import Tracking

/// Fits faces of single images and judges the fits. One thread at a time.
public final class ImageFitter {
  public let fitter: Fitter
  private let judge: ValidatorEvaluation?
  private let starts: Fitter.Starts
  private let belief: Belief
  /// What the validator says of the last fit; nil where there is none, or where the fit failed.
  public private(set) var certainty: Double?
  /// What is thought of the last fit.
  public private(set) var word = Belief.Word(isBelieved: false, confidence: 0)

  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  public init(_ plan: TrackingPlan, starts: Fitter.Starts) throws(ModelDataError) {
    belief = plan.tracking.belief
    fitter = try plan.makeFitter()
    judge = plan.makeJudge()
    self.starts = starts
  }

  /// The fit to a face box, with the validator's word; `hasFit` is false where it diverged.
  public func fit(_ image: borrowing GreyImage, _ box: FaceBox) -> TrackedFrame {
    let parameters = fitter.fit(image: image, box: box, starts: starts)
    var face = TrackedFrame()
    face.hasFit = fitter.report.failure != .diverged
    face.global = parameters.global
    face.local = parameters.local
    fitter.copyLandmarks(into: &face.landmarks)
    face.meanShift = fitter.report.meanShift
    face.peakOffset = fitter.report.peakOffset
    face.likelihood = fitter.report.likelihood
    face.iterations = fitter.report.iterations
    certainty =
      fitter.report.succeeded
      ? judge?.certainty(
        image: image, landmarks: face.landmarks, rotation: parameters.global.rotation) : nil
    word = belief.judge(
      fitter.report, certainty: certainty, scaleCount: fitter.model.scales.count)
    face.judge(word)
    return face
  }
}
