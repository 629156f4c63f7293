import Glibc

/// What `LiveCapture.next` found.
public enum Arrival: Sendable, Equatable {
  /// A new frame. `startsAnew`: it does not continue the one before (the first frame, a reconnect,
  /// another size, a jump in time); a tracker has to begin again.
  case frame(startsAnew: Bool)
  /// No frame within the time.
  case nothing
  /// The capture was stopped.
  case stopped
}

/// The place where the newest frame lies until it is taken; a newer one takes its place.
///
/// Frames are swapped, never copied: of the three pictures one is being filled, one lies here, one
/// is looked at. Safe between one thread that puts and one that takes.
final class FrameSlot: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // All below belongs to the mutex.
  private var frame = VideoFrame()
  private var isFull = false
  private var startsAnew = false
  private var isClosed = false
  private var lastTaken: (seconds: Double, width: Int, height: Int)?

  /// Frames further apart do not continue each other.
  private let gapSeconds: Double

  /// - Parameter gapSeconds: a longer time between two frames that are taken is a jump.
  init(gapSeconds: Double) {
    self.gapSeconds = gapSeconds
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Waiting must not depend on the wall clock, which may be set.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(arrived, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(arrived)
    pthread_mutex_destroy(mutex)
    arrived.deallocate()
    mutex.deallocate()
  }

  /// Lays `newest` here and gives back a frame whose memory may be filled. Returns whether a frame
  /// that nobody took was replaced.
  func put(_ newest: inout VideoFrame, startsAnew: Bool) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    swap(&frame, &newest)
    let replaced = isFull
    isFull = true
    // What the replaced frame began is begun by this one.
    self.startsAnew = (replaced && self.startsAnew) || startsAnew
    pthread_cond_signal(arrived)
    return replaced
  }

  /// Exchanges `wanted` for the newest frame, waiting for it at most `seconds`.
  func take(into wanted: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = Int(min(max(seconds, 0), 1e6) * 1e9) + deadline.tv_nsec
    deadline.tv_sec += nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isFull && !isClosed {
      if pthread_cond_timedwait(arrived, mutex, &deadline) == ETIMEDOUT { break }
    }
    if isClosed { return .stopped }
    guard isFull else { return .nothing }
    swap(&frame, &wanted)
    isFull = false
    return .frame(startsAnew: beginsAnew(wanted))
  }

  private func beginsAnew(_ taken: borrowing VideoFrame) -> Bool {
    let new = (
      seconds: taken.timestampSeconds, width: taken.grey.width, height: taken.grey.height
    )
    defer {
      lastTaken = new
      startsAnew = false
    }
    guard let last = lastTaken, !startsAnew else { return true }
    return new.seconds - last.seconds > gapSeconds
      || (new.width, new.height) != (last.width, last.height)
  }

  /// Wakes who waits; from now on there are no frames.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(arrived)
    pthread_mutex_unlock(mutex)
  }
}
