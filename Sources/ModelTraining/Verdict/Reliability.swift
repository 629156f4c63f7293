/// How often fits of a confidence are right, by tenths of the confidence.
public struct Reliability: Sendable, Equatable {
  public struct Bin: Sendable, Equatable {
    public var low: Double
    public var count: Int
    /// Mean confidence of the fits in the bin, and the share of them that is right.
    public var confidence: Double
    public var right: Double
  }

  /// Those with at least one fit, from low to high.
  public let bins: [Bin]

  /// - Parameters:
  ///   - confidences: 0 to 1.
  ///   - isRight: one for each.
  public init(confidences: [Double], isRight: [Bool]) {
    precondition(confidences.count == isRight.count, "a confidence for each fit")
    bins = (0..<10).compactMap { index in
      let inside = confidences.indices.filter {
        min(9, max(0, Int(confidences[$0] * 10))) == index
      }
      guard !inside.isEmpty else { return nil }
      let count = Double(inside.count)
      return Bin(
        low: Double(index) / 10, count: inside.count,
        confidence: inside.reduce(0) { $0 + confidences[$1] } / count,
        right: Double(inside.count { isRight[$0] }) / count)
    }
  }

  /// Expected calibration error: mean distance of confidence and share of right fits, over fits.
  public var calibrationError: Double {
    let total = bins.reduce(0) { $0 + $1.count }
    guard total > 0 else { return .nan }
    return bins.reduce(0) { $0 + Double($1.count) * abs($1.confidence - $1.right) } / Double(total)
  }
}
