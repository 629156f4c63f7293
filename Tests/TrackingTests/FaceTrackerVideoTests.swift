import CAllocationCount
import CLNF
import FaceFinding
import Foundation
import TestSupport
import Testing

@testable import Tracking

/// Trackers on sequences of synthetic frames.
struct FaceTrackerVideoTests {
  private func error(_ world: ScriptedWorld, moved: (x: Double, y: Double) = (0, 0)) throws
    -> Double
  {
    var truth = try SyntheticFixture.trueLandmarks("image_frontal.pgm")
    for i in 0..<16 {
      truth[i] += moved.x
      truth[16 + i] += moved.y
    }
    return meanDistance(world.frame.landmarks, truth)
  }

  /// A face that drifts by a pixel or two a frame is followed to within 2 px, the models' own error
  /// of about 1 px and the prior's pull.
  @Test func aDriftingFaceIsFollowed() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    for step in 1...8 {
      let (dx, dy) = (step, -step / 2)
      world.track(image.moved(x: dx, y: dy, filler: image[0, 0]))
      #expect(world.tracker.activity.fits == [.tracking])
      #expect(try error(world, moved: (Double(dx), Double(dy))) < 2, "frame \(step)")
    }
    #expect(world.detector.calls == 1)
  }

  /// Blank frames: fits go on from the last face, doubted, until the detector finds it again.
  @Test func aFaceThatReturnsAfterBlankFramesIsFoundAgain() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    let blank = GreyImage(width: image.width, height: image.height, repeating: 128)
    world.follow(image)
    world.track(image)
    for _ in 0..<3 {
      world.track(blank, ScriptedWorld.doubted)
      #expect(world.frame.state == .doubtful && world.frame.hasFit)
      #expect(world.pose.allSatisfy { $0.isFinite })
    }
    let returned = image.moved(x: 12, y: 8, filler: image[0, 0])
    world.detects(
      FaceBox(
        x: ScriptedWorld.frontalBox.x + 12, y: ScriptedWorld.frontalBox.y + 8, width: 94.4,
        height: 93.5))
    var frames = 0
    repeat {
      world.judge.next = [ScriptedWorld.doubted]
      world.track(returned)
      frames += 1
    } while !world.frame.success && frames < 10
    #expect(frames == 2, "the fifth failure in a row asks the detector")
    #expect(try error(world, moved: (12, 8)) < 2)
  }

  /// A cut to another picture of another size.
  @Test func aCutToAnotherPictureIsSurvived() throws {
    let world = try ScriptedWorld()
    world.follow(try world.frontal())
    let other = try SyntheticFixture.image("image_large.pgm")
    let entry = try #require(
      SyntheticFixture.expected()["fits"].elements().first {
        try $0["name"].string() == "large_exact"
      })
    world.detects(try entry["box"].box())
    world.judge.next = [ScriptedWorld.doubted]
    world.track(other)
    #expect(world.tracker.activity.fits == [.tracking, .first])
    let truth = try SyntheticFixture.trueLandmarks("image_large.pgm")
    #expect(world.frame.success)
    #expect(meanDistance(world.frame.landmarks, truth) < 2)
  }

  /// Images of one pixel and of none: no trap, nothing that is not a number, no success by itself.
  @Test(arguments: [(1, 1), (1, 40), (40, 1), (0, 0), (0, 7)])
  func tinyImagesAreSurvived(width: Int, height: Int) throws {
    for matching in [false, true] {
      var settings = TrackingSettings()
      settings.matchesTemplate = matching
      let world = try ScriptedWorld(settings)
      let tiny = GreyImage(width: width, height: height, repeating: 77)
      world.detects(FaceBox(x: 0, y: 0, width: 1, height: 1))
      for _ in 0..<3 { world.track(tiny) }
      #expect(!world.frame.success)
      #expect(world.pose.allSatisfy { $0.isFinite })
      world.tracker.reset()
      let image = try world.frontal()
      world.follow(image)
      world.detects(ScriptedWorld.frontalBox)
      for _ in 0..<3 { world.track(tiny) }
      #expect(world.frame.landmarks.allSatisfy { $0.isFinite })
      world.track(image)
      world.track(image)
      #expect(world.frame.success)
    }
  }

  /// A frame value that is used again keeps its arrays' memory, and following allocates nothing.
  @Test func followingAllocatesNothing() throws {
    let world = try ScriptedWorld()
    let image = try world.frontal()
    world.follow(image)
    for _ in 0..<3 { world.track(image) }
    let before = allocation_count()
    for _ in 0..<20 { world.track(image) }
    let after = allocation_count()
    #expect(after == before, "\(after - before) allocations in 20 frames")
  }

  @Test func twoTrackersGiveTheSameBytes() throws {
    func run() throws -> [UInt64] {
      let world = try ScriptedWorld()
      let image = try world.frontal()
      world.follow(image)
      var bits: [UInt64] = []
      for step in 0..<6 {
        world.track(image.moved(x: step, y: 0, filler: 90), step == 3 ? 0.5 : -1)
        bits += (world.pose + world.frame.landmarks + [world.frame.likelihood]).map(\.bitPattern)
      }
      return bits
    }
    #expect(try run() == run())
  }
}
