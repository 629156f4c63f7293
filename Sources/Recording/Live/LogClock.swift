import SystemSupport

/// The clocks that a live output looks at; tests hand in their own.
struct LogClock: Sendable {
  /// Seconds of CLOCK_MONOTONIC: the clock of `TrackedFrame.captureSeconds`.
  var monotonicSeconds: @Sendable () -> Double = { Clocks.monotonicSeconds }
  /// Seconds since 1970-01-01T00:00:00Z.
  var utcSeconds: @Sendable () -> Double = { Clocks.realtimeSeconds }
}

extension LogClock {
  /// From the capture of the frame's picture to now; nil where the capture's time is not known.
  func latencySeconds(since captureSeconds: Double?) -> Double? {
    captureSeconds.map { monotonicSeconds() - $0 }
  }
}
