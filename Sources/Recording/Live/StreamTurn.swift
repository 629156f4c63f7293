import Synchronization
import SystemSupport

/// Whose line is under way on a descriptor that several outputs share: standard output takes a line
/// in pieces, and another's must not come between. Thread-safe.
final class StreamTurn: @unchecked Sendable {
  private let condition = Condition()
  private let clock = LogClock()
  private var isTaken = false

  private static let turns = Mutex<[Int32: StreamTurn]>([:])

  /// The turn that all outputs to `descriptor` share.
  static func of(_ descriptor: Int32) -> StreamTurn {
    turns.withLock { turns in
      if let turn = turns[descriptor] { return turn }
      let turn = StreamTurn()
      turns[descriptor] = turn
      return turn
    }
  }

  /// Waits for the turn, at most `seconds`; whether it is the caller's now.
  func take(waitingAtMost seconds: Double) -> Bool {
    condition.withLock {
      let deadline = clock.monotonicSeconds() + seconds
      while isTaken {
        guard condition.wait(until: deadline) else { return false }
      }
      isTaken = true
      return true
    }
  }

  func giveBack() {
    condition.withLock {
      isTaken = false
      condition.broadcast()
    }
  }
}
