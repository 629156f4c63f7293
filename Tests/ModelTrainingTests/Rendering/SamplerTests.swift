import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Expressions, poses and cameras.
struct SamplerTests {
  static let names = [
    "PupilDilate_L", "browDown_L", "browDown_R", "browInnerUp_L", "browInnerUp_R", "eyeBlink_L",
    "eyeBlink_R", "eyeLookIn_L", "eyeLookOut_L", "eyeLookIn_R", "eyeLookOut_R", "jawOpen",
    "mouthSmile_L", "mouthSmile_R", "mouthPucker", "mouthFrown_L", "mouthFrown_R",
  ]

  @Test func expressionsAreSparseBoundedAndRepeatable() {
    let sampler = ExpressionSampler(names: Self.names)
    var (generator, again) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
    var (smiles, resting, blinks, winks) = (0, 0, 0, 0)
    for _ in 0..<2000 {
      let drawn = sampler.draw(&generator)
      #expect(drawn == sampler.draw(&again))
      #expect(drawn.count == Self.names.count && drawn.allSatisfy { $0 >= 0 && $0 <= 1.1 })
      #expect(drawn[0] == 0, "pupils stay")
      if drawn[12] > 0.25 && drawn[13] > 0.25 { smiles += 1 }
      if drawn[11] == 0 && drawn[12] == 0 && drawn[14] == 0 && drawn[15] == 0 { resting += 1 }
      if drawn[5] > 0.7 && drawn[6] > 0.7 { blinks += 1 }
      if (drawn[5] > 0.69) != (drawn[6] > 0.69), drawn[5] == 0 || drawn[6] == 0 { winks += 1 }
      // The eyes look the same way.
      if drawn[7] > 0.4 && drawn[10] > 0.4 { #expect(drawn[7] == drawn[10]) }
    }
    #expect((600...900).contains(smiles), "\(smiles)")
    #expect((250...500).contains(resting), "\(resting)")
    #expect((260...460).contains(blinks), "\(blinks)")
    #expect((40...130).contains(winks), "\(winks)")
  }

  /// Two in five mouths are a person's, with lids of their own.
  @Test func expressionsOfPeopleAreDrawn() {
    var person = [Double](repeating: 0, count: Self.names.count)
    (person[11], person[12], person[13], person[5]) = (0.31, 0.62, 0.58, 1)
    let sampler = ExpressionSampler(names: Self.names, observed: [person, [1, 2]])
    var generator = SeededGenerator(seed: 5)
    var (observed, open) = (0, 0)
    for _ in 0..<2000 {
      let drawn = sampler.draw(&generator)
      let strength = drawn[11] / 0.31
      guard (0.59...1.26).contains(strength), abs(drawn[12] - strength * 0.62) < 1e-4,
        abs(drawn[13] - strength * 0.58) < 1e-4
      else { continue }
      observed += 1
      if drawn[5] < 0.5 { open += 1 }
    }
    #expect((700...900).contains(observed), "\(observed)")
    #expect(open > observed / 2, "lids are drawn anew")
  }

  @Test func photosWithAnExpressionKeepIt() {
    let sampler = ExpressionSampler(names: Self.names)
    var generator = SeededGenerator(seed: 4)
    var brows: Float = 0
    for _ in 0..<200 {
      let drawn = sampler.drawBeside(&generator)
      #expect(drawn[11] <= 0.14 && drawn[12] <= 0.14 && drawn[14] <= 0.14)
      brows = max(brows, drawn[1])
    }
    #expect(brows > 0.5)
    #expect(ExpressionSampler(names: []).draw(&generator).isEmpty)
  }

  @Test func posesAreSpreadAsTheSettingsSay() {
    var generator = SeededGenerator(seed: 1)
    let sampler = PoseSampler()
    let poses = (0..<8000).map { _ in sampler.draw(&generator) }
    let degrees = poses.map { SIMD3($0.x, $0.y, $0.z) * 180 / .pi }
    #expect(degrees.allSatisfy { abs($0.y) <= 75 && abs($0.x) <= 35 && abs($0.z) <= 35 })
    let far = Double(degrees.count { abs($0.y) > 60 }) / 8000
    // Half of the far ones lie beyond 60.
    #expect(abs(far - sampler.farShare / 2) < 0.015, "\(far)")
    #expect(abs(Double(degrees.count { $0.y > 0 }) / 8000 - 0.5) < 0.02)
    let pitch = (degrees.reduce(0) { $0 + $1.x * $1.x } / 8000).squareRoot()
    #expect((12...15).contains(pitch), "\(pitch)")
    var only = PoseSampler()
    (only.farShare, only.wideShare, only.yawDeviation) = (1, 0, 0)
    #expect((0..<100).allSatisfy { _ in abs(only.draw(&generator).y) >= 45 * .pi / 180 - 1e-9 })
  }

  @Test func camerasProjectAsByHand() {
    let camera = SceneCamera(
      rotation: EulerAngles(x: 0, y: 0, z: 0), center: SIMD3(1, 2, 3), distance: 1000, scale: 2,
      middle: SIMD2(50, 60))
    #expect(camera.place(SIMD3(1, 2, 3)) == SIMD3(50, 60, 0))
    #expect(camera.place(SIMD3(11, 2, 3)) == SIMD3(70, 60, 0))
    // 100 mm nearer: larger by 1000 / 900.
    let near = camera.place(SIMD3(11, -3, -97))
    #expect(abs(near.x - (50 + 20 / 0.9)) < 1e-4 && abs(near.y - (60 - 10 / 0.9)) < 1e-4)
    // A quarter turn of yaw: what lay behind goes to the right.
    let turned = SceneCamera(
      rotation: EulerAngles(x: 0, y: .pi / 2, z: 0), center: .zero, distance: 1e6, scale: 1,
      middle: .zero)
    #expect(abs(turned.place(SIMD3(0, 0, 10)).x - 10) < 1e-3)
    #expect(abs(turned.turnBack(turned.turn(SIMD3(1, 2, 3))).y - 2) < 1e-5)
    // Pixel centres: 0 of the image lies between 0 and 1 of a canvas of twice the pixels.
    let enlarged = camera.enlarged(by: 2)
    #expect(enlarged.place(SIMD3(1, 2, 3)) == SIMD3(100.5, 120.5, 0))
    #expect(enlarged.place(SIMD3(11, 2, 3)).x == 140.5)
    let behind = camera.place(SIMD3(1, 2, -2000))
    #expect(behind.x.isFinite && behind.y.isFinite)
  }
}
