import CLNF
import Foundation

/// Adam (Kingma and Ba, ICLR 2015): steps scaled by running means of the gradient and its square.
struct AdamOptimiser: ~Copyable {
  private let means: Buffer<Float>
  private let squares: Buffer<Float>
  private var steps = 0
  private static let meanDecay: Float = 0.9
  private static let squareDecay: Float = 0.999
  private static let smallest: Float = 1e-8

  init(count: Int) {
    means = Buffer(repeating: 0, count: count)
    squares = Buffer(repeating: 0, count: count)
  }

  /// Parameters that share a learning rate.
  struct Group {
    var range: Range<Int>
    var rate: Float
  }

  /// One step down the gradient.
  mutating func step(
    _ values: UnsafeMutablePointer<Float>, gradient slopes: UnsafePointer<Float>, groups: [Group]
  ) {
    steps += 1
    let meanCorrection = 1 - pow(Self.meanDecay, Float(steps))
    let squareCorrection = (1 - pow(Self.squareDecay, Float(steps))).squareRoot()
    let (m, v) = (means.pointer, squares.pointer)
    for group in groups {
      let rate = group.rate * squareCorrection / meanCorrection
      let smallest = Self.smallest * squareCorrection
      for i in group.range {
        let slope = slopes[i]
        m[i] += (1 - Self.meanDecay) * (slope - m[i])
        v[i] += (1 - Self.squareDecay) * (slope * slope - v[i])
        values[i] -= rate * m[i] / (v[i].squareRoot() + smallest)
      }
    }
  }
}

/// One cycle of the learning rate (Smith and Topin 2018): it rises like a cosine from 1/25 of its
/// peak, then falls like one to almost 0.
struct OneCycle {
  var steps: Int
  /// Share of the steps in which it rises.
  var warmUp: Double
  private static let start = 1.0 / 25
  private static let end = 1.0 / 250_000

  /// The share of the peak at a step, 0 ..< steps.
  func share(_ step: Int) -> Double {
    let rising = warmUp * Double(steps)
    if Double(step) < rising {
      return Self.between(Self.start, 1, Double(step) / rising)
    }
    let falling = max(1, Double(steps - 1) - rising)
    return Self.between(1, Self.end, min(1, (Double(step) - rising) / falling))
  }

  private static func between(_ from: Double, _ to: Double, _ share: Double) -> Double {
    to + (from - to) * (1 + cos(.pi * share)) / 2
  }
}
