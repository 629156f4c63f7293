import Glibc

/// The system's clocks.
public enum Clocks {
  /// CLOCK_MONOTONIC, which nobody sets: the clock of `TrackedFrame.captureSeconds`.
  public static var monotonicNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  public static var monotonicSeconds: Double { Double(monotonicNanoseconds) * 1e-9 }

  /// Seconds since 1970-01-01T00:00:00Z.
  public static var realtimeSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
