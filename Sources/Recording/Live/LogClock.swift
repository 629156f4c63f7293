import Glibc

/// The clocks that a live output looks at; tests hand in their own.
struct LogClock: Sendable {
  /// Seconds of CLOCK_MONOTONIC: the clock of `TrackedFrame.captureSeconds`.
  var monotonicSeconds: @Sendable () -> Double = { LogClock.read(CLOCK_MONOTONIC) }
  /// Seconds since 1970-01-01T00:00:00Z.
  var utcSeconds: @Sendable () -> Double = { LogClock.read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension LogClock {
  /// From the capture of the frame's picture to now; nil where the capture's time is not known.
  func latencySeconds(since captureSeconds: Double?) -> Double? {
    captureSeconds.map { monotonicSeconds() - $0 }
  }
}
