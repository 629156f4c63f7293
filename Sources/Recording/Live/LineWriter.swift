import SystemSupport

/// A thread that takes lines from a queue to a destination: what CSV and NDJSON outputs have in
/// common.
///
/// The thread lives until `close`, or until the writer is let go of.
final class LineWriter: Sendable {
  private let queue: LineQueue

  /// Between two tries of a destination that something is wrong with.
  private static let retrySeconds = 1.0
  /// How long a destination that takes nothing is tried again after `close`, and how often.
  private static let patienceSeconds = 1.5
  private static let lastRetrySeconds = 0.1
  /// What `close` takes at most: a disk may be slow, a reader may be one that never ends.
  private let closeSeconds: Double

  init(
    _ destination: sending any LineDestination, name: String, capacity: Int, flushSeconds: Double,
    slowCause: LossCause
  ) {
    closeSeconds = slowCause == .diskSlow ? 5 : 2
    let queue = LineQueue(capacity: capacity, flushSeconds: flushSeconds, slowCause: slowCause)
    self.queue = queue
    let work = Work(destination: destination, queue: queue)
    SystemThread.start(name) { work.run() }
  }

  /// A sink that was not closed still writes what it has, while nobody waits for it.
  deinit { queue.stop() }

  /// Adds the line that `encode` appends.
  func add(
    at utcSeconds: Double, _ encode: (inout ByteWriter) throws(RecordingError) -> Void
  ) {
    queue.add(at: utcSeconds, encode)
  }

  func close() {
    queue.stop()
    queue.waitForEnd(seconds: closeSeconds)
  }

  func status(kind: String, target: String) -> SinkStatus {
    queue.status(kind: kind, target: target)
  }

  /// What the thread does. Only the thread touches the destination.
  private final class Work: @unchecked Sendable {
    private let destination: any LineDestination
    private let queue: LineQueue

    init(destination: any LineDestination, queue: LineQueue) {
      self.destination = destination
      self.queue = queue
    }

    func run() {
      var batch = LineBatch()
      while queue.take(into: &batch, tickSeconds: destination.tickSeconds) {
        if batch.count == 0 {
          queue.report(destination.tick())
        } else if !write(batch) {
          break
        }
        batch.clear()
      }
      queue.end(destination.finish())
    }

    /// Writes all of `batch`, however long that takes; after `close` only for a while. False where
    /// the rest is given up.
    private func write(_ batch: borrowing LineBatch) -> Bool {
      var done = 0
      while true {
        let progress = destination.write(batch, from: done)
        done += progress.written + progress.lost
        queue.report(progress)
        if done == batch.count { return true }
        if progress.isOver { return false }
        if let waited = queue.secondsSinceStop {
          if waited > patienceSeconds { return false }
          if progress.problem != nil { SystemThread.sleep(seconds: lastRetrySeconds) }
        } else if progress.problem != nil {
          queue.pause(seconds: retrySeconds)
        }
      }
    }
  }
}
