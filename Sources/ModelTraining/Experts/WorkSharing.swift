import Dispatch
import Synchronization

/// Independent pieces of work, shared among threads.
enum WorkSharing {
  /// The results of `work` for 0 ..< count, in order; each is computed by one of `threads` threads,
  /// which take the next piece when they are free. `finished` is called after each piece, by one
  /// thread at a time, with how many are done.
  static func map<Output: Sendable>(
    count: Int, threads: Int, finished: (@Sendable (Int) -> Void)? = nil,
    _ work: @escaping @Sendable (Int) -> Output
  ) -> [Output] {
    let state = Mutex(State<Output>(results: [Output?](repeating: nil, count: count)))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
      while true {
        let index = state.withLock { state -> Int? in
          guard state.next < count else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let index else { return }
        let result = work(index)
        state.withLock { state in
          state.results[index] = result
          state.done += 1
          finished?(state.done)
        }
      }
    }
    return state.withLock { $0.results.compactMap { $0 } }
  }

  private struct State<Output> {
    var next = 0
    var done = 0
    var results: [Output?]
  }
}
