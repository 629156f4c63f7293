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

  /// As `wait`, at most until `deadline`; false when that has passed.
  public func wait(until deadline: Deadline) -> Bool {
    var time = deadline.time
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  public func signal() { pthread_cond_signal(condition) }
  public func broadcast() { pthread_cond_broadcast(condition) }

  /// A time of the clock that nobody sets.
  public struct Deadline: Sendable {
    fileprivate let time: timespec

    /// - Parameters:
    ///   - seconds: from now on; below 0 is 0, and more than a year is a year.
    public init(in seconds: Double) {
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      let bounded = max(0, min(seconds, 31_536_000))
      let nanoseconds = now.tv_nsec + Int((bounded * 1e9).rounded())
      time = timespec(
        tv_sec: now.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }
  }
}
