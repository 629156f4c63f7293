import SystemSupport

/// Frames on their way from the thread that reads them to the one that takes them: a few, in order,
/// every one.
///
/// Frames are swapped, never copied. Who puts waits while the ring is full, who takes while it is
/// empty. Safe between one thread that puts and one that takes.
final class FrameRing: @unchecked Sendable {
  /// What came instead of a frame.
  enum End { case lastFrame, error(VideoInputError) }

  private let condition = Condition()
  // All below belongs to the condition.
  private let slots: UnsafeMutablePointer<VideoFrame>
  private let capacity: Int
  private var reports: [SourceReport]
  private var first = 0
  private var count = 0
  private var lastReport = SourceReport()
  private var end: End?
  private var isClosed = false

  /// - Parameter capacity: frames that can wait, 1 or more.
  init(capacity: Int) {
    precondition(capacity > 0, "a ring of \(capacity) frames holds none")
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    for index in 0..<capacity { (slots + index).initialize(to: VideoFrame()) }
    reports = Array(repeating: SourceReport(), count: capacity)
  }

  deinit {
    slots.deinitialize(count: capacity)
    slots.deallocate()
  }

  /// Lays `newest` behind the others and gives back a frame whose memory may be filled. `report`:
  /// what had been read when it came. False where nobody wants frames any more.
  func put(_ newest: inout VideoFrame, _ report: SourceReport) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while count == capacity && !isClosed { condition.wait() }
    guard !isClosed else { return false }
    let place = (first + count) % capacity
    swap(&slots[place], &newest)
    reports[place] = report
    count += 1
    condition.signal()
    return true
  }

  /// Nothing is put afterwards. `report`: all that had been read.
  func finish(_ end: End, _ report: SourceReport) {
    condition.withLock {
      self.end = end
      lastReport = report
      condition.broadcast()
    }
  }

  /// Exchanges `wanted` for the oldest frame and sets `report` to what had been read when it came.
  /// Returns false after the last frame. Throws the error that came instead of one; both for ever.
  func take(
    into wanted: inout VideoFrame, _ report: inout SourceReport
  ) throws(VideoInputError) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while count == 0 {
      if let end {
        report = lastReport
        if case .error(let error) = end { throw error }
        return false
      }
      condition.wait()
    }
    swap(&slots[first], &wanted)
    report = reports[first]
    first = (first + 1) % capacity
    count -= 1
    condition.signal()
    return true
  }

  /// Lets the frames that wait come to nothing; who puts is told so.
  func close() {
    condition.withLock {
      isClosed = true
      count = 0
      condition.broadcast()
    }
  }

  /// Waits until `finish` was called.
  func waitForEnd() {
    condition.lock()
    while end == nil { condition.wait() }
    condition.unlock()
  }
}
