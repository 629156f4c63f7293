/// Maps a network stream's time stamps to the moments at which its pictures were taken.
///
/// The stream's stamps are exact against each other but say nothing of our clock; arrival is of our
/// clock but late, by an amount that varies. The smallest delay seen is the best guess of the
/// constant part: capture = stamp + min(arrival - stamp). The minimum is taken over the last 30 to 60
/// seconds, so that it follows a sender whose clock runs faster or slower (100 ppm are 6 ms a
/// minute). What the network needs at the least is not seen: captures are late by that.
///
/// Where the sender says when its pictures are taken (RTCP sender reports), that is believed if it
/// can be true: not after the arrival, and at most 10 s before it.
///
/// Stamps that do not run as time does are not believed (`StampTrust`): then pictures were taken when
/// they arrived.
///
/// All times in seconds; stamps from anywhere, arrivals of the monotonic clock.
struct StreamClock {
  /// Smallest delay of the half window before and of the current one.
  private var delays = (before: Double.infinity, current: Double.infinity)
  private var windowStart = 0.0
  private var begin: Double?
  private var last: (stamp: Double, arrival: Double)?
  /// What the sender says: capture minus stamp.
  private var stated: Double?
  /// Capture minus stamp, as it is used now.
  private var offset: Double?
  private var lastMapped: (capture: Double, stamp: Double)?
  private var usualStep = 0.0
  /// When the smallest delay last became notably smaller, while the stream was young.
  private var lastFall = 0.0
  private var trust = StampTrust()

  /// Why stamps are not believed; nil while they are.
  var doubt: StampTrust.Doubt? { trust.doubt }
  /// By how much earlier than it was said the pictures before the last one were taken: the first ones
  /// of a burst look as if they had been on their way for no time.
  private(set) var correction = 0.0

  private static let halfWindow = 30.0
  /// Stamps of packets go back by some frames where pictures are sent in decoding order.
  private static let largestStepBack = 0.5
  private static let largestLead = 1.0
  private static let largestStatedDelay = 10.0
  /// The offset moves by at most this share of the time that passes, so that the times of frames
  /// keep their distances; while the stream settles, and where it is off by a second, at once.
  private static let slew = 0.1
  /// A stream settles until the smallest delay has not fallen by this for a second: it may begin with
  /// what was buffered before, at any speed.
  private static let notableFall = 0.005
  private static let longestSettling = 30.0

  /// Takes in a packet. Returns whether the stream's time jumped: its stamps went back, or ahead of
  /// what really passed. The mapping then begins anew. Stamps that are not believed do not jump.
  ///
  /// - Parameters:
  ///   - statedCapture: what the sender says, already on our monotonic clock.
  ///   - waited: how long the packet was waited for; nil: since the one before.
  mutating func note(
    stamp: Double, arrival: Double, statedCapture: Double? = nil, waited: Double? = nil
  ) -> Bool {
    let wasBelieved = trust.doubt == nil
    var isJump = false
    if let last {
      let step = stamp - last.stamp
      isJump =
        step < -Self.largestStepBack || step > arrival - last.arrival + Self.largestLead
    }
    if isJump {
      trust.noteJump(arrival: arrival)
    } else {
      trust.note(
        stamp: stamp, arrival: arrival, waited: waited ?? (last.map { arrival - $0.arrival } ?? 0))
    }
    if isJump || wasBelieved != (trust.doubt == nil) { beginAnew() }
    last = (stamp, arrival)
    if begin == nil {
      begin = arrival
      windowStart = arrival
      lastFall = arrival
    } else if arrival - stamp < min(delays.before, delays.current) - Self.notableFall {
      lastFall = arrival
    }
    if arrival - windowStart >= Self.halfWindow {
      delays = (delays.current, .infinity)
      windowStart = arrival
    }
    delays.current = min(delays.current, arrival - stamp)
    if let statedCapture {
      let delay = arrival - statedCapture
      stated = delay >= 0 && delay <= Self.largestStatedDelay ? statedCapture - stamp : nil
    }
    return isJump && wasBelieved && trust.doubt == nil
  }

  private mutating func beginAnew() {
    let trust = trust
    self = StreamClock()
    self.trust = trust
  }

  /// Whether the mapping may still move by as much as it wants.
  private func settles(at arrival: Double) -> Bool {
    guard let begin else { return true }
    return arrival - lastFall <= 1 && arrival - begin < Self.longestSettling
  }

  /// When the picture with `stamp` was taken; never after `arrival`. Without a stamp it is continued
  /// from the picture before.
  mutating func captureSeconds(stamp: Double?, arrival: Double) -> Double {
    correction = 0
    if trust.doubt != nil { return arrival }
    guard let stamp else {
      guard let before = lastMapped, usualStep > 0, before.capture + usualStep < arrival,
        arrival - before.capture < 1
      else { return arrival }
      lastMapped = (before.capture + usualStep, before.stamp + usualStep)
      return before.capture + usualStep
    }
    let target = stated ?? min(delays.before, delays.current)
    guard target.isFinite else { return arrival }
    var used = target
    if let offset, let before = lastMapped {
      if settles(at: arrival) || abs(target - offset) >= 1 {
        correction = max(0, offset - target)
      } else {
        let most = Self.slew * max(0, stamp - before.stamp)
        used = offset + min(max(target - offset, -most), most)
      }
    }
    offset = used
    let capture = min(stamp + used, arrival)
    if let before = lastMapped, stamp > before.stamp, stamp - before.stamp < 1 {
      usualStep = stamp - before.stamp
    }
    lastMapped = (capture, stamp)
    return capture
  }
}
