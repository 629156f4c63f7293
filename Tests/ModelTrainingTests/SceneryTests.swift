import CLNF
import Testing

@testable import ModelTraining

/// Scenes behind and before faces.
struct SceneryTests {
  static let face = FaceBox(x: 30, y: 40, width: 40, height: 40)

  /// A bright wall with a dark head that reaches down to the border.
  static func portrait() -> GreyImage {
    var image = GreyImage(width: 100, height: 120, repeating: 200)
    image.withMutableSamples { samples in
      for y in 30..<120 {
        for x in 20..<80 { samples[y * 100 + x] = UInt8(60 + (x + y) % 20) }
      }
      // As bright as the wall, in the middle of the face.
      for y in 55..<60 {
        for x in 45..<50 { samples[y * 100 + x] = 200 }
      }
    }
    return image
  }

  /// Stripes of 0 and 1 that are nowhere in the portrait.
  static func stripes() -> Scenery {
    Scenery(count: 1) { _ in
      var image = GreyImage(width: 64, height: 48, repeating: 0)
      image.withMutableSamples { samples in
        for i in samples.indices { samples[i] = UInt8(i % 2) }
      }
      return image
    }
  }

  @Test func theWallIsReplacedAndTheHeadStays() {
    var image = Self.portrait()
    var generator = SeededGenerator(seed: 3)
    Self.stripes().replaceBackground(of: &image, keeping: Self.face, &generator)
    image.withSamples { samples in
      for y in 0..<120 {
        for x in 0..<100 {
          let isHead = (20..<80).contains(x) && y >= 30
          #expect((samples[y * 100 + x] <= 1) == !isHead, "\(x) \(y)")
        }
      }
    }
  }

  @Test func aViewHasTheSizeAskedForAlsoBeyondThePicture() {
    var generator = SeededGenerator(seed: 1)
    for (width, height) in [(10, 10), (64, 48), (200, 150), (1, 1)] {
      guard let view = Self.stripes().view(width: width, height: height, &generator) else {
        Issue.record("no view of \(width) x \(height)")
        continue
      }
      #expect(view.width == width && view.height == height)
      view.withSamples { samples in #expect(samples.allSatisfy { $0 <= 1 }) }
    }
    let none = Scenery(count: 0) { _ in GreyImage(width: 1, height: 1, repeating: 0) }
    if none.view(width: 5, height: 5, &generator) != nil { Issue.record("a view of nothing") }
  }

  @Test func theSameSeedGivesTheSameView() {
    func bytes(_ seed: UInt64) -> [UInt8] {
      var generator = SeededGenerator(seed: seed)
      var image = Self.portrait()
      Degradation.placeHand(on: &image, Self.face, &generator)
      Self.stripes().occlude(&image, Self.face, &generator)
      return image.withSamples { Array($0) }
    }
    #expect(bytes(4) == bytes(4))
    #expect(bytes(4) != bytes(5))
  }

  /// Hands are as bright as skin, about; they cover a part of what lies around the face, never all.
  @Test func handsCoverAPartOfTheFace() {
    var covered = 0
    for seed in 0..<50 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var image = Self.portrait()
      Degradation.placeHand(on: &image, Self.face, &generator)
      let before = Self.portrait()
      let changed = image.withSamples { after in
        before.withSamples { before in after.indices.count { after[$0] != before[$0] } }
      }
      #expect(changed < 60 * 90)
      if changed > 100 { covered += 1 }
    }
    #expect(covered > 40)
  }
}
