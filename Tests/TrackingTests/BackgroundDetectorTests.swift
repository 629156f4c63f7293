import CLNF
import FaceFinding
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Tracking

/// A detector that answers only when it is let, and says which picture it was shown.
private final class HeldDetector: FaceDetector {
  let gate = DispatchSemaphore(value: 0)
  let begun = DispatchSemaphore(value: 0)
  let box: FaceBox?

  init(_ box: FaceBox?) { self.box = box }

  func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    begun.signal()
    gate.wait()
    return box.map { [DetectedFace(box: $0, confidence: Double(image[0, 0]))] } ?? []
  }
}

/// A tracker on the synthetic model with a detector beside its path.
private struct LiveWorld {
  let tracker: FaceTracker
  let judge = ScriptedJudge()
  let gate: DispatchSemaphore
  let begun: DispatchSemaphore
  let background: BackgroundDetector
  var frame = TrackedFrame()

  init(_ box: FaceBox?) throws {
    let model = try SyntheticFixture.model()
    let held = HeldDetector(box)
    (gate, begun) = (held.gate, held.begun)
    background = BackgroundDetector(held)
    var settings = TrackingSettings()
    settings.searchInterval = 1
    settings.redetectionInterval = 1
    tracker = try FaceTracker(
      fitter: try Fitter(model: model, settings: .video), besides: background, judge: judge,
      settings: settings)
  }

  mutating func track(
    _ image: borrowing GreyImage, spareSeconds: Double = 0
  ) -> FaceTracker.Activity {
    tracker.track(image, into: &frame, spareSeconds: spareSeconds)
    return tracker.activity
  }

  /// Lets the search end and waits until its answer is there.
  func finishSearch() {
    gate.signal()
    let end = Date().addingTimeInterval(10)
    while !background.hasAnswer, Date() < end { usleep(200) }
  }
}

@Suite struct BackgroundDetectorTests {
  /// A grey picture goes to the detector; whether it was taken.
  private func submit(_ level: UInt8, to detector: BackgroundDetector) -> Bool {
    detector.submit(GreyImage(width: 8, height: 8, repeating: level))
  }

  @Test func answersAreAboutTheCopyThatWasSubmitted() {
    let held = HeldDetector(FaceBox(x: 1, y: 2, width: 3, height: 4))
    let (gate, begun) = (held.gate, held.begun)
    let detector = BackgroundDetector(held)
    #expect(!detector.isBusy)
    #expect(submit(7, to: detector))
    begun.wait()
    #expect(detector.isBusy && !submit(9, to: detector))
    #expect(detector.take { _, _ in true } == nil)
    gate.signal()
    while !detector.hasAnswer { usleep(200) }
    #expect(!submit(9, to: detector), "an answer that nobody took is not overwritten")
    let seen = detector.take { copy, faces in [Double(copy[3, 3]), faces[0].confidence] }
    #expect(seen == [7, 7])
    #expect(!detector.isBusy)
  }

  @Test func aDiscardedSearchComesToNothing() {
    let held = HeldDetector(FaceBox(x: 1, y: 2, width: 3, height: 4))
    let (gate, begun) = (held.gate, held.begun)
    let detector = BackgroundDetector(held)
    _ = submit(7, to: detector)
    begun.wait()
    detector.discard()
    #expect(detector.isBusy, "it still reads the copy")
    gate.signal()
    while detector.isBusy { usleep(200) }
    #expect(detector.take { _, _ in true } == nil)
    #expect(submit(9, to: detector))
    gate.signal()
  }

  /// The frame that is searched goes on at once; a later one is fitted, where the face is by then.
  @Test func noFrameWaitsAndTheBoxIsBroughtForward() throws {
    var world = try LiveWorld(ScriptedWorld.frontalBox)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    let first = world.track(image)
    #expect(first.detectorRan && !first.detectorFound && world.frame.state == .searching)
    world.begun.wait()
    let second = world.track(image)
    #expect(!second.detectorRan && !second.detectorFound, "one search at a time")
    world.finishSearch()
    let moved = image.moved(x: 30, y: 14, filler: image[0, 0])
    let third = world.track(moved)
    #expect(third.detectorFound && third.fits == [.first])
    #expect(world.frame.state == .tracking)
    var truth = try SyntheticFixture.trueLandmarks("image_frontal.pgm")
    for i in 0..<16 {
      truth[i] += 30
      truth[16 + i] += 14
    }
    #expect(meanDistance(world.frame.landmarks, truth) < 2)
    #expect(world.track(moved).fits == [.tracking])
  }

  @Test func aFaceThatIsLostIsSearchedForBesideItsFrames() throws {
    var world = try LiveWorld(ScriptedWorld.frontalBox)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    _ = world.track(image)
    world.finishSearch()
    _ = world.track(image)
    #expect(world.frame.state == .tracking)
    world.judge.certainty = ScriptedWorld.doubted
    let failed = world.track(image)
    #expect(failed.detectorRan && !failed.detectorFound && world.frame.state == .doubtful)
    world.finishSearch()
    // The follow-up fit is doubted again, the one from the detector's box is believed.
    world.judge.next = [ScriptedWorld.doubted]
    world.judge.certainty = ScriptedWorld.believed
    let found = world.track(image)
    #expect(found.detectorFound && world.frame.state == .tracking)
  }

  /// A box found for a frame that failed says nothing once the face is followed again.
  @Test func anAnswerForAFailureThatPassedIsLetGo() throws {
    var world = try LiveWorld(ScriptedWorld.frontalBox)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    _ = world.track(image)
    world.finishSearch()
    _ = world.track(image)
    world.judge.next = [ScriptedWorld.doubted]
    #expect(world.track(image).detectorRan)
    world.finishSearch()
    #expect(!world.track(image).detectorFound)
    #expect(!world.background.isBusy)
  }

  @Test func theTrackerForgetsSearchesWhenItIsReset() throws {
    var world = try LiveWorld(ScriptedWorld.frontalBox)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    _ = world.track(image)
    world.finishSearch()
    world.tracker.reset()
    let activity = world.track(image)
    #expect(activity.detectorRan && !activity.detectorFound)
    world.gate.signal()
  }

  /// Where the next frame is far, a frame waits for its own search: an answer about the one before
  /// would say where the face was seconds ago.
  @Test func aSlowSourcesFrameWaitsForItsSearch() throws {
    var world = try LiveWorld(ScriptedWorld.frontalBox)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    world.gate.signal()
    let first = world.track(image, spareSeconds: 30)
    #expect(first.detectorRan && first.detectorFound && world.frame.state == .tracking)
    world.tracker.reset()
    // An old answer is not used, and a search that takes too long holds nobody.
    #expect(!world.track(image).detectorFound)
    world.finishSearch()
    let late = world.track(image, spareSeconds: 0.01)
    #expect(late.detectorRan && !late.detectorFound)
    // It goes on; the next frame waits for it, or for its own where it ends before the frame comes.
    world.gate.signal()
    world.gate.signal()
    #expect(world.track(image, spareSeconds: 30).detectorFound)
  }

  @Test func anAnswerForAnotherSizeIsNoAnswer() throws {
    var world = try LiveWorld(ScriptedWorld.frontalBox)
    let image = try SyntheticFixture.image("image_frontal.pgm")
    _ = world.track(image)
    world.finishSearch()
    let activity = world.track(GreyImage(width: 100, height: 40, repeating: 128))
    #expect(!activity.detectorFound && activity.detectorRan)
    world.gate.signal()
  }
}
