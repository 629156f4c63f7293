import Glibc
import Logging

/// The work of the server's thread: one look at everything that can happen, again and again.
struct HTTPTurn {
  let listener: HTTPListener
  let mail: HTTPMailbox
  let refusals: HTTPRefusalCounts
  let logger: Logger
  let answer: @Sendable (HTTPRequest) -> HTTPReply
  let everySecond: @Sendable () -> Void

  private var connections: HTTPConnections
  /// No connection is accepted before; seconds of the monotonic clock.
  private var acceptsFrom = 0.0
  private var hasComplained = false
  private var nextSecond = 0.0

  /// After the system refused a connection, seconds.
  private static let pause = 1.0
  /// Connections that are accepted in a turn.
  private static let mostAccepted = 64
  /// Requests that one caller has sent together are answered so many at a time.
  private static let mostAtOnce = 16

  init(
    listener: HTTPListener, mail: HTTPMailbox, bounds: HTTPBounds, refusals: HTTPRefusalCounts,
    logger: Logger,
    answer: @escaping @Sendable (HTTPRequest) -> HTTPReply,
    everySecond: @escaping @Sendable () -> Void
  ) {
    self.listener = listener
    self.mail = mail
    self.refusals = refusals
    connections = HTTPConnections(bounds, refusals)
    self.logger = logger
    self.answer = answer
    self.everySecond = everySecond
  }

  /// Waits for something to happen and does what it asks for.
  /// - Throws: `HTTPError.system` where waiting fails.
  mutating func take() throws(HTTPError) {
    var now = ServiceClock.monotonic.now()
    if now >= nextSecond {
      everySecond()
      // Seconds that were missed are not made up for.
      nextSecond = nextSecond + 1 > now ? nextSecond + 1 : now + 1
    }
    let numbers = Array(connections.all.keys)
    var polled = [pollfd(fd: mail.descriptor, events: Int16(POLLIN), revents: 0)]
    // A negative descriptor is left out.
    polled.append(
      pollfd(
        fd: now >= acceptsFrom ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0))
    for number in numbers {
      guard let connection = connections[number] else { continue }
      polled.append(
        pollfd(fd: connection.descriptor, events: connection.events, revents: 0))
    }
    let code = poll(&polled, nfds_t(polled.count), timeout(now))
    guard code >= 0 || errno == EINTR else { throw .current("wait for connections") }
    now = ServiceClock.monotonic.now()
    let woken = mail.take()
    for (number, entry) in zip(numbers, polled.dropFirst(2)) {
      guard let connection = connections[number] else { continue }
      if entry.revents != 0 { step(connection, number, entry.revents, now) }
      if woken.contains(number) { look(connection, number, isOver: false, now) }
      if !connection.isClosed, now >= connection.deadline { expire(connection, number, now) }
      if connection.isClosed { connections.remove(number) }
    }
    if polled[1].revents != 0 { accept(now) }
    endLongestWaits(now)
  }

  mutating func closeAll() { connections.closeAll() }

  /// Milliseconds until the next deadline.
  private func timeout(_ now: Double) -> Int32 {
    var next = nextSecond
    if now < acceptsFrom { next = min(next, acceptsFrom) }
    for connection in connections.all.values { next = min(next, connection.deadline) }
    return Int32(max(0, min(1000, ((next - now) * 1000).rounded(.up))))
  }

  // MARK: Connections

  private mutating func accept(_ now: Double) {
    // Those who come while others are looked at are next.
    for _ in 0..<Self.mostAccepted {
      do {
        guard let descriptor = try listener.accept() else { break }
        add(HTTPConnection(descriptor, from: .peer(descriptor), now: now), now)
        hasComplained = false
      } catch {
        // Without a descriptor for one who comes, one who has nothing gives his.
        if connections.makeRoom(now: now) { continue }
        acceptsFrom = now + Self.pause
        if !hasComplained { logger.error("HTTP: \(error); trying on") }
        hasComplained = true
        return
      }
    }
  }

  private mutating func add(_ connection: HTTPConnection, _ now: Double) {
    guard let number = connections.add(connection, now: now) else {
      refusals.add(.connections)
      // The kernel's buffer takes it: a new connection's is empty.
      connection.write(Self.tooMany, HTTPConnection.Exchange(isLast: true), now: now)
      connection.close()
      return
    }
    // What a caller has sent already counts before others come.
    step(connection, number, Int16(POLLIN), now)
    if connection.isClosed { connections.remove(number) }
  }

