import CLNF
import Foundation

/// What JPEG at a quality leaves of a grey image, without its codec: blocks of 8 x 8 pixels, their
/// cosine transform, coefficients rounded to multiples of the standard luminance table.
///
/// Source: ITU-T T.81 (JPEG), annex A.3.3 and table K.1; the table's scaling by quality as
/// libjpeg's.
public struct BlockCoding: Sendable {
  private var steps: [SIMD8<Float>] = []

  private static let table: [Float] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  ]

  /// Row u: the cosine of frequency u at the eight pixels, of length 1.
  private static let cosines: [SIMD8<Float>] = (0..<8).map { u in
    var row = SIMD8<Float>()
    for x in 0..<8 {
      let scale = u == 0 ? Float(0.125).squareRoot() : 0.5
      row[x] = scale * cos(Float((2 * x + 1) * u) * .pi / 16)
    }
    return row
  }
  private static let transposedCosines: [SIMD8<Float>] = (0..<8).map { x in
    var row = SIMD8<Float>()
    for u in 0..<8 { row[u] = cosines[u][x] }
    return row
  }

  /// - Parameter quality: 1 ... 100.
  public init(quality: Int) {
    let quality = Float(max(1, min(100, quality)))
    let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
    steps = (0..<8).map { v in
      var row = SIMD8<Float>()
      for u in 0..<8 {
        row[u] = max(1, min(255, ((Self.table[8 * v + u] * scale + 50) / 100).rounded(.down)))
      }
      return row
    }
  }

  /// Codes and decodes in place; blocks that reach over the border are filled up by repeating.
  /// Cost: 30 ns a pixel.
  public func apply(to image: inout Plane<Float>) {
    let (width, height) = (image.width, image.height)
    guard width > 0, height > 0 else { return }
    image.withMutableSamples { samples in
      var block = [SIMD8<Float>](repeating: .zero, count: 8)
      var other = block
      for top in stride(from: 0, to: height, by: 8) {
        for left in stride(from: 0, to: width, by: 8) {
          for v in 0..<8 {
            let row = min(height - 1, top + v) * width
            for u in 0..<8 { block[v][u] = samples[row + min(width - 1, left + u)] - 128 }
          }
          code(&block, &other)
          for v in 0..<min(8, height - top) {
            for u in 0..<min(8, width - left) {
              samples[(top + v) * width + left + u] = max(0, min(255, block[v][u] + 128))
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private func code(_ block: inout [SIMD8<Float>], _ other: inout [SIMD8<Float>]) {
    // Columns, then rows, to frequencies; rounded; and back.
    Self.multiply(Self.cosines, block, into: &other)
    Self.multiply(other, Self.transposedCosines, into: &block)
    for v in 0..<8 { block[v] = (block[v] / steps[v]).rounded(.toNearestOrEven) * steps[v] }
    Self.multiply(Self.transposedCosines, block, into: &other)
    Self.multiply(other, Self.cosines, into: &block)
  }

  /// The product of two matrices given by their rows.
  @inline(__always)
  private static func multiply(
    _ a: [SIMD8<Float>], _ b: [SIMD8<Float>], into result: inout [SIMD8<Float>]
  ) {
    for i in 0..<8 {
      var sum = a[i][0] * b[0]
      for k in 1..<8 { sum += a[i][k] * b[k] }
      result[i] = sum
    }
  }
}
