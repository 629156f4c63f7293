import SystemSupport

/// What `LiveCapture.next` found.
public enum Arrival: Sendable, Equatable {
  /// A new frame. `startsAnew`: it does not continue the one before (the first frame, a reconnect,
  /// another size, a gap of several times the usual distance); a tracker has to begin again.
  case frame(startsAnew: Bool)
  /// No frame within the time.
  case nothing
  /// The capture was stopped.
  case stopped
}

/// Where frames lie until they are taken: those that came before they are due in their order, else
/// the newest alone.
///
/// Frames are swapped, never copied, and their memory is used again. Safe between one thread that
/// puts and one that takes.
final class FrameQueue: @unchecked Sendable {
  /// How much may wait.
  struct Bounds: Sendable {
    /// How much later than it came a frame may be given. 0: the newest always wins.
    var seconds = 10.0
    /// Pictures that wait, together. Beyond it the source is not read: the network holds the rest.
    var bytes = 128 << 20
    var frames = 1024
    /// For so long, and at most twice as long, the memory of frames is kept that a burst had needed.
    var spareSeconds = 30.0
  }

  /// How a frame came.
  struct Entry {
    /// It has nothing to do with the frame before.
    var startsAnew = false
    /// Its times are of its arrival: they do not say how frames that came together are to be spread.
    var isTimedByArrival = false
    /// Which run of the capture it is of.
    var run = 0
  }

  private final class Waiting {
    var frame = VideoFrame()
    var place = FrameSchedule.Place(due: 0, release: 0)
    var startsAnew = false
    var bytes = 0
  }

  private let changed = Condition()
  private let bounds: Bounds
  // All below belongs to the condition.
  private var waiting: [Waiting] = []
  private var free: [Waiting] = []
  private var peaks = WaitingPeaks()
  private var bytes = 0
  private var schedule: FrameSchedule
  private var steps = ArrivalSteps()
  private var lastPut: Double?
  private var dropCount = 0
  private var run = 0
  private var isClosed = false
  private var lastTaken: (seconds: Double, width: Int, height: Int)?
  private var rate = FrameRate()

  init(_ bounds: Bounds = Bounds()) {
    self.bounds = bounds
    schedule = FrameSchedule(bufferSeconds: bounds.seconds)
  }

  /// Frames that were let go because newer ones were due.
  var dropped: Int { changed.withLock { dropCount } }

  /// From now on only frames of this run are taken in.
  func accept(run: Int) {
    changed.withLock {
      self.run = run
      changed.broadcast()
    }
  }

  /// Lays `newest` behind the others and gives back a frame whose memory may be filled. Where too
  /// much waits, it waits for room: until a frame is taken or the next is due. Returns false, and
  /// nothing done, where the frame is not wanted any more.
  func put(_ newest: inout VideoFrame, _ entry: Entry) -> Bool {
    changed.lock()
    defer { changed.unlock() }
    let size = newest.grey.width * newest.grey.height * (newest.hasColour ? 4 : 1)
    while !isClosed, entry.run == run, isFull(with: size) {
      if !dropOverdue() { changed.wait(until: waiting[1].place.due) }
    }
    guard !isClosed, entry.run == run else { return false }
    let item = free.popLast() ?? Waiting()
    item.place = place(newest, entry)
    item.startsAnew = entry.startsAnew
    item.bytes = size
    swap(&item.frame, &newest)
    waiting.append(item)
    peaks.see(waiting.count)
    bytes += size
    dropOverdue()
    changed.broadcast()
    return true
  }

  private func isFull(with size: Int) -> Bool {
    waiting.count >= 2 && (waiting.count >= bounds.frames || bytes + size > bounds.bytes)
  }

  private func place(_ frame: borrowing VideoFrame, _ entry: Entry) -> FrameSchedule.Place {
    let now = Clocks.monotonicSeconds
    let seconds = frame.timestampSeconds
    steps.add(now, startsAnew: entry.startsAnew)
    let step = entry.isTimedByArrival ? steps.mean : seconds - (lastPut ?? seconds)
    lastPut = seconds
    return schedule.place(
      arrival: now, step: step, startsAnew: entry.startsAnew,
      longestLead: entry.isTimedByArrival ? steps.silence : .infinity)
  }