  private static let tooMany = HTTPAnswer(HTTPRefusal(.unavailable, "too many connections"))

  private mutating func step(
    _ connection: HTTPConnection, _ number: UInt64, _ events: Int16, _ now: Double
  ) {
    switch connection.phase {
    case .reading: serve(connection, number, connection.read(now: now), now)
    // Nothing else was asked for: the caller has gone.
    case .waiting: connection.close()
    case .writing:
      connection.send(now: now)
      serve(connection, number, connection.pipelined(), now)
    case .draining: connection.drain()
    case .closed: break
    }
  }

  // MARK: Answers

  /// Answers a request, and those that came together with it.
  private mutating func serve(
    _ connection: HTTPConnection, _ number: UInt64,
    _ first: Result<HTTPRequest, HTTPRefusal>?, _ now: Double
  ) {
    var next = first
    var count = 0
    while let result = next {
      count += 1
      switch result {
      case .failure(let refusal):
        refusals.add(.badRequest)
        connection.write(
          HTTPAnswer(refusal), HTTPConnection.Exchange(isLast: true), now: now)
        return
      case .success(let request):
        let exchange = HTTPConnection.Exchange(
          bodyIsLeftOut: request.method == "HEAD",
          isLast: !request.isKeptAlive || count == Self.mostAtOnce || connection.isKept,
          isVital: HTTPRoutes.isVital(request))
        guard let reply = reply(to: request, exchange, connection, number, now) else { return }
        deliver(reply, to: connection, exchange, now)
      }
      next = connection.pipelined()
    }
  }

  /// The answer to a request; nil where the connection waits for it.
  private mutating func reply(
    to request: HTTPRequest, _ exchange: HTTPConnection.Exchange, _ connection: HTTPConnection,
    _ number: UInt64, _ now: Double
  ) -> HTTPAnswer? {
    guard !connection.isKept || exchange.isVital else {
      refusals.add(.connections)
      return Self.tooMany
    }
    switch answer(request) {
    case .answer(let answer):
      if answer.status != .unauthorised, answer.status != .forbidden {
        connection.isAdmitted = true
      }
      return answer
    case .wait(let wait):
      connection.isAdmitted = true
      connection.wait(for: wait, exchange, now: now)
      wait.begin { [mail] in mail.wake(number) }
      return wait.answer(isOver: false)
    }
  }

  /// Sends an answer where its bytes have room beside those that are on their way.
  private mutating func deliver(
    _ answer: HTTPAnswer, to connection: HTTPConnection, _ exchange: HTTPConnection.Exchange,
    _ now: Double
  ) {
    let hasRoom =
      exchange.isVital || exchange.bodyIsLeftOut
      || connections.makeRoom(forBytes: answer.bodyCount, now: now)
    if !hasRoom { refusals.add(.answers) }
    connection.write(hasRoom ? answer : Self.tooMuch, exchange, now: now)
  }

  private static let tooMuch = HTTPAnswer(
    HTTPRefusal(.unavailable, "too many answers are on their way"))

  /// Asks a wait for its answer.
  private mutating func look(
    _ connection: HTTPConnection, _ number: UInt64, isOver: Bool, _ now: Double
  ) {
    guard case .waiting(let wait, let exchange) = connection.phase else { return }
    guard let answer = wait.answer(isOver: isOver) else {
      // A wait that is over gives one; without it the connection would be looked at for ever.
      if isOver { connection.close() }
      return
    }
    deliver(answer, to: connection, exchange, now)
    serve(connection, number, connection.pipelined(), now)
  }

  private mutating func expire(_ connection: HTTPConnection, _ number: UInt64, _ now: Double) {
    if connection.isWaiting {
      look(connection, number, isOver: true, now)
    } else {
      if connection.isOwed { refusals.add(.slow) }
      connection.close()
    }
  }

  /// Where more wait than may, those who have waited longest have their answer now.
  private mutating func endLongestWaits(_ now: Double) {
    // An answer may be followed by the same caller's next wait: not for ever in one turn.
    for _ in 0..<connections.all.count {
      guard let number = connections.waitsTooMany, let connection = connections[number] else {
        return
      }
      refusals.add(.waits)
      look(connection, number, isOver: true, now)
      if connection.isClosed { connections.remove(number) }
    }
  }
}
