import CLNF
import TestSupport
import Testing
import Tracking

@testable import Measurement

/// A believed face of two landmarks at a time; everything in it moves with `value`.
private func face(_ seconds: Double, _ value: Double) -> (TrackedFrame, FaceMeasurement) {
  var frame = TrackedFrame()
  frame.timestampSeconds = seconds
  frame.hasFit = true
  frame.success = true
  frame.state = .tracking
  frame.landmarks = [value, value + 1, value + 2, value + 3]
  frame.global.tx = value
  frame.local = [value]
  var measurement = FaceMeasurement()
  measurement.landmarks3D = (0..<6).map { value + Double($0) }
  let pose = HeadPose(
    translation: [value, 0, 600],
    rotation: EulerAngles(x: value / 100, y: 0, z: 0))
  measurement.headPose = pose
  measurement.cameraRelativePose = pose.relativeToCamera()
  return (frame, measurement)
}

private func smoothed(
  _ smoother: inout TrackSmoother, _ seconds: Double, _ value: Double,
  _ change: (inout TrackedFrame) -> Void = { _ in }
) -> (TrackedFrame, FaceMeasurement) {
  var (frame, measurement) = face(seconds, value)
  change(&frame)
  smoother.smooth(&frame, &measurement)
  return (frame, measurement)
}

@Suite struct TrackSmootherTests {
  @Test func everyQuantityIsFilteredByTheSameLaw() throws {
    var smoother = TrackSmoother()
    let first = smoothed(&smoother, 0, 0)
    #expect(first.0.landmarks == face(0, 0).0.landmarks && first.1 == face(0, 0).1)
    let (frame, measurement) = smoothed(&smoother, 0.04, 10)
    var filter = OneEuroFilter(.standard)
    var expected = [0.0]
    filter.filter(&expected, elapsedSeconds: 1)
    expected = [10]
    filter.filter(&expected, elapsedSeconds: 0.04)
    let value = expected[0]
    #expect(value > 0 && value < 10)
    let pose = try #require(measurement.headPose)
    #expect(largestDifference(frame.landmarks, (0..<4).map { value + Double($0) }) < 1e-12)
    #expect(
      largestDifference(measurement.landmarks3D, (0..<6).map { value + Double($0) }) < 1e-12)
    #expect(abs(pose.translation.x - value) < 1e-12 && pose.translation.z == 600)
    // Angles by a head's radius of 100 mm.
    #expect(abs(pose.rotation.x - value / 100) < 1e-12)
    #expect(measurement.cameraRelativePose == pose.relativeToCamera())
    // The fit's own parameters are not touched.
    #expect(frame.global.tx == 10 && frame.local == [10])
  }

  @Test(arguments: [-0.5, 0, 1.001, 3600])
  func leapsOfTheTimeBeginAgain(elapsed: Double) {
    var smoother = TrackSmoother()
    _ = smoothed(&smoother, 100, 0)
    #expect(smoothed(&smoother, 100 + elapsed, 10).0.landmarks[0] == 10)
    // And goes on from there.
    #expect(smoothed(&smoother, 100 + elapsed + 0.03, 20).0.landmarks[0] < 20)
  }

  @Test func aLostFaceAndAnotherFaceBeginAgain() {
    let changes: [(inout TrackedFrame) -> Void] = [
      {
        $0.hasFit = false
        $0.success = false
        $0.state = .searching
      },
      {
        $0.success = false
        $0.state = .lost
      },
    ]
    for change in changes {
      var smoother = TrackSmoother()
      _ = smoothed(&smoother, 0, 0)
      let raw = smoothed(&smoother, 0.03, 50, change)
      #expect(raw.0.landmarks[0] == 50 && raw.1 == face(0.03, 50).1)
      #expect(smoothed(&smoother, 0.06, 10).0.landmarks[0] == 10)
    }
    var smoother = TrackSmoother()
    _ = smoothed(&smoother, 0, 0)
    #expect(smoothed(&smoother, 0.03, 10) { $0.faceID = 1 }.0.landmarks[0] == 10)
    smoother.reset()
    #expect(smoothed(&smoother, 0.06, 30).0.landmarks[0] == 30)
  }

  @Test func aDoubtedFrameIsAsFittedAndLeavesNoTrace() {
    var smoother = TrackSmoother()
    var without = TrackSmoother()
    _ = smoothed(&smoother, 0, 0)
    _ = smoothed(&without, 0, 0)
    let doubted = smoothed(&smoother, 0.03, 500) {
      $0.success = false
      $0.state = .doubtful
    }
    #expect(doubted.0.landmarks[0] == 500)
    let after = smoothed(&smoother, 0.06, 2)
    #expect(after.0.landmarks == smoothed(&without, 0.06, 2).0.landmarks)
    #expect(after.0.landmarks[0] < 2)
  }

  @Test func aMissingPoseBeginsThePoseAgain() {
    var smoother = TrackSmoother()
    _ = smoothed(&smoother, 0, 0)
    var (frame, measurement) = face(0.03, 5)
    measurement.headPose = nil
    measurement.cameraRelativePose = nil
    smoother.smooth(&frame, &measurement)
    #expect(measurement.headPose == nil && frame.landmarks[0] < 5)
    let next = smoothed(&smoother, 0.06, 10)
    #expect(next.1.headPose?.translation.x == 10)
    #expect(next.0.landmarks[0] < 10)
  }

  @Test func hiddenLandmarksMoveWithTheOthers() {
    // The face moves by 3 px a frame; its second landmark is hidden and jumps about beside that.
    func jitter(_ confidences: [Double]) -> (shaking: Double, lag: Double) {
      var smoother = TrackSmoother()
      var (shaking, lag, before) = (0.0, 0.0, 0.0)
      for i in 0..<60 {
        let value = 3 * Double(i)
        let noise = i % 2 == 0 ? 2.0 : -2.0
        let (frame, _) = smoothed(&smoother, 0.04 * Double(i), value) {
          $0.landmarks[1] += noise
          $0.landmarkConfidences = confidences
        }
        if i >= 20 {
          shaking += abs(frame.landmarks[1] - before - 3)
          lag += abs(frame.landmarks[0] - value)
        }
        before = frame.landmarks[1]
      }
      return (shaking / 40, lag / 40)
    }
    let (sure, hidden) = (jitter([1, 1]), jitter([1, 0.1]))
    #expect(hidden.shaking < sure.shaking / 3)
    #expect(hidden.lag == sure.lag)
    #expect(jitter([]) == sure && jitter([0.8, 0.9]) == sure)
  }

  @Test func numbersThatAreNoneDoNotStick() {
    var smoother = TrackSmoother()
    _ = smoothed(&smoother, 0, 0)
    _ = smoothed(&smoother, 0.03, 1) { $0.landmarks[2] = .nan }
    let after = smoothed(&smoother, 0.06, 2).0.landmarks
    #expect(after.allSatisfy { $0.isFinite })
  }
}
