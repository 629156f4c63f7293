import ArgumentParser
import CLNF
import Tracking

/// `--starts`: from how many head rotations a fit to a box starts.
enum StartCount: String, CaseIterable, ExpressibleByArgument {
  case one = "1"
  case five = "5"

  var starts: Fitter.Starts { self == .one ? .one : .five }
}

/// Fits faces of single images and judges the fits. One thread at a time.
final class ImageFitter {
  private let fitter: Fitter
  private let judge: ValidatorEvaluation?
  private let starts: Fitter.Starts
  private let belief: Belief

  init(
    _ options: ModelOptions, _ belief: BeliefOptions, model: FaceModel, starts: StartCount
  ) throws {
    self.belief = belief.belief(for: model, options.fitSettings)
    fitter = try options.makeFitter(model)
    judge = options.makeJudge(model)
    self.starts = starts.starts
  }

  /// The fit to a face box, with the validator's word; `hasFit` is false where it diverged.
  func fit(_ image: borrowing GreyImage, _ box: FaceBox) -> TrackedFrame {
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
    let certainty =
      fitter.report.succeeded
      ? judge?.certainty(
        image: image, landmarks: face.landmarks, rotation: parameters.global.rotation) : nil
    face.judge(
      belief.judge(
        fitter.report, certainty: certainty, scaleCount: fitter.model.scales.count))
    return face
  }
}
