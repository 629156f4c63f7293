import Glibc
import Logging
import Synchronization

/// Serves HTTP on a thread of its own, all connections in turn: whoever is slow or has gone costs
/// the others nothing, and every connection is bounded in bytes and time.
///
/// `answer` and `everySecond` run on that thread and must not block.
final class HTTPServer: Sendable {
  private let listener: HTTPListener
  private let bounds: HTTPBounds
  private let refusals: HTTPRefusalCounts
  private let logger: Logger
  private let answer: @Sendable (HTTPRequest) -> HTTPReply
  private let everySecond: @Sendable () -> Void
  private let mail: HTTPMailbox

  /// - Throws: `HTTPError.system`.
  init(
    _ listener: HTTPListener, bounds: HTTPBounds, refusals: HTTPRefusalCounts, logger: Logger,
    everySecond: @escaping @Sendable () -> Void,
    answer: @escaping @Sendable (HTTPRequest) -> HTTPReply
  ) throws(HTTPError) {
    self.listener = listener
    self.bounds = bounds
    self.refusals = refusals
    self.logger = logger
    self.everySecond = everySecond
    self.answer = answer
    mail = try HTTPMailbox()
  }

  var port: UInt16 { listener.port }

  /// Serves until `stop`; blocks.
  /// - Throws: `HTTPError.system`.
  func run() throws(HTTPError) {
    var turn = HTTPTurn(
      listener: listener, mail: mail, bounds: bounds, refusals: refusals, logger: logger,
      answer: answer, everySecond: everySecond)
    defer { turn.closeAll() }
    while !mail.isStopped { try turn.take() }
  }

  /// Ends `run`. From any thread.
  func stop() { mail.stop() }
}

/// What other threads say to the server's: a connection to look at again, or to stop. Thread-safe.
final class HTTPMailbox: Sendable {
  private struct Mail {
    var connections: Set<UInt64> = []
    var isStopped = false
  }

  /// Can be read from while there is mail.
  let descriptor: Int32
  private let other: Int32
  private let mail = Mutex(Mail())

  init() throws(HTTPError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .current("make a pipe") }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (descriptor, other) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(other)
  }

  var isStopped: Bool { mail.withLock { $0.isStopped } }

  func stop() {
    mail.withLock { $0.isStopped = true }
    ring()
  }

  func wake(_ connection: UInt64) {
    if mail.withLock({ $0.connections.insert(connection).inserted && $0.connections.count == 1 }) {
      ring()
    }
  }

  private func ring() {
    var byte: UInt8 = 0
    // Where the pipe is full the bell has been rung.
    _ = write(other, &byte, 1)
  }

  /// The connections to look at.
  func take() -> Set<UInt64> {
    var bytes = (UInt64(0), UInt64(0))
    while read(descriptor, &bytes, 16) > 0 {}
    return mail.withLock { mail in
      defer { mail.connections = [] }
      return mail.connections
    }
  }
}
