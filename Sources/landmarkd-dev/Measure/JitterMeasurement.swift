import CLNF
import FaceFinding
import Foundation
import ModelTraining
import Tracking

/// How much landmarks move on a still face with sensor noise.
struct JitterMeasurement {
  static let frames = 60
  /// Frames until the tracker has settled.
  static let settling = 10
  static let noise = 2.0
  /// Distance of the outer eye corners, px.
  static let eyeDistance = 100.0

  /// Root mean square distance of landmarks from their mean places, px, over all faces of a list.
  static func table(of list: AnnotatedImage.List, model: FaceModel, limit: Int) throws -> String {
    var squares = 0.0
    var count = 0
    var worst = 0.0
    for listed in list.images.prefix(limit) {
      let tracker = try FaceTracker(
        fitter: Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model)),
        detector: FaceFinder(),
        judge: model.validator.map {
          ValidatorEvaluation($0, landmarkCount: model.landmarkCount)
        }, settings: .landmarkd(for: model))
      let square = try meanSquare(list.read(listed), tracker)
      guard square.isFinite else { continue }
      squares += square
      worst = max(worst, square)
      count += 1
    }
    return String(
      format:
        "%d faces, %.0f px between the outer eye corners, noise of %.0f grey levels: %.4f px RMS, worst face %.4f px",
      count, eyeDistance, noise, (squares / Double(count)).squareRoot(), worst.squareRoot())
  }

  private static func meanSquare(
    _ picture: borrowing AnnotatedImage, _ tracker: FaceTracker
  ) throws -> Double {
    let d = picture.points[45] - picture.points[36]
    let factor = max(1, (d * d).sum().squareRoot() / eyeDistance)
    let still = Degradation.reduced(picture.image, by: factor)
    var generator = SeededGenerator(seed: 1)
    var tracked = TrackedFrame()
    var rows: [[Double]] = []
    for index in 0..<frames {
      var frame = still.copy()
      Degradation.addNoise(to: &frame, deviation: noise, generator: &generator)
      tracker.track(frame, into: &tracked)
      guard index >= settling else { continue }
      guard tracked.success else { return .nan }
      rows.append(tracked.landmarks)
    }
    let n = rows[0].count
    var sum = 0.0
    for i in 0..<n {
      let mean = rows.reduce(0) { $0 + $1[i] } / Double(rows.count)
      sum += rows.reduce(0) { $0 + ($1[i] - mean) * ($1[i] - mean) } / Double(rows.count)
    }
    // Two coordinates a landmark.
    return sum / Double(n / 2)
  }
}
