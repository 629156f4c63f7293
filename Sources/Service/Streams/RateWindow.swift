/// How many events a second there were over the last seconds.
struct RateWindow: Sendable {
  /// Whole seconds that are looked back on.
  private static let span = 4
  /// Events by second, at the second's remainder.
  private var counts = [Int](repeating: 0, count: span + 1)
  private var first: Double?
  private var second = 0

  /// Adds an event; `now` never goes back, seconds.
  mutating func add(at now: Double) {
    if first == nil {
      first = now
      second = Self.whole(now)
    }
    advance(to: Self.whole(now))
    counts[Self.slot(second)] += 1
  }

  /// Events a second over the last whole seconds, 0 before the first.
  func rate(at now: Double) -> Double {
    guard let first else { return 0 }
    var window = self
    window.advance(to: Self.whole(now))
    let whole = min(Self.span, window.second - Self.whole(first) - 1)
    // The first second is not a whole one.
    guard whole > 0 else { return now - first > 0.2 ? Double(window.total) / (now - first) : 0 }
    let sum = (1...whole).reduce(0) { $0 + window.counts[Self.slot(window.second - $1)] }
    return Double(sum) / Double(whole)
  }

  private var total: Int { counts.reduce(0, +) }

  private mutating func advance(to now: Int) {
    guard now > second else { return }
    for passed in max(second + 1, now - Self.span)...now { counts[Self.slot(passed)] = 0 }
    second = now
  }

  private static func whole(_ seconds: Double) -> Int { Int(seconds.rounded(.down)) }

  private static func slot(_ second: Int) -> Int {
    let remainder = second % (span + 1)
    return remainder < 0 ? remainder + span + 1 : remainder
  }
}
