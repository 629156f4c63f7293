import Dispatch
import Synchronization
import SystemSupport

/// One thread's time with a source: from its start until it is told to end, or hangs and is left to
/// itself. Thread-safe.
final class CaptureRun: Sendable {
  /// What the thread does, which may take as long as is said and not longer.
  enum Step: String { case open, read }

  let number: Int
  let interruption: Interruption
  private let due = Atomic<UInt64>(.max)
  private let isOpening = Atomic<Bool>(true)
  private let ended = DispatchSemaphore(value: 0)

  init(number: Int, within outer: Interruption) {
    self.number = number
    interruption = Interruption(within: outer)
  }

  /// The thread begins something that calls what is not ours and may not come back.
  func begin(_ step: Step, seconds: Double) {
    isOpening.store(step == .open, ordering: .relaxed)
    let nanoseconds = UInt64(min(max(seconds, 0), 1e9) * 1e9)
    due.store(Clocks.monotonicNanoseconds &+ nanoseconds, ordering: .releasing)
  }

  /// The thread came back.
  func cameBack() { due.store(.max, ordering: .releasing) }

  /// What it hangs in; nil while it does not.
  var hangsIn: Step? {
    guard Clocks.monotonicNanoseconds > due.load(ordering: .acquiring) else { return nil }
    return isOpening.load(ordering: .relaxed) ? .open : .read
  }

  func end() { ended.signal() }

  /// Waits for the thread's end.
  func wait(atMost seconds: Double) {
    // Handed on, so that every caller waits for the one end.
    if ended.wait(timeout: .now() + seconds) == .success { ended.signal() }
  }
}
