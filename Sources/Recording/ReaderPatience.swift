import Glibc
import Synchronization
import SystemNames
import SystemSupport

/// How long bytes wait for the reader of a pipe, terminal, socket or device: for ever, until the
/// process is asked to end, then for a while. Thread-safe.
///
/// A reader that takes nothing is waited for outside of write(2), so that a signal's end of
/// patience is seen by whoever waits.
public final class ReaderPatience: Sendable {
  /// The process's own: a signal is for all that it writes.
  public static let process = ReaderPatience()

  /// What fits into a pipe that has room at all: so much is written without blocking.
  static let pieceSize = Int(PIPE_BUF)
  /// Between looks at the deadline.
  private static let lookMilliseconds: Int32 = 50

  private let deadlineNanoseconds = Atomic<UInt64>(.max)

  public init() {}

  /// From now on readers are waited for `seconds` more at most; a later call does not prolong it.
  public func end(after seconds: Double) {
    let deadline = Clocks.monotonicNanoseconds &+ UInt64(max(0, seconds) * 1e9)
    _ = deadlineNanoseconds.compareExchange(
      expected: .max, desired: deadline, ordering: .relaxed)
  }

  /// Whether readers are not waited for for ever any more.
  public var isEnding: Bool { deadlineNanoseconds.load(ordering: .relaxed) != .max }

  private var isOver: Bool {
    Clocks.monotonicNanoseconds >= deadlineNanoseconds.load(ordering: .relaxed)
  }

  /// Waits until `descriptor` takes `pieceSize` bytes, or gives an error at once; false where
  /// patience ended first.
  func waitForRoom(_ descriptor: Int32) -> Bool {
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&waiting, 1, Self.lookMilliseconds) > 0 { return true }
      if isOver { return false }
    }
  }

  /// Writes all of `bytes` to a descriptor that is no regular file; false, with `errno`, where it
  /// fails. After the end of patience it fails with ETIMEDOUT.
  public func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard waitForRoom(descriptor) else {
        errno = ETIMEDOUT
        return false
      }
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceSize))
      let written = Glibc.write(descriptor, piece.baseAddress, piece.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR && errno != EAGAIN {
        return false
      }
    }
    return true
  }

  /// Opens a named pipe or device for writing. A pipe's first reader is waited for; once the
  /// process is to end the error is `notRead`.
  func open(_ path: String) throws(RecordingError) -> Int32 {
    while true {
      if let descriptor = try openIfRead(path) { return descriptor }
      if isEnding { throw .notRead(path: path) }
      _ = poll(nil, 0, Self.lookMilliseconds)
    }
  }

  /// Opens a named pipe or device for writing; nil for a pipe that nobody reads.
  func openIfRead(_ path: String) throws(RecordingError) -> Int32? {
    let descriptor = SystemNames.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor >= 0 { return descriptor }
    let failure = errno
    var status = stat()
    // Devices that are not there give the same error.
    guard failure == ENXIO, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
      throw .system(operation: "open", path: path, code: failure)
    }
    return nil
  }
}
