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
    case writing(isLast: Bool)
    /// The last answer is out. A caller who has not read it yet would lose it if the connection
    /// were closed while bytes of his lie unread.
    case draining(bytes: Int)
    case closed
  }

  /// What of a request is needed for its answer.
  struct Exchange {
    var bodyIsLeftOut = false
    var isLast: Bool
    /// Answered to however many others there are.
    var isVital = false
  }

  /// Bounds, in seconds: for a request that has begun; between requests; for a part of an answer
  /// to go out, and the whole of it; for the caller to close.
  static let requestSeconds = 10.0
  static let idleSeconds = 30.0
  static let progressSeconds = 10.0
  static let answerSeconds = 60.0
  static let drainSeconds = 1.0

  /// In which order connections give way to others that come.
  enum Worth: Int, Comparable {
    /// Has asked for nothing yet that was answered, or has its last answer.
    case nothing
    /// Is between requests, or in the middle of one.
    case served
    /// Has been taking its answer for long.
    case slow

    static func < (left: Worth, right: Worth) -> Bool { left.rawValue < right.rawValue }
  }

  let descriptor: Int32
  /// nil where the system does not say.
  let peer: NetworkAddress?
  /// Came when there was room for vital requests alone.
  var isKept = false
  /// Whether a request was admitted: the caller is somebody who may ask.
  var isAdmitted = false
  private(set) var phase = Phase.reading
  /// When the present phase is given up.
  private(set) var deadline: Double
  /// Since when it has been at what it is at: since the connection, the request's first byte, the
  /// answer or the end of the last one.
  private(set) var since: Double
  private var input: [UInt8] = []
  private var output = HTTPOutput()
  private var answerDeadline = 0.0

  init(_ descriptor: Int32, from peer: NetworkAddress? = nil, now: Double) {
    self.descriptor = descriptor
    self.peer = peer
    deadline = now + Self.requestSeconds
    since = now
  }

  /// What would be lost if it were closed; nil where it is not to be.
  /// - Parameters:
  ///   - slowSeconds: an answer that was begun before counts as slow.
  func worth(now: Double, slowSeconds: Double) -> Worth? {
    switch phase {
    case .reading: isAdmitted ? .served : .nothing
    case .draining: .nothing
    case .writing: now - since >= slowSeconds ? .slow : nil
    case .waiting, .closed: nil
    }
  }

  var isWaiting: Bool {
    if case .waiting = phase { return true }
    return false
  }

  /// Whether its caller would go without what he came for if it were closed.
  var isOwed: Bool {
    switch phase {
    case .reading: !isAdmitted || !input.isEmpty
    case .waiting, .writing: true
    case .draining, .closed: false
    }
  }

  /// Bytes of its answer that are not out.
  var unsentBytes: Int { output.count }

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
    output = HTTPOutput()
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
    if wasEmpty, !input.isEmpty {
      deadline = now + Self.requestSeconds
      since = now
    }
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
    since = now
    deadline = now + wait.longestSeconds
  }

  func write(_ answer: HTTPAnswer, _ exchange: Exchange, now: Double) {
    if case .waiting(let wait, _) = phase { wait.end() }
    output = HTTPOutput(
      answer.encoded(bodyIsLeftOut: exchange.bodyIsLeftOut, isLast: exchange.isLast))
    phase = .writing(isLast: exchange.isLast)
    since = now
    answerDeadline = now + Self.answerSeconds
    send(now: now)
  }

  /// Sends what the caller takes now.
  func send(now: Double) {
    guard case .writing(let isLast) = phase else { return }
    switch output.send(to: descriptor) {
    case .failed: close()
    case .blocked: deadline = min(now + Self.progressSeconds, answerDeadline)
    case .done: finish(isLast: isLast, now: now)
    }
  }

  private func finish(isLast: Bool, now: Double) {
    since = now
    if isLast {
      shutdown(descriptor, Int32(SHUT_WR))
      phase = .draining(bytes: 0)
      deadline = now + Self.drainSeconds
    } else {
      phase = .reading
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
