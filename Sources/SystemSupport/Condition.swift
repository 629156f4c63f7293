import Glibc

/// A lock, and a condition that threads wait for under it.
///
/// What it guards is touched between `lock` and `unlock` alone. A wait may end with nothing changed: look
/// again, and wait again.
public final class Condition: @unchecked Sendable {
  // Both have one place for as long as they live.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Times of waits do not follow a clock that is set.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  public func lock() { pthread_mutex_lock(mutex) }
  public func unlock() { pthread_mutex_unlock(mutex) }

  public func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  /// Gives the lock up until somebody signals; has it again on return.
  public func wait() { pthread_cond_wait(condition, mutex) }

  /// As `wait`, at most until `Clocks.monotonicSeconds` are these; false when that came first.
  @discardableResult
  public func wait(until seconds: Double) -> Bool {
    // 1e9: thirty years. A wait has no place in the past.
    let bounded = max(0, min(seconds, 1e9))
    let whole = bounded.rounded(.down)
    var time = timespec(tv_sec: Int(whole), tv_nsec: Int((bounded - whole) * 1e9))
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  public func signal() { pthread_cond_signal(condition) }
  public func broadcast() { pthread_cond_broadcast(condition) }
}
