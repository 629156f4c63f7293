import CAllocationCount
import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing

@testable import Tracking

/// What is thought of single landmarks, with the default model on a portrait.
@Suite struct LandmarkConfidenceTests {
  private static func tracker(judges: Bool) throws -> FaceTracker {
    let model = try FaceModel.default()
    var settings = TrackingSettings.landmarkd(for: model)
    settings.judgesLandmarks = judges
    return try FaceTracker(
      fitter: Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model)),
      detector: FaceFinder(), judge: nil, settings: settings)
  }

  @Test func onlyWhereItIsAskedFor() throws {
    let portrait = try PortableGreyMap.portrait()
    var (plain, judged) = (TrackedFrame(), TrackedFrame())
    try Self.tracker(judges: false).track(portrait, into: &plain)
    try Self.tracker(judges: true).track(portrait, into: &judged)
    #expect(plain.landmarkConfidences.isEmpty)
    #expect(judged.landmarkConfidences.count == 68)
    #expect(judged.landmarkConfidences.allSatisfy { (0...1).contains($0) })
    // A face that is seen from the front, uncovered.
    let mean = judged.landmarkConfidences.reduce(0, +) / 68
    #expect(mean > 0.8, "\(mean)")
    // Nothing else changes.
    #expect(plain.landmarks == judged.landmarks && plain.confidence == judged.confidence)
  }

  /// A dark square over the mouth: the mouth's landmarks are doubted more, the eyes' are not.
  @Test func coveredLandmarksAreDoubted() throws {
    let portrait = try PortableGreyMap.portrait()
    let tracker = try Self.tracker(judges: true)
    var frame = TrackedFrame()
    for _ in 0..<3 { tracker.track(portrait, into: &frame) }
    let open = frame.landmarkConfidences
    try #require(open.count == 68)
    var covered = portrait.moved(x: 0, y: 0, filler: 0)
    let (xs, ys) = (frame.landmarks[48..<68], frame.landmarks[68 + 48..<136])
    let margin = ((xs.max() ?? 0) - (xs.min() ?? 0)) / 4
    for y in Int((ys.min() ?? 0) - margin)...Int((ys.max() ?? 0) + margin) {
      for x in Int((xs.min() ?? 0) - margin)...Int((xs.max() ?? 0) + margin) {
        covered[x, y] = 20
      }
    }
    for _ in 0..<2 { tracker.track(covered, into: &frame) }
    func mean(_ values: [Double], _ range: Range<Int>) -> Double {
      values[range].reduce(0, +) / Double(range.count)
    }
    let mouth = (before: mean(open, 48..<68), after: mean(frame.landmarkConfidences, 48..<68))
    let eyes = (before: mean(open, 36..<48), after: mean(frame.landmarkConfidences, 36..<48))
    #expect(mouth.after < mouth.before - 0.15, "\(mouth)")
    #expect(eyes.after > mouth.after + 0.15 && eyes.after > eyes.before - 0.05, "\(eyes)")
  }

  @Test func judgingAllocatesNothing() throws {
    let tracker = try Self.tracker(judges: true)
    let portrait = try PortableGreyMap.portrait()
    var frame = TrackedFrame()
    for _ in 0..<8 { tracker.track(portrait, into: &frame) }
    let before = allocation_count()
    for _ in 0..<5 { tracker.track(portrait, into: &frame) }
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 5 frames")
    #expect(frame.landmarkConfidences.count == 68)
  }

  @Test func modelsThatHaveNotLearnedItSayNothing() throws {
    let model = try FaceModel.default()
    var contents = FaceModel.Contents(
      name: "plain", shapeModel: model.shapeModel, scales: model.scales)
    contents.mirrorPartners = model.mirrorPartners
    let plain = try FaceModel(contents)
    #expect(LandmarkConfidence(plain, regressor: LandmarkRegressor()) == nil)
  }
}
