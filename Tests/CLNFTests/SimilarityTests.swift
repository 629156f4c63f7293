import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Similarities of the plane: known cases, then the law that they find what was done to points.
struct SimilarityTests {
  @Test func aQuarterTurnAndADoubling() {
    // (1, 0) goes to (0, 2), (0, 1) to (-2, 0).
    let source = [0.0, 1, 0, 0, 0, 1]
    let target = [5.0, 5, 3, 7, 9, 7]
    let found = Similarity(from: source, to: target, count: 3)
    #expect(abs(found.a) < 1e-15 && abs(found.b - 2) < 1e-15)
    let moved = found.apply(1, 0)
    #expect(abs(moved.x) < 1e-15 && abs(moved.y - 2) < 1e-15)
    let back = found.inverse.apply(moved.x, moved.y)
    #expect(abs(back.x - 1) < 1e-15 && abs(back.y) < 1e-15)
  }

  @Test func whatWasDoneToPointsIsFound() {
    let seed = TestSeed.of(301)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let n = Int.random(in: 2...20, using: &generator)
      let angle = Double.random(in: -3...3, using: &generator)
      let scale = Double.random(in: 0.1...10, using: &generator)
      let made = Similarity(a: scale * cos(angle), b: scale * sin(angle))
      let source = (0..<2 * n).map { _ in Double.random(in: -100...100, using: &generator) }
      var target = source
      for i in 0..<n {
        let moved = made.apply(source[i], source[n + i])
        (target[i], target[n + i]) = (moved.x + 12, moved.y - 7)
      }
      let found = Similarity(from: source, to: target, count: n)
      #expect(abs(found.a - made.a) < 1e-10 && abs(found.b - made.b) < 1e-10, "seed \(seed)")
    }
  }

  /// Points in one place have no direction: the identity, not a division by 0.
  @Test func pointsInOnePlaceGiveTheIdentity() {
    let one = [Double](repeating: 4, count: 6)
    #expect(Similarity(from: one, to: [0, 1, 2, 3, 5, 8], count: 3) == Similarity(a: 1, b: 0))
    #expect(Similarity(from: [0, 1, 2, 3, 5, 8], to: one, count: 3) == Similarity(a: 1, b: 0))
  }

  /// A mirrored shape is met by a rotation, never by a reflection: the determinant stays positive.
  @Test func mirroredPointsAreNotReflected() {
    let source = [0.0, 3, 0, 0, 0, 1]
    let mirrored = [0.0, -3, 0, 0, 0, 1]
    let found = Similarity(from: source, to: mirrored, count: 3)
    #expect(found.a * found.a + found.b * found.b > 0)
    #expect(abs(found.a * found.a + found.b * found.b - 1) < 1e-12, "sizes are equal")
  }
}
