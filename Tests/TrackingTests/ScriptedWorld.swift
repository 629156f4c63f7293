import CLNF
import FaceFinding
import Foundation
import TestSupport

@testable import Tracking

/// A detector that finds what its script says and counts how often it was asked.
final class ScriptedDetector: FaceDetector {
  var faces: [DetectedFace] = []
  private(set) var calls = 0

  func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    calls += 1
    return faces
  }
}

/// A judge that says what its script says.
final class ScriptedJudge: LandmarkJudge {
  /// The words for the next fits, in order; then `certainty`.
  var next: [Double] = []
  var certainty = -1.0
  private(set) var calls = 0

  func certainty(
    image: borrowing GreyImage, landmarks: UnsafePointer<Double>, rotation: EulerAngles
  ) -> Double {
    calls += 1
    return next.isEmpty ? certainty : next.removeFirst()
  }
}

/// A tracker on the synthetic model with a scripted detector and judge.
final class ScriptedWorld {
  static let believed = -1.0
  static let doubted = 0.5

  let model: FaceModel
  let detector = ScriptedDetector()
  let judge = ScriptedJudge()
  let tracker: FaceTracker
  var frame = TrackedFrame()

  init(
    _ settings: TrackingSettings = .reference, hasJudge: Bool = true, fit: FitSettings = .video
  ) throws {
    model = try SyntheticFixture.model()
    tracker = try FaceTracker(
      fitter: try Fitter(model: model, settings: fit), detector: detector,
      judge: hasJudge ? judge : nil, settings: settings)
  }

  /// Where the face of image_frontal.pgm is, as a detector would say.
  static let frontalBox = FaceBox(x: 23.4, y: 19.9, width: 94.4, height: 93.5)

  func frontal() throws -> GreyImage { try SyntheticFixture.image("image_frontal.pgm") }

  func detects(_ boxes: FaceBox...) {
    detector.faces = boxes.enumerated().map { DetectedFace(box: $1, confidence: 5 - Double($0)) }
  }

  /// Tracks one frame; the judge says `certainty` of each of its fits.
  @discardableResult
  func track(_ image: borrowing GreyImage, _ certainty: Double = believed) -> FaceTracker.Activity {
    judge.certainty = certainty
    tracker.track(image, into: &frame)
    return tracker.activity
  }

  /// Starts following the frontal face.
  func follow(_ image: borrowing GreyImage) {
    detects(Self.frontalBox)
    track(image)
    detects()
  }

  var pose: [Double] { frame.global.values }
}

extension GreyImage {
  /// The picture moved by whole pixels; what comes in from outside is `filler`.
  borrowing func moved(x dx: Int, y dy: Int, filler: UInt8) -> GreyImage {
    var result = GreyImage(width: width, height: height, repeating: filler)
    for y in 0..<height {
      for x in 0..<width {
        let (fromX, fromY) = (x - dx, y - dy)
        if fromX >= 0, fromX < width, fromY >= 0, fromY < height {
          result[x, y] = self[fromX, fromY]
        }
      }
    }
    return result
  }
}
