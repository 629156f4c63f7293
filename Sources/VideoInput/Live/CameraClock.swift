/// Finds out which clock a camera's time stamps are of.
///
/// V4L2 drivers stamp with the monotonic clock (UVC and nearly all others), a few old ones with the
/// wall clock, loopback devices with whatever their writer gave, or nothing. libavdevice hands the
/// stamp on as it is (`ts=default`) without the flag that says which, so it is told by its value:
/// the two clocks are decades apart.
struct CameraClock {
  private enum Kind { case monotonic, realtime }
  /// Known once a stamp has been seen that fits; a camera does not change its clock.
  private var kind: Kind?

  /// A frame that waited longer for us than this is not believed. Seconds.
  private static let longestWait = 60.0
  /// Stamps of the end of a frame's readout may be a little ahead of our look at the clock.
  private static let allowance = 0.1

  /// When a frame was taken, in seconds of the monotonic clock, never after `now`.
  ///
  /// - Parameters:
  ///   - stamp: the driver's, in seconds; nil without one.
  ///   - now: of the monotonic clock, when the frame was handed over.
  ///   - realtime: of the wall clock, at the same moment.
  mutating func captureSeconds(stamp: Double?, now: Double, realtime: Double) -> Double {
    guard let stamp else { return now }
    func fits(_ clock: Double) -> Bool {
      stamp <= clock + Self.allowance && stamp >= clock - Self.longestWait
    }
    if kind == nil {
      if fits(now) { kind = .monotonic } else if fits(realtime) { kind = .realtime }
    }
    switch kind {
    case .monotonic where fits(now): return min(stamp, now)
    case .realtime where fits(realtime): return min(now - (realtime - stamp), now)
    default: return now
    }
  }
}
