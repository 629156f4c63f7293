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
    /// How deep lids close and how wide lips open at their extremes, of the truth's.
    var lids = 0.0
    var lips = 0.0
  }

  private static let samples = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../../Samples").standardized

  /// It was trained with this person's photo, among others.
  @Test func theDefaultModelFollowsIt() throws {
    try follow(.default(), name: "default", Bounds(mean: 0.03, worst: 0.045, lids: 0.7, lips: 0.85))
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
    var (lids, trueLids, lips, trueLips) = ([Double](), [Double](), [Double](), [Double]())
    while try source.read(into: &frame) {
      tracker.track(frame.grey, into: &tracked)
      #expect(tracked.success, "frame \(frame.number)")
      let row = try #require(truth.row(errors.count))
      #expect(abs(frame.timestampSeconds - (row["timestamp"] ?? .nan)) < 1e-5)
      errors.append(Self.error(tracked.landmarks, row))
      let place = { (axis: String) in (0..<68).map { row["\(axis)_\($0)"] ?? .nan } }
      let true68 = place("x") + place("y")
      lids.append(Self.openness(tracked.landmarks, [(37, 41), (38, 40), (43, 47), (44, 46)]))
      trueLids.append(Self.openness(true68, [(37, 41), (38, 40), (43, 47), (44, 46)]))
      lips.append(Self.openness(tracked.landmarks, [(61, 67), (62, 66), (63, 65)]))
      trueLips.append(Self.openness(true68, [(61, 67), (62, 66), (63, 65)]))
    }
    #expect(errors.count == 270)
    let mean = errors.reduce(0, +) / Double(max(1, errors.count))
    print(
      "parity: talking sample, \(name): error mean \(mean), largest \(errors.max() ?? .nan)")
    let depth = Self.depth(lids) / Self.depth(trueLids)
    let opening = (lips.max() ?? 0) / (trueLips.max() ?? 1)
    print("parity: talking sample, \(name): lids close by \(depth), lips open by \(opening)")
    #expect(depth > bounds.lids && opening > bounds.lips)
    #expect(mean < bounds.mean)
    #expect((errors.max() ?? 1) < bounds.worst)
  }

  /// How far pairs of landmarks lie apart, over the outer eye corners' distance.
  private static func openness(_ landmarks: [Double], _ pairs: [(Int, Int)]) -> Double {
    func distance(_ a: Int, _ b: Int) -> Double {
      hypot(landmarks[a] - landmarks[b], landmarks[68 + a] - landmarks[68 + b])
    }
    return pairs.map(distance).reduce(0, +) / Double(pairs.count) / distance(36, 45)
  }

  /// From the usual openness down to the least, of the usual.
  private static func depth(_ lids: [Double]) -> Double {
    let usual = lids.sorted()[lids.count / 2]
    return (usual - (lids.min() ?? usual)) / usual
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
