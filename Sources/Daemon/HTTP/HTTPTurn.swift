import Foundation
import Logging

/// The work of the server's thread: one look at everything that can happen, again and again.
struct HTTPTurn {
  let listener: HTTPListener
  let mail: HTTPMailbox
  let logger: Logger
  let answer: @Sendable (HTTPRequest) -> HTTPReply
  let everySecond: @Sendable () -> Void

  private var connections: [UInt64: HTTPConnection] = [:]
  private var nextNumber: UInt64 = 1
  /// No connection is accepted before; seconds of the monotonic clock.
  private var acceptsFrom = 0.0
  private var hasComplained = false
  private var nextSecond = 0.0

  /// After the system refused a connection, seconds.
  private static let pause = 1.0
  /// Requests that one caller has sent together are answered so many at a time.
  private static let mostAtOnce = 16

  init(
    listener: HTTPListener, mail: HTTPMailbox, logger: Logger,
    answer: @escaping @Sendable (HTTPRequest) -> HTTPReply,
    everySecond: @escaping @Sendable () -> Void
  ) {
    self.listener = listener
    self.mail = mail
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
    let numbers = Array(connections.keys)
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
      if connection.isClosed { connections[number] = nil }
    }
    if polled[1].revents != 0 { accept(now) }
  }

  mutating func closeAll() {
    for connection in connections.values { connection.close() }
    connections = [:]
  }

  /// Milliseconds until the next deadline.
  private func timeout(_ now: Double) -> Int32 {
    var next = nextSecond
    if now < acceptsFrom { next = min(next, acceptsFrom) }
    for connection in connections.values { next = min(next, connection.deadline) }
    return Int32(max(0, min(1000, ((next - now) * 1000).rounded(.up))))
  }

  // MARK: Connections

  private mutating func accept(_ now: Double) {
    do {
      // Those who come while others are looked at are next.
      for _ in 0..<HTTPServer.mostConnections {
        guard let descriptor = try listener.accept() else { break }
        add(HTTPConnection(descriptor, now: now), now)
      }
      hasComplained = false
    } catch {
      acceptsFrom = now + Self.pause
      if !hasComplained { logger.error("HTTP: \(error); trying on") }
      hasComplained = true
    }
  }

  private mutating func add(_ connection: HTTPConnection, _ now: Double) {
    if connections.count >= HTTPServer.mostConnections, !makeRoom() {
      // The kernel's buffer takes it: a new connection's is empty.
      connection.write(
        HTTPAnswer(HTTPRefusal(.unavailable, "too many connections")),
        HTTPConnection.Exchange(bodyIsLeftOut: false, isLast: true), now: now)
      // The second that the caller has to read it is given to so many at a time.
      guard connections.count < 2 * HTTPServer.mostConnections else {
        connection.close()
        return
      }
    }
    connections[nextNumber] = connection
    nextNumber += 1
  }

  /// Closes the connection that has been without a request for longest; false if there is none.
  private mutating func makeRoom() -> Bool {
    let idle = connections.filter { $0.value.isIdle }
    guard let oldest = idle.min(by: { $0.value.idleSince < $1.value.idleSince }) else {
      return false
    }
    oldest.value.close()
    connections[oldest.key] = nil
    return true
  }

  private func step(
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

  /// Answers a request, and those that came together with it.
  private func serve(
    _ connection: HTTPConnection, _ number: UInt64,
    _ first: Result<HTTPRequest, HTTPRefusal>?, _ now: Double
  ) {
    var next = first
    var count = 0
    while let result = next {
      switch result {
      case .failure(let refusal):
        connection.write(
          HTTPAnswer(refusal), HTTPConnection.Exchange(bodyIsLeftOut: false, isLast: true),
          now: now)
        return
      case .success(let request):
        count += 1
        let exchange = HTTPConnection.Exchange(
          bodyIsLeftOut: request.method == "HEAD",
          isLast: !request.isKeptAlive || count == Self.mostAtOnce)
        switch answer(request) {
        case .answer(let answer): connection.write(answer, exchange, now: now)
        case .wait(let wait):
          connection.wait(for: wait, exchange, now: now)
          wait.begin { [mail] in mail.wake(number) }
          look(connection, number, isOver: false, now)
          return
        }
      }
      next = connection.pipelined()
    }
  }

  /// Asks a wait for its answer.
  private func look(
    _ connection: HTTPConnection, _ number: UInt64, isOver: Bool, _ now: Double
  ) {
    guard case .waiting(let wait, let exchange) = connection.phase,
      let answer = wait.answer(isOver: isOver)
    else { return }
    connection.write(answer, exchange, now: now)
    serve(connection, number, connection.pipelined(), now)
  }

  private func expire(_ connection: HTTPConnection, _ number: UInt64, _ now: Double) {
    guard case .waiting = connection.phase else {
      connection.close()
      return
    }
    look(connection, number, isOver: true, now)
    // A wait gives an answer in any case; without one the connection would be looked at for ever.
    if case .waiting = connection.phase { connection.close() }
  }
}
