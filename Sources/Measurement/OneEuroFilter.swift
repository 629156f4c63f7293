/// How much a One Euro filter smooths.
///
/// Tuning, in this order (section 4 of the paper): set `speedCoefficient` to 0 and hold the head
/// still; lower `minimumCutoffHertz` until the jitter is small enough. Then move the head fast and
/// raise `speedCoefficient` until the lag is small enough.
public struct OneEuroSettings: Sendable, Equatable {
  /// The cutoff frequency of a value at rest, Hz: above 0 to 1000. Lower: less jitter, more lag.
  public let minimumCutoffHertz: Double
  /// How many Hz the cutoff rises for a unit of speed: Hz a px/s, at least 0. Higher: less lag in
  /// motion, more jitter in it.
  public let speedCoefficient: Double
  /// The cutoff frequency of the speed's own filter, Hz: above 0 to 1000. The paper fixes it at 1.
  public let speedCutoffHertz: Double

  /// For landmarks in pixels of faces about 150 px wide: jitter at rest to a third at 30 frames a
  /// second, a lag of 11 ms at 200 px/s, 47 ms at 20 px/s (MeasurementTests has the figures).
  public static let standard = OneEuroSettings(1, 0.05, 1)

  /// Throws `MeasurementError.invalidSetting` outside the ranges above.
  public init(
    minimumCutoffHertz: Double = 1, speedCoefficient: Double = 0.05, speedCutoffHertz: Double = 1
  ) throws(MeasurementError) {
    for (name, value) in [
      ("minimumCutoffHertz", minimumCutoffHertz), ("speedCutoffHertz", speedCutoffHertz),
    ] where !(value > 0 && value <= 1000) {
      throw .invalidSetting(name: name, value: value, expected: "above 0 to 1000 Hz")
    }
    guard speedCoefficient >= 0, speedCoefficient.isFinite else {
      throw .invalidSetting(
        name: "speedCoefficient", value: speedCoefficient, expected: "0 or more")
    }
    self.init(minimumCutoffHertz, speedCoefficient, speedCutoffHertz)
  }

  private init(_ minimumCutoff: Double, _ coefficient: Double, _ speedCutoff: Double) {
    minimumCutoffHertz = minimumCutoff
    speedCoefficient = coefficient
    speedCutoffHertz = speedCutoff
  }
}

/// The One Euro filter over a list of values, each by itself: a low pass of first order whose
/// cutoff rises with the value's speed.
///
/// Casiez, Roussel, Vogel: 1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
/// Interactive Systems, CHI 2012, algorithms 1 and 2. The rate is that of each step, from the
/// times; the speed is taken against the last filtered value, as in the paper.
///
/// Cost: about 5 ns a value. Allocates when the number of values changes.
public struct OneEuroFilter: Sendable {
  public let settings: OneEuroSettings
  /// The last filtered values; empty before the first.
  private var filtered: [Double] = []
  /// Their filtered speeds, units a second.
  private var speeds: [Double] = []
  /// The filtered values of the moment before, where points have trusts.
  private var before: [Double] = []

  public init(_ settings: OneEuroSettings) { self.settings = settings }

  /// Forgets everything: the next values pass unchanged.
  public mutating func reset() {
    filtered.removeAll(keepingCapacity: true)
    speeds.removeAll(keepingCapacity: true)
  }

  /// Filters the coordinates of the next moment's points in place, points of little trust by those of much:
  /// of a point's own movement they follow a share, for the rest the mean movement of all, each by its trust.
  ///
  /// - Parameters:
  ///   - values: finite; n of an axis after the n of the one before.
  ///   - trusts: n, 0 to 1; none of them above 0: all points follow themselves. 1: as without.
  public mutating func filter(
    _ values: inout [Double], trusts: [Double], elapsedSeconds: Double
  ) {
    let n = trusts.count
    precondition(n > 0 && values.count % n == 0, "\(values.count) values of \(n) points")
    let isNew = filtered.count != values.count
    before.removeAll(keepingCapacity: true)
    before.append(contentsOf: filtered)
    filter(&values, elapsedSeconds: elapsedSeconds)
    let total = trusts.reduce(0, +)
    guard !isNew, total > 0 else { return }
    for axis in stride(from: 0, to: values.count, by: n) {
      var movement = 0.0
      for i in 0..<n { movement += trusts[i] * (values[axis + i] - before[axis + i]) }
      movement /= total
      for i in 0..<n where trusts[i] < 1 {
        let own = values[axis + i] - before[axis + i]
        let value = before[axis + i] + trusts[i] * own + (1 - trusts[i]) * movement
        values[axis + i] = value
        filtered[axis + i] = value
      }
    }
  }

  /// Filters the values of the next moment in place. The first values, and a list of another
  /// length than the one before, pass unchanged.
  ///
  /// - Parameters:
  ///   - values: finite.
  ///   - elapsedSeconds: since the values before; above 0.
  ///   - period: of values that go round, such as 2 pi for angles: they are filtered along the
  ///     shorter way and come out within half a period of 0.
  public mutating func filter(
    _ values: inout [Double], elapsedSeconds: Double, period: Double? = nil
  ) {
    precondition(elapsedSeconds > 0, "\(elapsedSeconds) s have passed")
    guard values.count == filtered.count else {
      reset()
      filtered.append(contentsOf: values)
      for _ in values { speeds.append(0) }
      return
    }
    let speedShare = Self.share(cutoffHertz: settings.speedCutoffHertz, elapsedSeconds)
    for i in values.indices {
      var difference = values[i] - filtered[i]
      if let period { difference -= period * (difference / period).rounded() }
      speeds[i] += speedShare * (difference / elapsedSeconds - speeds[i])
      let cutoff =
        settings.minimumCutoffHertz + settings.speedCoefficient * speeds[i].magnitude
      var value = filtered[i] + Self.share(cutoffHertz: cutoff, elapsedSeconds) * difference
      if let period { value -= period * (value / period).rounded() }
      filtered[i] = value
      values[i] = value
    }
  }

  /// alpha = 1 / (1 + tau / Te) with tau = 1 / (2 pi fc): the new value's share of the result.
  static func share(cutoffHertz: Double, _ elapsedSeconds: Double) -> Double {
    1 / (1 + 1 / (2 * .pi * cutoffHertz * elapsedSeconds))
  }
}
