import CLNF
import FaceFinding
import TestSupport
import Testing

@testable import Tracking

/// Template matching: the shift itself, and a jump that plain following loses.
struct FaceTemplateTests {
  /// A textured image, larger than the face so that the face can jump within it.
  private func stage(_ x: Int, _ y: Int) throws -> GreyImage {
    let face = try SyntheticFixture.image("image_frontal.pgm")
    var image = GreyImage(width: 320, height: 260, repeating: 0)
    var generator = SeededGenerator(seed: TestSeed.of(701))
    image.withMutableSamples { samples in
      for i in samples.indices { samples[i] = UInt8.random(in: 90...110, using: &generator) }
    }
    for row in 0..<face.height {
      for column in 0..<face.width { image[x + column, y + row] = face[column, row] }
    }
    return image
  }

  private func landmarks(_ x: Int, _ y: Int) throws -> [Double] {
    var truth = try SyntheticFixture.trueLandmarks("image_frontal.pgm")
    for i in 0..<16 {
      truth[i] += Double(x)
      truth[16 + i] += Double(y)
    }
    return truth
  }

  /// To the template's pixel, which is scale / 0.3 = 2.7 image px; half of it either way.
  @Test func theShiftOfAFaceIsFound() throws {
    let first = try stage(80, 60)
    let places = [(110, 60), (80, 85), (55, 45), (80, 60)]
    var template = FaceTemplate()
    template.remember(first, try landmarks(80, 60), scale: 0.82)
    for (x, y) in places {
      let shift = try #require(template.shift(in: try stage(x, y), scale: 0.82))
      #expect(abs(shift.x - Double(x - 80)) <= 2 && abs(shift.y - Double(y - 60)) <= 2)
    }
  }

  /// A face found in an earlier picture: its points go with its box, by the same way.
  @Test func pointsAreCarriedWithTheirBox() throws {
    let truth = try landmarks(80, 60)
    let (left, top) = (truth[..<16].min() ?? 0, truth[16...].min() ?? 0)
    let box = FaceBox(
      x: left, y: top, width: (truth[..<16].max() ?? 0) - left,
      height: (truth[16...].max() ?? 0) - top)
    let center = SIMD2(box.center.x, box.center.y)
    let points = FacePoints(
      rightEye: center - 9, leftEye: center + SIMD2(9, -9), noseTip: center,
      rightMouthCorner: center + SIMD2(-7, 9), leftMouthCorner: center + SIMD2(7, 9))
    let face = DetectedFace(box: box, confidence: 0.8, points: points)
    let carried = FaceTemplate.carry(face, from: try stage(80, 60), to: try stage(95, 52))
    let found = try #require(carried)
    let shift = SIMD2(found.box.x - box.x, found.box.y - box.y)
    #expect(abs(shift.x - 15) <= 2 && abs(shift.y + 8) <= 2, "\(shift)")
    let moved = try #require(found.points)
    #expect(moved.meanDistance(to: points.map { $0 + shift }) < 1e-9)
    #expect(found.confidence == 0.8 && found.box.width == box.width)
    let other = FaceTemplate.carry(
      face, from: try stage(80, 60), to: GreyImage(width: 9, height: 9, repeating: 0))
    #expect(other == nil)
  }

  @Test func thereIsNoShiftWithoutATemplateOrContrast() throws {
    var template = FaceTemplate()
    let image = try stage(80, 60)
    #expect(template.shift(in: image, scale: 0.82) == nil)
    template.remember(image, try landmarks(80, 60), scale: 0.82)
    let grey = GreyImage(width: 320, height: 260, repeating: 100)
    #expect(template.shift(in: grey, scale: 0.82) == nil, "nothing to find")
    #expect(template.shift(in: image, scale: .nan) == nil)
    template.forget()
    #expect(template.shift(in: image, scale: 0.82) == nil)
    template.remember(grey, try landmarks(80, 60), scale: 0.82)
    #expect(template.shift(in: image, scale: 0.82) == nil, "a template without contrast")
  }

  /// Faces too small, outside the image or at places that are none leave no template.
  @Test func whatIsNoFaceLeavesNoTemplate() throws {
    let image = try stage(80, 60)
    let truth = try landmarks(80, 60)
    for bad in [
      truth.map { $0 / 100 }, truth.map { $0 + 1000 }, truth.map { $0 - 1000 },
      truth.map { _ in Double.nan }, truth.map { $0 * 1e6 },
    ] {
      var template = FaceTemplate()
      template.remember(image, bad, scale: 0.82)
      #expect(template.shift(in: image, scale: 0.82) == nil)
    }
    for scale in [0, -1, Double.nan, .infinity] {
      var template = FaceTemplate()
      template.remember(image, truth, scale: scale)
      #expect(template.shift(in: image, scale: 0.82) == nil)
    }
  }

  /// A jump of 34 px, three times what the windows at 0.35 and 0.5 px/mm reach: 8 to 11 px.
  @Test func aJumpIsFollowedWithTheTemplateAndLostWithout() throws {
    var errors: [Bool: Double] = [:]
    for matching in [true, false] {
      var settings = TrackingSettings()
      settings.matchesTemplate = matching
      let world = try ScriptedWorld(settings)
      var box = ScriptedWorld.frontalBox
      (box.x, box.y) = (box.x + 80, box.y + 60)
      world.detects(box)
      world.track(try stage(80, 60))
      world.detects()
      #expect(meanDistance(world.frame.landmarks, try landmarks(80, 60)) < 2)
      world.track(try stage(110, 76))
      errors[matching] = meanDistance(world.frame.landmarks, try landmarks(110, 76))
    }
    #expect(try #require(errors[true]) < 2)
    #expect(try #require(errors[false]) > 10)
  }

  /// After a reset nothing is matched: the first fit stays where the detector says.
  @Test func aFirstFitAfterResetIsNotMoved() throws {
    var settings = TrackingSettings()
    settings.matchesTemplate = true
    let world = try ScriptedWorld(settings)
    var box = ScriptedWorld.frontalBox
    (box.x, box.y) = (box.x + 80, box.y + 60)
    world.detects(box)
    let image = try stage(80, 60)
    world.track(image)
    let first = world.pose
    world.tracker.reset()
    world.track(image)
    #expect(world.pose == first)
  }
}
