import Glibc

/// Lines to whoever listens on a Unix socket. One thread at a time.
///
/// Nobody has to listen: it connects when there are lines, tries again at most once a second, and
/// gives up what comes meanwhile. A new receiver begins with a whole line.
final class UnixSocketDestination: LineDestination {
  private let path: String
  private let clock: LogClock
  /// -1 while not connected.
  private var descriptor: Int32 = -1
  /// Bytes of the line that is under way that this receiver has.
  private var bytesDone = 0
  private var nextTrySeconds = -Double.infinity
  private var problem: RecordingError?

  private static let retrySeconds = 1.0
  private static let patienceMilliseconds: Int32 = 100
  /// Of sockaddr_un, with the zero at the end.
  private static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Throws `invalidSetting` for a path that no socket can have.
  init(path: String, clock: LogClock = LogClock()) throws(RecordingError) {
    guard !path.isEmpty, path.utf8.count <= Self.longestPath, !path.utf8.contains(0) else {
      throw .invalidSetting(
        name: "socket", value: "'\(path)'", expected: "a path of 1 to \(Self.longestPath) bytes")
    }
    self.path = path
    self.clock = clock
  }

  deinit { disconnect() }

  func write(_ batch: borrowing LineBatch, from first: Int) -> LineProgress {
    var line = first
    while line < batch.count {
      guard isConnected() else { return givingUp(batch.count - line, written: line - first) }
      switch send(batch.text(of: line..<line + 1)) {
      case .done: line += 1
      case .slow:
        var progress = LineProgress(written: line - first)
        progress.cause = .receiverSlow
        return progress
      case .gone(let code):
        disconnect()
        problem = .receiver(target: path, reason: String(cString: strerror(code)))
        nextTrySeconds = clock.monotonicSeconds() + Self.retrySeconds
      }
    }
    return LineProgress(written: line - first)
  }

  func finish() -> RecordingError? {
    disconnect()
    return nil
  }

  private enum Outcome {
    case done
    case slow
    case gone(Int32)
  }

  private func givingUp(_ lost: Int, written: Int) -> LineProgress {
    var progress = LineProgress(written: written)
    progress.lost = lost
    progress.cause = .noReceiver
    progress.problem = problem
    return progress
  }

  /// Goes on with a line after its first `bytesDone` bytes.
  private func send(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    while bytesDone < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[bytesDone...])
      let sent = Glibc.send(
        descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      if sent >= 0 {
        bytesDone += sent
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, Self.patienceMilliseconds) > 0 else { return .slow }
      default: return .gone(errno)
      }
    }
    bytesDone = 0
    return .done
  }

  private func isConnected() -> Bool {
    guard descriptor < 0 else { return true }
    let now = clock.monotonicSeconds()
    guard now >= nextTrySeconds else { return false }
    nextTrySeconds = now + Self.retrySeconds
    let new = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard new >= 0, connect(new) else {
      problem = .receiver(target: path, reason: String(cString: strerror(errno)))
      if new >= 0 { _ = Glibc.close(new) }
      return false
    }
    descriptor = new
    problem = nil
    return true
  }

  private func connect(_ descriptor: Int32) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafeBytes(of: &address) { bytes in
      guard let start = bytes.baseAddress else { return false }
      return Glibc.connect(
        descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
    }
  }

  private func disconnect() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
    bytesDone = 0
  }
}
