import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing
import Tracking
import VideoInput

/// The drawn talking head, where every landmark's true place is known.
struct TalkingSampleTests {
  /// What a model has to reach; errors over the outer eye corners' distance of the head unturned.
  private struct Bounds {
    var mean: Double
    var worst: Double
  }

  private static let samples = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../../Samples").standardized

  /// It was trained with this person's photo, among others.
  @Test func theDefaultModelFollowsIt() throws {
    try follow(.default(), name: "default", Bounds(mean: 0.03, worst: 0.045))
  }

  /// Trained on another markup, whose points lie elsewhere on the face.
  @Test(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
  func theReferencesModelFollowsIt() throws {
    try follow(Golden.generalModel(), name: "general", Bounds(mean: 0.05, worst: 0.08))
  }

  private func follow(_ model: FaceModel, name: String, _ bounds: Bounds) throws {
    let truth = try GoldenTrack(Self.samples.appending(path: "talking.csv"))
    let tracker = try FaceTracker(
      fitter: Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model)),
      detector: FaceFinder(),
      judge: model.validator.map { ValidatorEvaluation($0, landmarkCount: model.landmarkCount) },
      settings: .landmarkd(for: model))
    let source = try VideoInput.open(Self.samples.appending(path: "talking.mp4").path)
    var frame = VideoFrame()
    var tracked = TrackedFrame()
    var errors: [Double] = []
    while try source.read(into: &frame) {
      tracker.track(frame.grey, into: &tracked)
      #expect(tracked.success, "frame \(frame.number)")
      let row = try #require(truth.row(errors.count))
      #expect(abs(frame.timestampSeconds - (row["timestamp"] ?? .nan)) < 1e-5)
      errors.append(Self.error(tracked.landmarks, row))
    }
    #expect(errors.count == 270)
    let mean = errors.reduce(0, +) / Double(max(1, errors.count))
    print(
      "parity: talking sample, \(name): error mean \(mean), largest \(errors.max() ?? .nan)")
    #expect(mean < bounds.mean)
    #expect((errors.max() ?? 1) < bounds.worst)
  }

  private static func error(_ landmarks: [Double], _ row: [String: Double]) -> Double {
    var sum = 0.0
    for i in 0..<68 {
      let dx = landmarks[i] - (row["x_\(i)"] ?? .nan)
      let dy = landmarks[68 + i] - (row["y_\(i)"] ?? .nan)
      sum += (dx * dx + dy * dy).squareRoot()
    }
    return sum / 68 / (row["eye_distance"] ?? .nan)
  }
}
