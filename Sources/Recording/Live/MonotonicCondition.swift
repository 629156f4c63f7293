import Glibc

/// A lock with a condition variable that waits on the monotonic clock, so that setting the system's
/// time neither ends a wait nor makes it endless (Foundation's NSCondition waits for a date).
final class MonotonicCondition: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
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

  func lock() { pthread_mutex_lock(mutex) }

  func unlock() { pthread_mutex_unlock(mutex) }

  /// Wakes all who wait.
  func broadcast() { pthread_cond_broadcast(condition) }

  /// Waits to be woken; the lock is held before and after.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Waits to be woken, but only until `seconds` of the monotonic clock; false where that came
  /// first. The lock is held before and after.
  func wait(until seconds: Double) -> Bool {
    let whole = seconds.rounded(.down)
    var deadline = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    return pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT
  }

  func withLock<Result>(_ body: () -> Result) -> Result {
    lock()
    defer { unlock() }
    return body()
  }
}
