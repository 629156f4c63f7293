import CLNF
import FaceFinding
import TestSupport
import Testing

@testable import Tracking

/// Every rule of docs/reference/clnf.md section 6 through the tracker, with scripted detector and
/// judge.
struct FaceTrackerRuleTests {
  @Test func theDetectorRunsOnTheFirstFrameAndEvery24thWhileSearching() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    var ran: [Int] = []
    for number in 0..<50 {
      let activity = world.track(image)
      if activity.detectorRan { ran.append(number) }
      #expect(!activity.detectorFound && activity.fits.isEmpty)
      #expect(world.frame.state == .searching)
      #expect(!world.frame.hasFit && !world.frame.success && world.frame.confidence == 0)
    }
    #expect(ran == [0, 24, 48])
    #expect(world.detector.calls == 3 && world.judge.calls == 0)
  }

  @Test func theFirstFitIsKeptWhateverTheJudgeSaysAndIsNoFailure() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.detects(ScriptedWorld.frontalBox)
    let first = world.track(image, ScriptedWorld.doubted)
    #expect(first.detectorRan && first.detectorFound && first.fits == [.first])
    #expect(world.frame.state == .doubtful && world.frame.hasFit && !world.frame.success)
    #expect(world.frame.confidence == 0.25)
    let kept = world.frame.global
    // Followed from there, wide; the count of failures begins with this frame, so the detector
    // runs at once.
    world.detects()
    let second = world.track(image, ScriptedWorld.doubted)
    #expect(second.fits == [.first] && second.detectorRan && !second.detectorFound)
    #expect(world.frame.global != kept, "the fit went on from the first")
    #expect(abs(world.frame.global.tx - kept.tx) < 2)
  }

  /// What was found and is not wanted is not found again at once, where there is another face.
  @Test func refusedFacesAreFollowedByOthers() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    var other = ScriptedWorld.frontalBox
    other.x += 6
    var far = ScriptedWorld.frontalBox
    far.x += 500
    world.detects(ScriptedWorld.frontalBox, other, far)
    world.track(image)
    let first = world.frame.global
    world.tracker.refuse()
    world.track(image)
    let second = world.frame.global
    #expect(second != first, "it began in another box")
    world.tracker.refuse()
    world.tracker.refuse()
    world.track(image)
    #expect(world.frame.global == first, "three were refused, there are three")
    // One that is followed was wanted: after a loss the first one comes first.
    world.track(image)
    world.tracker.refuse()
    world.tracker.refuse()
    world.tracker.refuse()
    world.track(image)
    #expect(world.frame.global == first)
  }

  @Test func windowsFollowTheLastFramesSuccess() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    #expect(world.track(image).fits == [.tracking])
    #expect(world.frame.state == .tracking && world.frame.success)
    #expect(world.frame.confidence == 1)
    #expect(world.track(image, ScriptedWorld.doubted).fits == [.tracking])
    #expect(world.frame.state == .doubtful)
    #expect(world.track(image).fits == [.first], "the frame before failed")
    #expect(world.track(image).fits == [.tracking])
  }

  /// The activity only says which list was meant; the fit has to have used it. Iterations: three
  /// scales wide, two narrow.
  @Test func theWindowListsAreUsed() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    #expect(world.frame.iterations == 30)
    world.track(image, ScriptedWorld.doubted)
    #expect(world.frame.iterations <= 20)
    world.track(image)
    #expect(world.frame.iterations > 20)
  }

  @Test func theDetectorRunsAtOnceOnAFailureAndThenEveryFourth() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    world.track(image)
    let calls = world.detector.calls
    var ran: [Int] = []
    for failure in 1...14 where world.track(image, ScriptedWorld.doubted).detectorRan {
      ran.append(failure)
    }
    #expect(ran == [1, 5, 9, 13])
    #expect(world.detector.calls == calls + 4)
  }

  @Test func aRedetectedFitThatSucceedsIsKept() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    // A box a little off, so that its fit differs from the followed one.
    world.detects(FaceBox(x: 20, y: 24, width: 99, height: 88))
    world.judge.next = [ScriptedWorld.doubted]
    let activity = world.track(image, ScriptedWorld.believed)
    #expect(activity.fits == [.tracking, .first] && activity.detectorFound)
    #expect(world.frame.success && world.frame.state == .tracking)
    let fresh = try ScriptedWorld()
    fresh.detects(FaceBox(x: 20, y: 24, width: 99, height: 88))
    fresh.track(image)
    #expect(world.pose == fresh.pose, "fitted from scratch")
    #expect(world.frame.local == fresh.frame.local)
    #expect(world.frame.landmarks == fresh.frame.landmarks)
    let next = world.track(image, ScriptedWorld.doubted)
    #expect(next.fits.first == .tracking && next.detectorRan, "the count of failures began anew")
  }

  @Test func aRedetectedFitThatFailsLeavesTheOldState() throws {
    let (world, alone) = (try ScriptedWorld(), try ScriptedWorld())
    let image = try world.frontal()
    world.follow(image)
    alone.follow(image)
    for _ in 0..<7 {
      world.detects(FaceBox(x: 60, y: 50, width: 70, height: 70))
      let activity = world.track(image, ScriptedWorld.doubted)
      alone.track(image, ScriptedWorld.doubted)
      #expect(activity.fits.count == (activity.detectorRan ? 2 : 1))
      // As if no face had been found: pose, shape, landmarks and figures are those of the follow.
      #expect(world.pose == alone.pose)
      #expect(world.frame.local == alone.frame.local)
      #expect(world.frame.landmarks == alone.frame.landmarks)
      #expect(world.frame.likelihood == alone.frame.likelihood)
      #expect(world.frame.iterations == alone.frame.iterations)
      #expect(!world.frame.success && world.frame.state == .doubtful)
    }
    #expect(world.detector.calls == 3)
    // And the frames after go on from there.
    world.track(image)
    alone.track(image)
    #expect(world.pose == alone.pose)
  }

  @Test func the101stFailureLosesTheFaceAndTheNextFrameDetects() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    for failure in 1...101 {
      world.track(image, ScriptedWorld.doubted)
      #expect(world.frame.state == (failure == 101 ? .lost : .doubtful), "failure \(failure)")
      #expect(!world.frame.success)
    }
    let calls = world.detector.calls
    let next = world.track(image)
    #expect(next.detectorRan && world.detector.calls == calls + 1)
    #expect(next.fits.isEmpty && world.frame.state == .searching && !world.frame.hasFit)
    #expect(!world.track(image).detectorRan, "then every 24th")
    world.detects(ScriptedWorld.frontalBox)
    for _ in 0..<22 { #expect(!world.track(image).detectorRan) }
    #expect(world.track(image).fits == [.first])
    #expect(world.frame.state == .tracking)
  }

  @Test func theMostConfidentFaceIsTaken() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.detects(ScriptedWorld.frontalBox, FaceBox(x: 90, y: 70, width: 40, height: 40))
    world.track(image)
    #expect(abs(world.frame.global.tx - 67) < 3)
  }

  @Test func theFaceNearestToThePreferredPointIsTaken() throws {
    var settings = TrackingSettings()
    settings.preferredPoint = .init(x: 70, y: 66)
    let world = try ScriptedWorld(settings)
    let image = try world.frontal()
    world.detects(
      FaceBox(x: 100, y: 80, width: 30, height: 30), ScriptedWorld.frontalBox,
      FaceBox(x: 0, y: 0, width: 30, height: 30))
    world.track(image)
    #expect(abs(world.frame.global.tx - 67) < 3 && abs(world.frame.global.scale - 0.82) < 0.1)
  }

  @Test func withoutAJudgeAFitThatEndsIsBelieved() throws {
    let world = try ScriptedWorld(hasJudge: false)
    let image = try world.frontal()
    world.follow(image)
    #expect(world.frame.success && world.frame.state == .tracking)
    #expect(world.frame.confidence.isNaN, "nothing speaks for or against it")
    // A face smaller than every scale ends in no fit at all: a failure with confidence 0.
    let small = try ScriptedWorld(hasJudge: false)
    small.detects(FaceBox(x: 50, y: 50, width: 10, height: 10))
    small.track(image)
    #expect(!small.frame.success && small.frame.confidence == 0 && small.frame.hasFit)
  }

  /// A fit that failed of itself is not even shown to the judge.
  @Test func aFitThatFailsIsAFailureWhateverTheJudgeWouldSay() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.detects(FaceBox(x: 50, y: 50, width: 10, height: 10))
    world.track(image, ScriptedWorld.believed)
    #expect(world.judge.calls == 0)
    #expect(!world.frame.success && world.frame.state == .doubtful && world.frame.confidence == 0)
  }

  /// Success is a certainty strictly below the boundary of -0.45; confidence is (1 - c) / 2.
  @Test(arguments: [
    (-1.0, true, 1.0), (-0.4501, true, 0.72505), (-0.45, false, 0.725),
    (1, false, 0), (3, false, 0), (-3, true, 1), (.nan, false, 0),
  ])
  func theBoundaryAndTheConfidence(certainty: Double, success: Bool, confidence: Double) throws {
    let world = try ScriptedWorld()
    world.detects(ScriptedWorld.frontalBox)
    world.track(try world.frontal(), certainty)
    #expect(world.frame.success == success)
    #expect(abs(world.frame.confidence - confidence) < 1e-12)
  }

  @Test func resetForgetsTheFace() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    world.track(image)
    let pose = world.pose
    world.tracker.reset()
    let activity = world.track(image)
    #expect(activity.detectorRan && activity.fits.isEmpty && world.frame.state == .searching)
    // A tracker that was reset is as good as new.
    world.tracker.reset()
    world.follow(image)
    world.track(image)
    #expect(world.pose == pose)
  }

  @Test func settingsThatCannotBeUsedMakeNoTracker() throws {
    var settings = TrackingSettings()
    settings.searchInterval = 0
    #expect(throws: ModelDataError.self) { try ScriptedWorld(settings) }
  }
}
