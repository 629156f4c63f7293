import Foundation

/// A thread that takes lines from a queue to a destination: what CSV and NDJSON outputs have in
/// common.
///
/// The thread lives until `close`, or until the writer is let go of.
final class LineWriter: Sendable {
  private let queue: LineQueue

  /// Between two tries of a destination that something is wrong with.
  private static let retrySeconds = 1.0
  /// How long a destination that takes nothing is waited for after `close`.
  private static let patienceSeconds = 4.0
  /// What `close` takes at most.
  private static let closeSeconds = 5.0

  init(
    _ destination: sending any LineDestination, name: String, capacity: Int, flushSeconds: Double,
    slowCause: LossCause
  ) {
    let queue = LineQueue(capacity: capacity, flushSeconds: flushSeconds, slowCause: slowCause)
    self.queue = queue
    let work = Work(destination: destination, queue: queue)
    let thread = Thread { work.run() }
    thread.name = name
    thread.start()
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
    queue.waitForEnd(seconds: Self.closeSeconds)
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
        } else if let left = write(batch) {
          return queue.end(abandoning: left, destination.finish())
        }
        batch.clear()
      }
      queue.end(abandoning: 0, destination.finish())
    }

    /// Writes all of `batch`, however long that takes; after `close` only for a while. Returns the
    /// number of lines that are given up, nil where all are done with.
    private func write(_ batch: borrowing LineBatch) -> Int? {
      var done = 0
      var triesAfterStop = 0
      while true {
        let progress = destination.write(batch, from: done)
        done += progress.written + progress.lost
        queue.report(progress)
        if done == batch.count { return nil }
        if progress.isOver { return batch.count - done }
        if let waited = queue.secondsSinceStop {
          triesAfterStop += 1
          let isHopeless = progress.problem != nil && triesAfterStop > 1
          if isHopeless || waited > patienceSeconds { return batch.count - done }
        } else if progress.problem != nil {
          queue.pause(seconds: retrySeconds)
        }
      }
    }
  }
}
