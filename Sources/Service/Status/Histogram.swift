/// Counts of observations by size, as Prometheus wants them: cumulative at its output, plain here.
public struct Histogram: Sendable, Equatable, Codable {
  /// Upper bounds of the buckets, rising; above the last lies one more.
  public let bounds: [Double]
  /// Observations by bucket, one more than `bounds`.
  public private(set) var counts: [Int]
  public private(set) var sum = 0.0
  public private(set) var count = 0

  public init(bounds: [Double]) {
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count + 1)
  }

  /// Seconds, from a fast fit to a source that hangs.
  public static var seconds: Histogram {
    Histogram(bounds: [
      0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2,
      5,
    ])
  }

  /// Adds an observation; what is not finite is left out.
  public mutating func observe(_ value: Double) {
    guard value.isFinite else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
    count += 1
  }
}
