import Foundation

extension SeededGenerator {
  /// Whether something of this probability happens.
  mutating func chance(_ probability: Double) -> Bool { uniform(0...1) < probability }

  mutating func float(_ range: ClosedRange<Float>) -> Float {
    Float.random(in: range, using: &self)
  }

  mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Uniform in the logarithm.
  mutating func logarithmic(_ range: ClosedRange<Double>) -> Double {
    exp(uniform(log(range.lowerBound)...log(range.upperBound)))
  }

  /// About standard normal: the sum of four uniform numbers, never beyond 3.5. A tenth of the cost
  /// of `normal`: for noise on every pixel.
  mutating func quickNormal() -> Float {
    let bits = next()
    let sum =
      (bits & 0xFFFF) &+ (bits >> 16 & 0xFFFF) &+ (bits >> 32 & 0xFFFF) &+ (bits >> 48 & 0xFFFF)
    // Mean 2 x 65535, variance 4 x 65536^2 / 12.
    return (Float(sum) - 131_070) * 2.642_9e-5
  }
}
