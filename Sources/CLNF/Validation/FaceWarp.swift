/// A validator's warp with the per-pixel shares worked out: for each pixel of the mask, column by
/// column, the landmarks of its triangle and how far along the two edges it lies.
struct FaceWarp {
  private struct Pixel {
    var corner: Int32
    var second: Int32
    var third: Int32
    var a: Double
    var b: Double
  }

  private let pixels: [Pixel]
  /// Place of each mask pixel in the mask's image, row by row.
  let places: [Int]

  init(_ warp: PiecewiseAffineWarp) {
    var pixels: [Pixel] = []
    var places: [Int] = []
    for column in 0..<warp.width {
      for row in 0..<warp.height {
        let place = row * warp.width + column
        let index = Int(warp.triangleOfPixel[place])
        guard index >= 0 else { continue }
        let triangle = warp.triangles[index]
        let (x, y) = (Double(column) + warp.minX, Double(row) + warp.minY)
        func share(_ v: [Double]) -> Double {
          v[3 * index] + v[3 * index + 1] * x + v[3 * index + 2] * y
        }
        pixels.append(
          Pixel(
            corner: Int32(triangle.a), second: Int32(triangle.b), third: Int32(triangle.c),
            a: share(warp.alpha), b: share(warp.beta)))
        places.append(place)
      }
    }
    self.pixels = pixels
    self.places = places
  }

  /// Samples the image under the mask. Source coordinates are rounded to 1/32 px; samples outside
  /// the image count as 0.
  /// - Parameters:
  ///   - landmarks: 2n pixels, stacked.
  ///   - vector: one grey level a mask pixel, column by column.
  func sample(
    _ image: borrowing GreyImage, landmarks: UnsafePointer<Double>, count n: Int,
    into vector: UnsafeMutablePointer<Float>
  ) {
    let (width, height) = (image.width, image.height)
    image.withSamples { samples in
      func level(_ x: Int, _ y: Int) -> Double {
        x >= 0 && x < width && y >= 0 && y < height ? Double(samples[y * width + x]) : 0
      }
      pixels.withUnsafeBufferPointer { pixels in
        for (index, pixel) in pixels.enumerated() {
          let (p, q, r) = (Int(pixel.corner), Int(pixel.second), Int(pixel.third))
          let x = Self.position(landmarks[p], landmarks[q], landmarks[r], pixel.a, pixel.b)
          let y = Self.position(
            landmarks[n + p], landmarks[n + q], landmarks[n + r], pixel.a, pixel.b)
          // Far outside; also keeps the conversion to Int within its range.
          guard abs(x) < 1e8, abs(y) < 1e8 else {
            vector[index] = 0
            continue
          }
          let (x0, y0) = (x.rounded(.down), y.rounded(.down))
          let (fx, fy) = (x - x0, y - y0)
          let (column, row) = (Int(x0), Int(y0))
          let top = (1 - fx) * level(column, row) + fx * level(column + 1, row)
          let bottom = (1 - fx) * level(column, row + 1) + fx * level(column + 1, row + 1)
          vector[index] = Float((1 - fy) * top + fy * bottom)
        }
      }
    }
  }

  private static func position(
    _ p: Double, _ q: Double, _ r: Double, _ a: Double, _ b: Double
  ) -> Double {
    // The reference keeps the source coordinate in single precision before it rounds; in double
    // precision single pixels fall to the other side.
    let single = Float(p + a * (q - p) + b * (r - p))
    return (Double(single) * 32).rounded(.toNearestOrEven) / 32
  }
}
