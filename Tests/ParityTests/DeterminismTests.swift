import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing
import Tracking
import VideoInput

/// landmarkd's own settings on a real video: the same rows again and on other instruction sets.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct DeterminismTests {
  private func landmarks(_ set: InstructionSet) throws -> [[Double]] {
    let model = try Golden.generalModel()
    let tracker = try FaceTracker(
      fitter: Fitter(model: model, settings: .landmarkd(for: model), instructionSet: set),
      detector: FaceFinder(),
      judge: ValidatorEvaluation(
        try #require(model.validator), landmarkCount: 68, instructionSet: set),
      settings: .landmarkd(for: model))
    let folder = try #require(MaterialFolder.reference)
    let source = try VideoInput.open(folder.appending(path: "video/default.wmv").path)
    var frame = VideoFrame()
    var tracked = TrackedFrame()
    var rows: [[Double]] = []
    while rows.count < 60, try source.read(into: &frame) {
      tracker.track(frame.grey, into: &tracked)
      #expect(tracked.success)
      rows.append(tracked.landmarks)
    }
    return rows
  }

  @Test func twoRunsAreTheSameToTheBit() throws {
    #expect(try landmarks(.best) == landmarks(.best))
  }

  @Test(
    .enabled(if: InstructionSet.best != .portable, "this machine has the portable kernels only"))
  func instructionSetsAgree() throws {
    let difference = largestDifference(
      try landmarks(.best).flatMap { $0 }, try landmarks(.portable).flatMap { $0 })
    print("parity: instruction sets differ by \(difference) px over 60 frames")
    #expect(difference < 0.001)
  }
}
