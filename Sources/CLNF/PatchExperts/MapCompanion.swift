import Dispatch
import Synchronization
import SystemSupport

/// A thread that computes response maps beside the one that fits.
///
/// Both take landmark after landmark from one counter, so neither waits for the other but for the
/// landmark that it is at, and a companion that the system wakes late only leaves more to the other.
/// The thread ends with the companion.
final class MapCompanion {
  private let exchange = Exchange()

  /// - Parameter memory: the thread's own.
  init(_ memory: consuming MapMemory) {
    let seat = Seat(memory)
    SystemThread.start("maps") { [exchange] in exchange.help(seat) }
  }

  deinit { exchange.end() }

  /// Computes all maps of `work`, this thread with `memory`; returns when nobody uses it any more.
  func share(_ work: MapWork, _ memory: borrowing MapMemory) {
    exchange.begin(work)
    exchange.takePart(in: work, memory)
    exchange.finish()
  }
}

/// The companion's memory on its way to its thread, which alone uses it.
private final class Seat: @unchecked Sendable {
  let memory: MapMemory
  init(_ memory: consuming MapMemory) { self.memory = memory }
}

/// Where the two threads meet.
private final class Exchange: Sendable {
  private struct State: @unchecked Sendable {
    /// Its pointers are good until `finish` returns.
    var work: MapWork?
    var isHelping = false
    var isAwaited = false
    var hasEnded = false
  }

  private let state = Mutex(State())
  /// The next landmark that nobody computes yet.
  private let next = Atomic(0)
  /// Once for every work, and for the end.
  private let begun = DispatchSemaphore(value: 0)
  /// Once the companion has left a work that is awaited.
  private let left = DispatchSemaphore(value: 0)

  func begin(_ work: MapWork) {
    state.withLock { state in
      next.store(0, ordering: .relaxed)
      state.work = work
    }
    begun.signal()
  }

  func takePart(in work: MapWork, _ memory: borrowing MapMemory) {
    while true {
      let landmark = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard landmark < work.landmarkCount else { return }
      work.compute(landmark, memory)
    }
  }

  /// Takes the work away, and waits until the companion has left it.
  func finish() {
    let isHelping = state.withLock { state in
      state.work = nil
      state.isAwaited = state.isHelping
      return state.isHelping
    }
    if isHelping { left.wait() }
  }

  func end() {
    state.withLock { $0.hasEnded = true }
    begun.signal()
  }

  /// The companion's thread.
  func help(_ seat: Seat) {
    while true {
      begun.wait()
      let (work, hasEnded) = state.withLock { state in
        state.isHelping = state.work != nil
        return (state.work, state.hasEnded)
      }
      // What was done before it woke needs no help.
      if let work { takePart(in: work, seat.memory) }
      if hasEnded { return }
      let isAwaited = state.withLock { state in
        defer { state.isAwaited = false }
        state.isHelping = false
        return state.isAwaited
      }
      if isAwaited { left.signal() }
    }
  }
}
