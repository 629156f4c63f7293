import Glibc

/// One caller's connection: reads a request, writes its answer, and so on. The server's thread's.
///
/// What a caller can make it hold is bounded: one head of a request, one answer, and no longer than
/// the deadlines below.
final class HTTPConnection {
  /// What the connection is at. Times are of the server's clock, seconds.
  enum Phase {
    /// Waiting for a request, or for the rest of one.
    case reading
    /// A request was read; its answer is not there yet.
    case waiting(any HTTPWait, Exchange)
    case writing([UInt8], sent: Int, isLast: Bool)
    /// The last answer is out. A caller who has not read it yet would lose it if the connection
    /// were closed while bytes of his lie unread.
    case draining(bytes: Int)
    case closed
  }

  /// What of a request is needed for its answer.
  struct Exchange {
    var bodyIsLeftOut: Bool
    var isLast: Bool
  }

  /// Bounds, in seconds: for a request that has begun; between requests; for a part of an answer
  /// to go out, and the whole of it; for the caller to close.
  static let requestSeconds = 10.0
  static let idleSeconds = 30.0
  static let progressSeconds = 10.0
  static let answerSeconds = 60.0
  static let drainSeconds = 1.0

  let descriptor: Int32
  private(set) var phase = Phase.reading
  /// When the present phase is given up.
  private(set) var deadline: Double
  /// Since when there has been no request: since it began, or since the last answer went out.
  private(set) var idleSince: Double
  private var input: [UInt8] = []
  private var answerDeadline = 0.0

  init(_ descriptor: Int32, now: Double) {
    self.descriptor = descriptor
    deadline = now + Self.requestSeconds
    idleSince = now
  }

  /// Whether nothing would be lost if it were closed.
  var isIdle: Bool {
    if case .reading = phase { return input.isEmpty }
    return false
  }

  var isClosed: Bool {
    if case .closed = phase { return true }
    return false
  }

  /// What to poll the descriptor for.
  var events: Int16 {
    switch phase {
    case .reading, .draining: Int16(POLLIN)
    // A caller who leaves while he waits is seen by this alone.
    case .waiting: Self.hangUp
    case .writing: Int16(POLLOUT)
    case .closed: 0
    }
  }

  /// POLLRDHUP of poll(2), which Swift does not see.
  static let hangUp: Int16 = 0x2000

  func close() {
    if case .waiting(let wait, _) = phase { wait.end() }
    guard !isClosed else { return }
    phase = .closed
    Glibc.close(descriptor)
  }

  // MARK: Reading

  /// Reads what is there. Returns a request that is now complete.
  func read(now: Double) -> Result<HTTPRequest, HTTPRefusal>? {
    guard case .reading = phase else { return nil }
    let wasEmpty = input.isEmpty
    let room = HTTPRequest.longestHead - input.count
    if room > 0, !receive(atMost: room) {
      close()
      return nil
    }
    if wasEmpty, !input.isEmpty { deadline = now + Self.requestSeconds }
    return next()
  }

  /// The request that has been read by now, if one has.
  private func next() -> Result<HTTPRequest, HTTPRefusal>? {
    guard !input.isEmpty else { return nil }
    do {
      guard let (request, length) = try HTTPRequest.parse(input) else { return nil }
      input.removeFirst(length)
      return .success(request)
    } catch {
      return .failure(error)
    }
  }

  /// Returns false at the end of what the caller sends.
  private func receive(atMost count: Int) -> Bool {
    var end = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let got = recv(descriptor, buffer.baseAddress, count, 0)
      end = got == 0 || got < 0 && errno != EAGAIN && errno != EINTR
      filled = max(0, got)
    }
    input += bytes
    return !end
  }

  // MARK: Answering

  func wait(for wait: any HTTPWait, _ exchange: Exchange, now: Double) {
    phase = .waiting(wait, exchange)
    deadline = now + wait.longestSeconds
  }

  func write(_ answer: HTTPAnswer, _ exchange: Exchange, now: Double) {
    if case .waiting(let wait, _) = phase { wait.end() }
    let bytes = answer.encoded(bodyIsLeftOut: exchange.bodyIsLeftOut, isLast: exchange.isLast)
    phase = .writing(bytes, sent: 0, isLast: exchange.isLast)
    answerDeadline = now + Self.answerSeconds
    send(now: now)
  }

  /// Sends what the caller takes now.
  func send(now: Double) {
    guard case .writing(let bytes, var sent, let isLast) = phase else { return }
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN { break }
        close()
        return
      }
      sent += count
    }
    guard sent == bytes.count else {
      phase = .writing(bytes, sent: sent, isLast: isLast)
      deadline = min(now + Self.progressSeconds, answerDeadline)
      return
    }
    if isLast {
      shutdown(descriptor, Int32(SHUT_WR))
      phase = .draining(bytes: 0)
      deadline = now + Self.drainSeconds
    } else {
      phase = .reading
      idleSince = now
      deadline = now + (input.isEmpty ? Self.idleSeconds : Self.requestSeconds)
    }
  }

  /// Reads and forgets what the caller still sends; closes when he has closed.
  func drain() {
    guard case .draining(let bytes) = phase else { return }
    input = []
    guard receive(atMost: 4096), bytes < 1 << 20 else {
      close()
      return
    }
    phase = .draining(bytes: bytes + input.count)
  }

  /// The next request, where the caller sent it together with the last.
  func pipelined() -> Result<HTTPRequest, HTTPRefusal>? {
    guard case .reading = phase else { return nil }
    return next()
  }
}
