import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing
import Tracking
import VideoInput

/// The sample clip, whose true motion is known: landmarks carried back by it must stay in place.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct SampleClipTests {
  enum Set: String, CaseIterable {
    case classic, landmarkd

    func settings(for model: FaceModel) -> FitSettings {
      self == .classic ? .classic(for: model) : .landmarkd(for: model)
    }
  }

  @Test(arguments: Set.allCases)
  func landmarksFollowTheTrueMotion(set: Set) throws {
    let samples = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().appending(path: "../../Samples").standardized
    let motion = try GoldenTrack(samples.appending(path: "portrait-motion.csv"))
    let model = try Golden.generalModel()
    let tracker = try FaceTracker(
      fitter: Fitter(model: model, settings: set.settings(for: model)),
      detector: FaceFinder(),
      judge: ValidatorEvaluation(try #require(model.validator), landmarkCount: 68),
      settings: TrackingSettings())
    let source = try VideoInput.open(samples.appending(path: "portrait.mp4").path)
    var frame = VideoFrame()
    var tracked = TrackedFrame()
    var carried: [[Double]] = []
    while try source.read(into: &frame) {
      tracker.track(frame.grey, into: &tracked)
      #expect(tracked.success, "frame \(frame.number)")
      #expect(abs(frame.timestampSeconds - Double(frame.number - 1) / 30) < 1e-6)
      let row = try #require(motion.row(carried.count))
      carried.append(Self.carryBack(tracked.landmarks, row))
    }
    #expect(carried.count == 210)
    let mean = (0..<136).map { i in carried.reduce(0) { $0 + $1[i] } / Double(carried.count) }
    let deviations = carried.map { Annotation.error($0, mean) { _ in true } }
    print(
      "parity: sample clip, \(set.rawValue): mean distance from the mean place \(Annotation.mean(deviations)),",
      "largest frame \(deviations.max() ?? .nan), of the eye corners' distance")
    #expect(Annotation.mean(deviations) < 0.012)
    #expect((deviations.max() ?? 1) < 0.03)
  }

  /// Frame pixels to the portrait's, by the inverse of the frame's affine map.
  static func carryBack(_ landmarks: [Double], _ row: [String: Double]) -> [Double] {
    func value(_ name: String) -> Double { row[name] ?? .nan }
    let determinant = value("xx") * value("yy") - value("xy") * value("yx")
    var result = landmarks
    for i in 0..<68 {
      let (x, y) = (landmarks[i] - value("x0"), landmarks[68 + i] - value("y0"))
      result[i] = (value("yy") * x - value("xy") * y) / determinant
      result[68 + i] = (value("xx") * y - value("yx") * x) / determinant
    }
    return result
  }
}
