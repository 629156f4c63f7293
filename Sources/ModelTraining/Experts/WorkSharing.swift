import Dispatch
import Synchronization

/// Independent pieces of work, shared among threads.
public enum WorkSharing {
  /// The results of `work` for 0 ..< count, in order; each is computed by one of `threads` threads,
  /// which take the next piece when they are free. `finished` is called after each piece, by one
  /// thread at a time, with how many are done.
  static func map<Output: Sendable>(
    count: Int, threads: Int, finished: (@Sendable (Int) -> Void)? = nil,
    _ work: @escaping @Sendable (Int) -> Output
  ) -> [Output] {
    results(count: count, threads: threads, worker: {}, finished: finished) { _, index in
      work(index)
    }
  }

  /// The same where a thread needs something of its own, which `worker` makes, and where work can fail:
  /// then the first failure, by number, is thrown when all is done.
  /// - Parameters:
  ///   - threads: what makes no difference to the results.
  ///   - work: must not depend on what the worker did before.
  public static func map<Worker, Output: Sendable>(
    count: Int, threads: Int, worker: @escaping @Sendable () throws -> Worker,
    finished: (@Sendable (Int) -> Void)? = nil,
    _ work: @escaping @Sendable (Worker, Int) throws -> Output
  ) throws -> [Output] {
    try results(
      count: count, threads: threads, worker: { Result { try worker() } }, finished: finished
    ) { own, index in
      Result { try work(own.get(), index) }
    }.map { try $0.get() }
  }

  private static func results<Worker, Output: Sendable>(
    count: Int, threads: Int, worker: @escaping @Sendable () -> Worker,
    finished: (@Sendable (Int) -> Void)?, _ work: @escaping @Sendable (Worker, Int) -> Output
  ) -> [Output] {
    let state = Mutex(State<Output>(results: [Output?](repeating: nil, count: count)))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
      let own = worker()
      while let index = state.withLock({ $0.take() }) {
        let result = work(own, index)
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

    /// The next piece that nobody has taken; nil: all are.
    mutating func take() -> Int? {
      guard next < results.count else { return nil }
      next += 1
      return next - 1
    }
  }
}
