import Glibc
import Synchronization
import SystemSupport

/// A flag that ends blocking reads. Thread-safe; setting it is also safe in a signal handler.
public final class Interruption: Sendable {
  private let flag = Atomic<Bool>(false)
  private let outer: Interruption?

  public init() { outer = nil }

  /// A part of `outer`: interrupted with it, but also by itself.
  public init(within outer: Interruption) { self.outer = outer }

  /// Ends what is being read and everything that would be read afterwards.
  public func interrupt() { flag.store(true, ordering: .releasing) }

  public var isInterrupted: Bool {
    flag.load(ordering: .acquiring) || (outer?.isInterrupted ?? false)
  }
}

/// Watches one input's blocking calls: asked by FFmpeg, and by our own reading of descriptors,
/// whether to give up because of an interruption or a deadline.
final class IOWatch: Sendable {
  enum Verdict { case goOn, interrupted, expired }

  let interruption: Interruption
  private let deadlineNanoseconds = Atomic<UInt64>(.max)

  init(_ interruption: Interruption) { self.interruption = interruption }

  /// From now on `verdict` is `.expired` after `seconds`.
  func start(seconds: Double) {
    let nanoseconds = UInt64(min(max(seconds, 0), 1e9) * 1e9)
    deadlineNanoseconds.store(Clocks.monotonicNanoseconds &+ nanoseconds, ordering: .relaxed)
  }

  var verdict: Verdict {
    if interruption.isInterrupted { return .interrupted }
    let now = Clocks.monotonicNanoseconds
    return now >= deadlineNanoseconds.load(ordering: .relaxed) ? .expired : .goOn
  }
}
