/// Until when a frame may be waited with: what comes as a burst is spread as it was taken.
///
/// A frame is due when it arrives, or as long after the frame before was due as it was taken after it,
/// whichever is later. A source that delivers steadily has every frame due at its arrival. Times in
/// seconds of the monotonic clock.
struct FrameSchedule {
  struct Place: Equatable {
    /// From here on a newer frame that is due takes its place.
    var due: Double
    /// Not to be given before.
    var release: Double
  }

  /// Frames that came early are given this much faster than they were taken, so that what a stall
  /// held up is caught up with.
  private static let pace = 0.95
  /// A frame that comes earlier than it is due by this is part of a burst, and below the other it is
  /// not any more.
  private static let burst = (begin: 0.5, end: 0.1)
  /// Bursts that come again within this are the source's way: then frames are given evenly. One alone
  /// is what a stall held up: then frames are given as fast as they are wanted.
  private static let memory = 60.0

  private let bufferSeconds: Double
  private var lastDue: Double?
  private var isInBurst = false
  private var lastBurst = -Double.infinity
  private var burstBefore = -Double.infinity

  /// - Parameter bufferSeconds: frames that would be due later are due then; newer ones win.
  init(bufferSeconds: Double) { self.bufferSeconds = bufferSeconds }

  /// - Parameters:
  ///   - step: since the frame before, as the source counts.
  ///   - startsAnew: it has nothing to do with the frame before.
  ///   - longestLead: how much later than it came it can be due at most.
  mutating func place(
    arrival: Double, step: Double, startsAnew: Bool, longestLead: Double = .infinity
  ) -> Place {
    guard let lastDue, !startsAnew else {
      self.lastDue = arrival
      return Place(due: arrival, release: arrival)
    }
    let latest = arrival + min(bufferSeconds, longestLead)
    let due = min(max(arrival, lastDue + Self.pace * max(0, step)), latest)
    self.lastDue = due
    let lead = due - arrival
    if lead > Self.burst.begin, !isInBurst {
      isInBurst = true
      (burstBefore, lastBurst) = (lastBurst, arrival)
    } else if lead < Self.burst.end {
      isInBurst = false
    }
    let isPaced = arrival - burstBefore < Self.memory
    return Place(due: due, release: isPaced ? due : arrival)
  }
}
