import CLNF

/// Notices that a picture has nothing to do with the one before: a cut.
///
/// Both are compared at few places, by their correlation: light that changes as a whole does not matter. A
/// cut is a fall that is large and much larger than those before it. Allocates nothing a frame. Cost: some
/// thousands of pixels are read.
struct CutWatch {
  /// A grid of squares of `side` px, whose means are compared.
  private static let (columns, rows, side) = (48, 27, 4)
  /// Falls (1 less the correlation) below the first are no cuts, above the second always.
  private static let (leastFall, sureFall): (Float, Float) = (0.1, 0.5)
  /// Between the two, a cut's fall is so many times the mean of the last ones.
  private static let timesUsual: Float = 6
  private static let (firstUsual, fading): (Float, Float) = (0.02, 0.9)

  private var last: [Float] = []
  private var now: [Float] = []
  private var size = (0, 0)
  private var usual = Self.firstUsual

  /// As before the first picture.
  mutating func reset() {
    last.removeAll(keepingCapacity: true)
    usual = Self.firstUsual
  }

  /// Looks at the next picture; true where it follows a cut. False for the first one.
  mutating func isCut(_ image: borrowing GreyImage) -> Bool {
    sample(image)
    defer { swap(&last, &now) }
    guard last.count == now.count, !now.isEmpty else { return false }
    let fall = 1 - Self.correlation(last, now)
    let isCut = fall > Self.sureFall || (fall > Self.leastFall && fall > Self.timesUsual * usual)
    if !isCut { usual = Self.fading * usual + (1 - Self.fading) * fall }
    return isCut
  }

  private mutating func sample(_ image: borrowing GreyImage) {
    let (width, height) = (image.width, image.height)
    if size != (width, height) { last.removeAll(keepingCapacity: true) }
    size = (width, height)
    now.removeAll(keepingCapacity: true)
    guard width >= Self.side, height >= Self.side else { return }
    image.withSamples { samples in
      for row in 0..<Self.rows {
        let y = row * (height - Self.side) / (Self.rows - 1)
        for column in 0..<Self.columns {
          let first = y * width + column * (width - Self.side) / (Self.columns - 1)
          var sum: Float = 0
          for v in 0..<Self.side {
            for u in 0..<Self.side { sum += Float(samples[first + v * width + u]) }
          }
          now.append(sum)
        }
      }
    }
  }

  /// 1 where both are even: nothing tells them apart.
  private static func correlation(_ a: [Float], _ b: [Float]) -> Float {
    let n = Float(a.count)
    var (sumA, sumB): (Float, Float) = (0, 0)
    for i in a.indices {
      sumA += a[i]
      sumB += b[i]
    }
    let (meanA, meanB) = (sumA / n, sumB / n)
    var (ab, aa, bb): (Float, Float, Float) = (0, 0, 0)
    for i in a.indices {
      let (x, y) = (a[i] - meanA, b[i] - meanB)
      ab += x * y
      aa += x * x
      bb += y * y
    }
    // Noise of even pictures is no cut.
    let least = n * evenDeviation * evenDeviation
    guard aa > least || bb > least else { return 1 }
    return ab / max(least, (aa * bb).squareRoot())
  }

  /// Of a picture's sums of `side` times `side` px: below, it is even.
  private static let evenDeviation: Float = 3 * Float(side * side)
}
