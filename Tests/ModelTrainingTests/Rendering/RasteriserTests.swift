import Foundation
import Testing

@testable import ModelTraining

/// Coverage, depth and paint of single triangles, counted by hand.
struct RasteriserTests {
  static func triangle(_ a: Int32, _ b: Int32, _ c: Int32) -> HeadModel.Triangle {
    HeadModel.Triangle(a: a, b: b, c: c, region: .skin)
  }

  static func corner(_ x: Float, _ y: Float, depth: Float = 1, level: Float = 1) -> RasterVertex {
    RasterVertex(place: SIMD3(x, y, depth), level: level)
  }

  static func draw(
    _ corners: [RasterVertex], _ triangles: [HeadModel.Triangle], on rasteriser: Rasteriser
  ) {
    corners.withUnsafeBufferPointer { corners in
      triangles.withUnsafeBufferPointer { rasteriser.draw(corners, $0, texture: .none) }
    }
  }

  /// How many of the triangles cover each pixel, each drawn alone.
  static func coverage(
    _ corners: [RasterVertex], _ triangles: [HeadModel.Triangle], side: Int
  ) -> [Int] {
    var counts = [Int](repeating: 0, count: side * side)
    let rasteriser = Rasteriser()
    for triangle in triangles {
      rasteriser.begin(width: side, height: side, level: 0)
      draw(corners, [triangle], on: rasteriser)
      for i in counts.indices where rasteriser.levels[i] > 0 { counts[i] += 1 }
    }
    return counts
  }

  @Test func aSquareOfTwoTrianglesCoversItsPixelsOnce() {
    let corners = [
      Self.corner(2, 3), Self.corner(7, 3), Self.corner(7, 9), Self.corner(2, 9),
    ]
    let counts = Self.coverage(
      corners, [Self.triangle(0, 2, 1), Self.triangle(0, 3, 2)], side: 12)
    for y in 0..<12 {
      for x in 0..<12 {
        // Borders above and to the left belong to it, those below and to the right do not.
        let isInside = (2..<7).contains(x) && (3..<9).contains(y)
        #expect(counts[y * 12 + x] == (isInside ? 1 : 0), "\(x) \(y)")
      }
    }
  }

  /// Fans around points anywhere, some on pixels' centres: no gaps, no overlaps.
  @Test func fansLeaveNoGapsAndDoNotOverlap() {
    var generator = SeededGenerator(seed: 9)
    for round in 0..<40 {
      let isWhole = round % 2 == 0
      func value(_ range: ClosedRange<Float>, _ generator: inout SeededGenerator) -> Float {
        let v = generator.float(range)
        return isWhole ? v.rounded() : v
      }
      let middle = SIMD2(value(12...18, &generator), value(12...18, &generator))
      let count = generator.whole(3...12)
      var corners = [Self.corner(middle.x, middle.y)]
      for k in 0..<count {
        let angle = 2 * Float.pi * Float(k) / Float(count)
        let radius = generator.float(8...11)
        let at = middle + radius * SIMD2(cos(angle), sin(angle))
        corners.append(
          isWhole ? Self.corner(at.x.rounded(), at.y.rounded()) : Self.corner(at.x, at.y))
      }
      let triangles = (0..<count).map {
        Self.triangle(0, Int32(1 + ($0 + 1) % count), Int32(1 + $0))
      }
      let counts = Self.coverage(corners, triangles, side: 32)
      #expect(counts.allSatisfy { $0 <= 1 }, "round \(round)")
      for y in 0..<32 {
        for x in 0..<32 {
          let off = SIMD2(Float(x), Float(y)) - middle
          // The inner circle of the smallest fan: 8 cos 60 degrees.
          if (off * off).sum().squareRoot() < 3.8 {
            #expect(counts[y * 32 + x] == 1, "round \(round): \(x) \(y)")
          }
        }
      }
    }
  }

  @Test func theNearerSurfaceIsSeenInEitherOrder() {
    let corners = [
      Self.corner(0, 0, depth: 5, level: 50), Self.corner(20, 0, depth: 5, level: 50),
      Self.corner(0, 20, depth: 5, level: 50),
      Self.corner(0, 0, depth: 2, level: 20), Self.corner(10, 0, depth: 8, level: 20),
      Self.corner(0, 10, depth: 2, level: 20),
    ]
    let (flat, slanted) = (Self.triangle(0, 2, 1), Self.triangle(3, 5, 4))
    for order in [[flat, slanted], [slanted, flat]] {
      let rasteriser = Rasteriser()
      rasteriser.begin(width: 20, height: 20, level: 0)
      Self.draw(corners, order, on: rasteriser)
      // The slanted one goes from depth 2 to 8 and crosses 5 at x = 5.
      #expect(rasteriser.level(x: 2, y: 1) == 20)
      #expect(rasteriser.level(x: 7, y: 1) == 50)
      #expect(abs(rasteriser.depth(x: 3, y: 1) - 3.8) < 1e-5)
      #expect(rasteriser.level(x: 15, y: 2) == 50)
      #expect(rasteriser.level(x: 15, y: 15) == 0)
      #expect(rasteriser.depth(x: 15, y: 15) == Rasteriser.farthest)
    }
  }