  /// Lets frames go after which another one is due. Returns whether there were any.
  @discardableResult
  private func dropOverdue() -> Bool {
    let now = Clocks.monotonicSeconds
    var overdue = 0
    while overdue + 1 < waiting.count, waiting[overdue + 1].place.due <= now {
      // What the dropped frame began is begun by the next.
      waiting[overdue + 1].startsAnew =
        waiting[overdue + 1].startsAnew || waiting[overdue].startsAnew
      overdue += 1
    }
    guard overdue > 0 else { return false }
    for item in waiting[..<overdue] { release(item) }
    waiting.removeFirst(overdue)
    dropCount += overdue
    return true
  }

  private func release(_ item: Waiting) {
    bytes -= item.bytes
    free.append(item)
    peaks.turn(at: Clocks.monotonicSeconds, every: bounds.spareSeconds)
    // One for a frame that comes while as many wait as ever did.
    let spare = waiting.count + free.count - peaks.most - 1
    if spare > 0 { free.removeFirst(min(spare, free.count)) }
  }

  /// Frames whose memory waits to be filled.
  var spareCount: Int { changed.withLock { free.count } }

  /// Exchanges `wanted` for the next frame, waiting for it at most `seconds`.
  func take(into wanted: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival {
    let deadline = Clocks.monotonicSeconds + min(max(seconds, 0), 1e6)
    changed.lock()
    defer { changed.unlock() }
    while !isClosed {
      dropOverdue()
      let now = Clocks.monotonicSeconds
      if let first = waiting.first, first.place.release <= now { return give(first, &wanted) }
      guard now < deadline else { return .nothing }
      changed.wait(until: min(deadline, waiting.first?.place.release ?? deadline))
    }
    return .stopped
  }

  private func give(_ item: Waiting, _ wanted: inout VideoFrame) -> Arrival {
    swap(&item.frame, &wanted)
    waiting.removeFirst()
    release(item)
    changed.broadcast()
    let startsAnew = beginsAnew(wanted, item.startsAnew)
    wanted.usualStepSeconds = rate.usualSeconds
    return .frame(startsAnew: startsAnew)
  }

  private func beginsAnew(_ taken: borrowing VideoFrame, _ startsAnew: Bool) -> Bool {
    let new = (
      seconds: taken.timestampSeconds, width: taken.grey.width, height: taken.grey.height
    )
    defer { lastTaken = new }
    guard let last = lastTaken else { return true }
    // The time from one connection to the next says nothing of the source's rate.
    if startsAnew { return true }
    return rate.isGap(new.seconds - last.seconds)
      || (new.width, new.height) != (last.width, last.height)
  }

  /// Wakes who waits; from now on there are no frames.
  func close() {
    changed.withLock {
      isClosed = true
      changed.broadcast()
    }
  }
}

/// How many frames waited at most in this stretch of time and in the one before it.
private struct WaitingPeaks {
  private var before = 0
  private var current = 0
  private var end: Double?

  var most: Int { max(before, current) }

  mutating func see(_ count: Int) { current = max(current, count) }

  mutating func turn(at now: Double, every seconds: Double) {
    guard let end else {
      end = now + seconds
      return
    }
    guard now >= end else { return }
    (before, current) = (current, 0)
    self.end = now + seconds
  }
}

/// How frames arrived over the last seconds: what stands for how they were taken where they do not
/// say it.
private struct ArrivalSteps {
  /// Seconds over which frames are counted.
  private static let span = 4.0
  private var start: Double?
  private var last = 0.0
  private var count = 0
  /// The mean distance; 0 before it is known.
  private(set) var mean = 0.0
  private var longest = (before: 0.0, current: 0.0)

  /// The longest silence: frames that were held up and came together were taken within it.
  var silence: Double { max(longest.before, longest.current) }

  mutating func add(_ arrival: Double, startsAnew: Bool) {
    guard let start, !startsAnew else {
      self = ArrivalSteps()
      start = arrival
      last = arrival
      return
    }
    longest.current = max(longest.current, arrival - last)
    last = arrival
    count += 1
    guard arrival - start >= Self.span else { return }
    mean = (arrival - start) / Double(count)
    longest = (longest.current, 0)
    self.start = arrival
    count = 0
  }
}
