import Glibc

/// Seconds of the system's monotonic clock, the clock of `TrackedFrame.captureSeconds`.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