  @Test func backFacesAndCornersNowhereAreLeftOut() {
    let good = [Self.corner(0, 0), Self.corner(9, 0), Self.corner(0, 9)]
    let rasteriser = Rasteriser()
    rasteriser.begin(width: 10, height: 10, level: 0)
    Self.draw(good, [Self.triangle(0, 1, 2)], on: rasteriser)
    for bad: Float in [.nan, .infinity, -.infinity, 1e30, 2e6] {
      Self.draw(
        [good[0], good[1], Self.corner(0, bad)], [Self.triangle(0, 2, 1)], on: rasteriser)
      Self.draw(
        [good[0], good[1], Self.corner(bad, 9)], [Self.triangle(0, 2, 1)], on: rasteriser)
    }
    Self.draw(
      [good[0], good[1], Self.corner(0, 9, depth: .nan)], [Self.triangle(0, 2, 1)],
      on: rasteriser)
    #expect((0..<100).allSatisfy { rasteriser.levels[$0] == 0 })
    // Far outside, yet drawable: only what lies on the canvas.
    Self.draw(
      [Self.corner(-9000, -9000), Self.corner(9000, -9000), Self.corner(0, 9000)],
      [Self.triangle(0, 2, 1)], on: rasteriser)
    #expect((0..<100).allSatisfy { rasteriser.levels[$0] == 1 })
  }

  @Test func levelsShadesAndGlossAreInterpolated() {
    func corner(_ x: Float, _ y: Float, _ level: Float, _ shade: Float) -> RasterVertex {
      RasterVertex(place: SIMD3(x, y, 1), level: level, shade: shade, gloss: 3)
    }
    let corners = [corner(0, 0, 0, 2), corner(16, 0, 160, 2), corner(0, 16, 0, 2)]
    let rasteriser = Rasteriser()
    rasteriser.begin(width: 16, height: 16, level: 0)
    Self.draw(corners, [Self.triangle(0, 2, 1)], on: rasteriser)
    #expect(abs(rasteriser.level(x: 4, y: 3) - (2 * 40 + 3)) < 1e-3)
    #expect(abs(rasteriser.level(x: 9, y: 1) - (2 * 90 + 3)) < 1e-3)
  }

  @Test func texturesAreSampledBetweenTheirPixels() {
    let pixels: [UInt8] = (0..<64).map { UInt8(10 * ($0 % 8) + ($0 / 8)) }
    func corner(_ x: Float, _ y: Float) -> RasterVertex {
      RasterVertex(
        place: SIMD3(x, y, 1), texture: SIMD2(x / 2 + 0.5, y / 2 + 0.25), weight: 1, level: 200)
    }
    let corners = [corner(0, 0), corner(12, 0), corner(0, 12)]
    let rasteriser = Rasteriser()
    rasteriser.begin(width: 12, height: 12, level: 0)
    pixels.withUnsafeBufferPointer { pixels in
      let texture = Rasteriser.Texture(pixels: pixels.baseAddress, width: 8, height: 8)
      corners.withUnsafeBufferPointer { corners in
        [Self.triangle(0, 2, 1)].withUnsafeBufferPointer {
          rasteriser.draw(corners, $0, texture: texture)
        }
      }
    }
    // u = 3 / 2 + 1/2, v = 5 / 2 + 1/4.
    #expect(abs(rasteriser.level(x: 3, y: 5) - (10 * 2 + 2.75)) < 1e-3)
    #expect(abs(rasteriser.level(x: 4, y: 2) - (10 * 2.5 + 1.25)) < 1e-3)
    // Outside the picture the vertex's own level.
    let texture = Rasteriser.Texture(pixels: nil, width: 0, height: 0)
    #expect(texture.sample(3, 3, otherwise: 7) == 7)
  }

  @Test func strokesAreHiddenByWhatIsNearer() {
    let rasteriser = Rasteriser()
    rasteriser.begin(width: 30, height: 20, level: 0)
    Self.draw(
      [Self.corner(0, 0, depth: 5), Self.corner(15, 0, depth: 5), Self.corner(0, 80, depth: 5)],
      [Self.triangle(0, 2, 1)], on: rasteriser)
    rasteriser.stroke(
      [SIMD3(2, 8, 6), SIMD3(27, 8, 6)], radius: 2, ink: Rasteriser.Ink(level: 90))
    #expect(rasteriser.level(x: 5, y: 8) == 1)
    #expect(rasteriser.level(x: 20, y: 8) == 90)
    #expect(rasteriser.level(x: 20, y: 9) == 90)
    #expect(rasteriser.level(x: 20, y: 11) == 0)
    rasteriser.stroke(
      [SIMD3(2, 8, 6), SIMD3(27, 8, 6)], radius: 2,
      ink: Rasteriser.Ink(level: 50, opacity: 0.5, tolerance: 2))
    #expect(rasteriser.level(x: 5, y: 8) == 25.5)
    #expect(rasteriser.depth(x: 20, y: 8) == Rasteriser.farthest, "depths stay")
    rasteriser.stroke(
      [SIMD3(.nan, 8, 6), SIMD3(27, .infinity, 6)], radius: 2, ink: Rasteriser.Ink(level: 9))
  }

  @Test func polygonsAreFilledByTheEvenOddRule() {
    let rasteriser = Rasteriser()
    rasteriser.begin(width: 20, height: 20, level: 0)
    let square = { (low: Float, high: Float) -> [SIMD3<Float>] in
      [SIMD3(low, low, 0), SIMD3(high, low, 0), SIMD3(high, high, 0), SIMD3(low, high, 0)]
    }
    // A frame: the inner square is joined to the outer one.
    rasteriser.fill(
      square(2.5, 16.5) + [SIMD3(2.5, 2.5, 0)] + square(6.5, 11.5) + [SIMD3(6.5, 6.5, 0)],
      ink: Rasteriser.Ink(level: 10))
    let filled = (0..<400).count { rasteriser.levels[$0] == 10 }
    #expect(filled == 14 * 14 - 5 * 5)
    #expect(rasteriser.level(x: 8, y: 8) == 0)
  }
}
