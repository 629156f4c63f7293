import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Filters, block coding and what cameras do to a picture.
struct PhotometryTests {
  static func image(
    _ width: Int, _ height: Int, _ level: (Int, Int) -> Float
  ) -> Plane<Float> {
    var image = Plane<Float>(width: width, height: height, repeating: 0)
    for y in 0..<height {
      for x in 0..<width { image[x, y] = level(x, y) }
    }
    return image
  }

  static func samples(_ image: borrowing Plane<Float>) -> [Float] {
    image.withSamples { Array($0) }
  }

  /// Sum and centre of gravity.
  static func moments(_ image: borrowing Plane<Float>) -> (sum: Float, x: Float, y: Float) {
    var (sum, x, y): (Float, Float, Float) = (0, 0, 0)
    for row in 0..<image.height {
      for column in 0..<image.width {
        let level = image[column, row]
        sum += level
        x += level * Float(column)
        y += level * Float(row)
      }
    }
    return (sum, x / sum, y / sum)
  }

  @Test func filtersMoveNothingAndKeepLevels() {
    let changes: [(inout Plane<Float>) -> Void] = [
      { Filters.blur(&$0, sigma: 1.3) },
      { Filters.motionBlur(&$0, length: 5.5, angle: 0.7) },
      { Filters.motionBlur(&$0, length: 0.4, angle: 2) },
      { Filters.coarsen(&$0, by: 2) },
    ]
    for (index, change) in changes.enumerated() {
      var flat = Self.image(37, 23) { _, _ in 80 }
      change(&flat)
      #expect(Self.samples(flat).allSatisfy { abs($0 - 80) < 1e-3 }, "\(index)")
      #expect(flat.width == 37 && flat.height == 23)
      // A block that lies on whole cells of the coarse picture too.
      var spot = Self.image(40, 40) { x, y in (16..<24).contains(x) && (12..<20).contains(y) ? 9 : 0
      }
      change(&spot)
      let moments = Self.moments(spot)
      #expect(abs(moments.sum - 576) < 1, "\(index)")
      #expect(abs(moments.x - 19.5) < 0.02 && abs(moments.y - 15.5) < 0.02, "\(index)")
    }
  }

  @Test func blurIsAGaussian() {
    var image = Self.image(31, 31) { x, y in x == 15 && y == 15 ? 1000 : 0 }
    Filters.blur(&image, sigma: 1.5)
    for (dx, dy) in [(0, 0), (1, 0), (0, 2), (2, 1)] {
      let expected = 1000 / (2 * Float.pi * 2.25) * exp(-Float(dx * dx + dy * dy) / 4.5)
      #expect(abs(image[15 + dx, 15 + dy] - expected) < 0.02 * expected)
    }
  }

  @Test func combsMoveRowsApart() {
    var image = Self.image(12, 4) { x, _ in x == 6 ? 1 : 0 }
    Photometry.comb(&image, by: 2)
    #expect(image[4, 0] == 1 && image[8, 1] == 1 && image[4, 2] == 1)
  }

  @Test func blockCodingKeepsWhatItsTableHolds() {
    // Steps at quality 50 are the table's: a cosine of frequency (2, 1) is a multiple of 13.
    let wave = Self.image(16, 8) { x, y in
      let scale = Float(0.5) * 0.5
      return 128 + 39 * scale * cos(Float((2 * (x % 8) + 1) * 1) * .pi / 16)
        * cos(Float((2 * y + 1) * 3) * .pi / 16)
    }
    // Coefficient 39 at (u 1, v 3): the table has 17 there, so it becomes 34.
    var coded = wave.copy()
    BlockCoding(quality: 50).apply(to: &coded)
    for (before, after) in zip(Self.samples(wave), Self.samples(coded)) {
      #expect(abs((after - 128) - (before - 128) * 34 / 39) < 1e-3)
    }
  }

  @Test func lowerQualityKeepsLess() {
    var generator = SeededGenerator(seed: 8)
    // No multiple of eight.
    let original = Self.image(45, 27) { x, y in
      128 + 60 * sin(Float(x) / 5) * cos(Float(y) / 3) + 6 * generator.quickNormal()
    }
    let errors = [100, 90, 50, 10].map { quality -> Float in
      var coded = original.copy()
      BlockCoding(quality: quality).apply(to: &coded)
      let pairs = zip(Self.samples(original), Self.samples(coded))
      return (pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 1215).squareRoot()
    }
    #expect(errors[0] < 0.5 && errors == errors.sorted() && errors[3] > 3, "\(errors)")
  }

  @Test func quickNoiseIsAboutNormal() {
    var generator = SeededGenerator(seed: 2)
    let values = (0..<20000).map { _ in generator.quickNormal() }
    let mean = values.reduce(0, +) / 20000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 20000
    #expect(abs(mean) < 0.02 && abs(variance - 1) < 0.03)
  }

  @Test func developingKeepsTheSizeAndRepeats() {
    func bytes(_ photometry: Photometry, _ seed: UInt64) -> [UInt8] {
      var generator = SeededGenerator(seed: seed)
      var image = Self.image(50, 41) { x, y in Float(3 * x + 2 * y) }
      let developed = photometry.develop(&image, faceLevel: 100, &generator)
      #expect(developed.width == 50 && developed.height == 41)
      return developed.withSamples { Array($0) }
    }
    for seed in 0..<60 as Range<UInt64> {
      #expect(bytes(Photometry(), seed) == bytes(Photometry(), seed))
    }
    #expect(bytes(Photometry(), 1) != bytes(Photometry(), 2))
    let plain = bytes(.none, 1)
    #expect((0..<2050).allSatisfy { Int(plain[$0]) == 3 * ($0 % 50) + 2 * ($0 / 50) })
  }
}
