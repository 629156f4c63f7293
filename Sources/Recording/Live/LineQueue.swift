/// Lines on their way from a stream's thread to the thread that writes them, and the counts.
///
/// Bounded: the lines that wait have at most `capacity` bytes, and as many again are in the
/// writer's hand. What finds no room is counted as lost. All methods are thread-safe.
final class LineQueue: @unchecked Sendable {
  private let condition = MonotonicCondition()
  private let clock = LogClock()
  private let capacity: Int
  private let flushSeconds: Double
  /// What lines are lost for that find no room while nothing is wrong.
  private let slowCause: LossCause

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

  /// Pending bytes that are written at once, however young.
  private static let blockSize = 1 << 16

  init(capacity: Int, flushSeconds: Double, slowCause: LossCause) {
    self.capacity = capacity
    self.flushSeconds = flushSeconds
    self.slowCause = slowCause
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
      return losses.add(1, state.cause ?? slowCause)
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

  /// Takes note of what became of lines.
  func report(_ progress: LineProgress) {
    condition.withLock {
      written += progress.written
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

  /// The writer's last word: what it gives up, and what went wrong while it closed.
  func end(abandoning lines: Int, _ failure: RecordingError?) {
    condition.withLock {
      losses.add(lines + pending.count, state.cause ?? slowCause)
      pending.clear()
      if let failure, !state.isOver { state = LineProgress(written: 0, stoppedBy: failure) }
      hasEnded = true
      condition.broadcast()
    }
  }

  /// Waits for the writer's end, at most `seconds`.
  func waitForEnd(seconds: Double) {
    condition.withLock {
      let deadline = clock.monotonicSeconds() + seconds
      while !hasEnded && condition.wait(until: deadline) {}
    }
  }

  func status(kind: String, target: String) -> SinkStatus {
    condition.withLock {
      SinkStatus(
        kind: kind, target: target, written: written, lost: losses.byCause,
        problem: (state.problem ?? encodingProblem)?.description, isOver: state.isOver)
    }
  }
}
