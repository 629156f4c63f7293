import Dispatch
import Synchronization

/// Several pieces of work, each done by one thread.
public protocol TeamWork: AnyObject, Sendable {
  /// Does piece `index`. `member` is the thread's number in the team: 0 for the one that asks, then the helpers.
  /// No two threads with one number are at it at a time.
  func perform(_ index: Int, by member: Int)
}

/// Threads that do pieces of work beside the one that asks, which does its share: what comes of it does not
/// depend on how many there are. They end with the team. Allocates nothing.
public final class WorkTeam {
  private let exchange: Exchange

  /// - Parameters:
  ///   - name: of what they do, up to 12 bytes: the threads are called by it and their numbers.
  ///   - helpers: threads beside the one that asks, at least 0.
  public init(_ name: String, helpers: Int) {
    exchange = Exchange(helpers: helpers)
    for member in 1..<max(1, helpers + 1) {
      SystemThread.start("\(name) \(member + 1)") { [exchange] in exchange.help(member) }
    }
  }

  deinit { exchange.end() }

  /// Returns when all pieces are done. One thread at a time.
  public func perform(_ count: Int, of work: any TeamWork) {
    guard count > 1, exchange.helpers > 0 else {
      for index in 0..<max(0, count) { work.perform(index, by: 0) }
      return
    }
    exchange.begin(work, count)
    exchange.takePart(in: work, count, as: 0)
    exchange.finish()
  }
}

/// Where the threads meet.
private final class Exchange: Sendable {
  private struct State {
    var work: (any TeamWork)?
    var count = 0
    /// Threads that are at it.
    var helping = 0
    var isAwaited = false
    var hasEnded = false
  }

  let helpers: Int
  private let state = Mutex(State())
  /// The next piece that nobody does yet.
  private let next = Atomic(0)
  /// Once for each thread and work, and for the end.
  private let begun = DispatchSemaphore(value: 0)
  /// Once the last thread has left a work that is awaited.
  private let left = DispatchSemaphore(value: 0)

  init(helpers: Int) { self.helpers = max(0, helpers) }

  func begin(_ work: any TeamWork, _ count: Int) {
    state.withLock { state in
      next.store(0, ordering: .relaxed)
      state.work = work
      state.count = count
    }
    for _ in 0..<min(helpers, count - 1) { begun.signal() }
  }

  func takePart(in work: any TeamWork, _ count: Int, as member: Int) {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      work.perform(index, by: member)
    }
  }

  /// Takes the work away, and waits until all have left it.
  func finish() {
    let isHelping = state.withLock { state in
      state.work = nil
      state.isAwaited = state.helping > 0
      return state.isAwaited
    }
    if isHelping { left.wait() }
  }

  func end() {
    state.withLock { $0.hasEnded = true }
    for _ in 0..<helpers { begun.signal() }
  }

  /// A helper's thread.
  func help(_ member: Int) {
    while true {
      begun.wait()
      let (work, count, hasEnded) = state.withLock { state in
        if state.work != nil { state.helping += 1 }
        return (state.work, state.count, state.hasEnded)
      }
      // What was done before it woke needs no help.
      if let work {
        takePart(in: work, count, as: member)
        let isLast = state.withLock { state in
          state.helping -= 1
          guard state.isAwaited, state.helping == 0 else { return false }
          state.isAwaited = false
          return true
        }
        if isLast { left.signal() }
      }
      if hasEnded { return }
    }
  }
}
