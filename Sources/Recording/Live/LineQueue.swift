import SystemSupport

/// Lines on their way from a stream's thread to the thread that writes them, and the counts.
///
/// Bounded: the lines that wait have at most `capacity` bytes, and as many again are in the
/// writer's hand. What finds no room is counted as lost. All methods are thread-safe.
final class LineQueue: @unchecked Sendable {
  private let condition = Condition()
  private let clock = LogClock()
  private let capacity: Int
  private let flushSeconds: Double
  /// What lines are lost for that find no room while nothing is wrong.
  private let slowCause: LossCause
  private let slowLossLifeSeconds: Double

  // All below is the lock's.
  private var pending = LineBatch()
  /// When the oldest pending line came, monotonic seconds.
  private var oldestSeconds = 0.0
  private var stopSeconds: Double?
  private var hasEnded = false
  private var state = LineProgress()
  private var encodingProblem: RecordingError?
  private var written = 0
  private var losses = LossCounts()
  /// Lines that the writer has and has not reported yet.
  private var inHand = 0
  private var lostAtEnd = 0
  /// When a line was last lost for which no error is the reason, monotonic seconds.
  private var slowLossSeconds = -Double.infinity

  /// Pending bytes that are written at once, however young.
  private static let blockSize = 1 << 16

  /// - Parameter slowLossLifeSeconds: for how long after its last loss a destination that is too
  ///   slow counts as one that has a problem. A reader that is a little too slow loses some rows
  ///   each second: that is one trouble, not many.
  init(
    capacity: Int, flushSeconds: Double, slowCause: LossCause, slowLossLifeSeconds: Double = 10
  ) {
    self.capacity = capacity
    self.flushSeconds = flushSeconds
    self.slowCause = slowCause
    self.slowLossLifeSeconds = slowLossLifeSeconds
  }

  /// Adds the line that `encode` appends, newline included. Allocates nothing once the memory has
  /// its size.
  func add(
    at utcSeconds: Double, _ encode: (inout ByteWriter) throws(RecordingError) -> Void
  ) {
    condition.lock()
    defer { condition.unlock() }
    guard stopSeconds == nil else { return losses.add(1, .closed) }
    guard !state.isOver else { return losses.add(1, state.cause ?? slowCause) }
    let start = pending.bytes.count
    do throws(RecordingError) {
      try encode(&pending.bytes)
      encodingProblem = nil
    } catch {
      pending.bytes.cut(to: start)
      encodingProblem = error
      return losses.add(1, .wrongShape)
    }
    guard pending.bytes.count <= capacity else {
      pending.bytes.cut(to: start)
      return lose(1)
    }
    pending.endLine(at: utcSeconds)
    if pending.count == 1 {
      oldestSeconds = clock.monotonicSeconds()
      condition.broadcast()
    } else if start < Self.blockSize && pending.bytes.count >= Self.blockSize {
      condition.broadcast()
    }
  }

  /// Waits for lines that are due and swaps them against the empty `batch`; false when stopped and
  /// nothing is left. After `tickSeconds` without lines it returns an empty batch.
  func take(into batch: inout LineBatch, tickSeconds: Double?) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let tick = tickSeconds.map { clock.monotonicSeconds() + $0 }
    while true {
      if pending.count > 0 {
        let due = oldestSeconds + flushSeconds
        if stopSeconds != nil || pending.bytes.count >= Self.blockSize
          || clock.monotonicSeconds() >= due
        {
          swap(&pending, &batch)
          inHand = batch.count
          return true
        }
        _ = condition.wait(until: due)
      } else if stopSeconds != nil {
        return false
      } else if let tick {
        if !condition.wait(until: tick) { return true }
      } else {
        condition.wait()
      }
    }
  }

  /// Takes note of what became of lines. After the end nothing is: they are counted as lost.
  func report(_ progress: LineProgress) {
    condition.withLock {
      guard !hasEnded else { return }
      written += progress.written
      inHand -= progress.written + progress.lost
      if let cause = progress.cause { losses.add(progress.lost, cause) }
      state = progress
    }
  }

  /// Waits for `seconds`, or until stopped.
  func pause(seconds: Double) {
    condition.withLock {
      let end = clock.monotonicSeconds() + seconds
      while stopSeconds == nil && condition.wait(until: end) {}
    }
  }

  /// Seconds since `stop`; nil before.
  var secondsSinceStop: Double? {
    condition.withLock { stopSeconds.map { clock.monotonicSeconds() - $0 } }
  }

  /// Takes no more lines; those that are there are still to be written.
  func stop() {
    condition.withLock {
      if stopSeconds == nil { stopSeconds = clock.monotonicSeconds() }
      condition.broadcast()
    }
  }

  /// The writer's last word: it gives up what it has, and says what went wrong while it closed.
  func end(_ failure: RecordingError?) {
    condition.withLock {
      guard !hasEnded else { return }
      giveUp()
      if let failure, !state.isOver { state = LineProgress(written: 0, stoppedBy: failure) }
    }
  }

  /// Waits for the writer's end, at most `seconds`. What a writer that hangs has then is lost.
  func waitForEnd(seconds: Double) {
    condition.withLock {
      let deadline = clock.monotonicSeconds() + seconds
      while !hasEnded && condition.wait(until: deadline) {}
      if !hasEnded { giveUp() }
    }
  }

  /// Counts what was not written, for good. The lock is held.
  private func giveUp() {
    let left = inHand + pending.count
    lostAtEnd = left
    lose(left)
    inHand = 0
    pending.clear()
    hasEnded = true
    condition.broadcast()
  }

  /// Counts lines that find no room, or no taker any more. The lock is held.
  private func lose(_ lines: Int) {
    guard lines > 0 else { return }
    losses.add(lines, state.cause ?? slowCause)
    if state.problem == nil { slowLossSeconds = clock.monotonicSeconds() }
  }

  func status(kind: String, target: String) -> SinkStatus {
    condition.withLock {
      SinkStatus(
        kind: kind, target: target, written: written, lost: losses.byCause,
        lostAtEnd: lostAtEnd, problem: problem, isOver: state.isOver)
    }
  }
  /// What is wrong now. The lock is held.
  private var problem: String? {
    if let error = state.problem ?? encodingProblem { return error.description }
    guard clock.monotonicSeconds() - slowLossSeconds < slowLossLifeSeconds else { return nil }
    return LossCounts.problem(state.cause ?? slowCause)
  }
}
