import SystemSupport

/// The time that a service goes by: seconds of the system's monotonic clock, the clock of
/// `TrackedFrame.captureSeconds`.
public struct ServiceClock: Sendable {
  public let now: @Sendable () -> Double

  public init(now: @escaping @Sendable () -> Double) { self.now = now }

  /// CLOCK_MONOTONIC.
  public static let monotonic = ServiceClock { Clocks.monotonicSeconds }
}
