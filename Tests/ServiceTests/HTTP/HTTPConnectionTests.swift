import Foundation
import Logging
import Testing

@testable import Service

/// What callers do that they should not, or not so often.
@Suite struct HTTPConnectionTests {
  private let hello = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

  @Test("a connection serves many requests, one after another or sent together")
  func keptAlive() throws {
    let front = try RunningFront(.liveAndAway())
    let caller = try HTTPCaller(front.port)
    for _ in 0..<3 { #expect(try caller.get("/healthz").headers["connection"] == "keep-alive") }
    caller.send(
      hello + hello + "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    #expect(try caller.read()?.text == "{\"status\":\"ok\"}\n")
    #expect(try caller.read()?.text == "{\"status\":\"ok\"}\n")
    let last = try #require(try caller.read())
    #expect(last.text == "{\"status\":\"ready\"}\n" && last.headers["connection"] == "close")
    #expect(caller.isClosed())
  }

  @Test("a request that comes byte by byte is read")
  func byteByByte() throws {
    let front = try RunningFront(.liveAndAway())
    let caller = try HTTPCaller(front.port)
    for byte in hello.utf8 { caller.send([byte]) }
    #expect(try caller.read()?.status == 200)
  }

  @Test("what is sent together is answered in its order, waits among it")
  func pipelinedWaits() throws {
    let front = try RunningFront(.liveAndAway())
    let caller = try HTTPCaller(front.port)
    let head = " HTTP/1.1\r\nHost: localhost\r\n\r\n"
    caller.send(
      [
        "/api/pictures?wait=0", "/api/streams/yard/picture?wait=0", "/healthz",
        "/api/pictures?wait=0",
      ]
      .map { "GET \($0)\(head)" }.joined())
    #expect(try caller.read()?.headers["content-type"] == PicturesWait.contentType)
    #expect(try caller.read()?.status == 503)
    #expect(try caller.read()?.text == "{\"status\":\"ok\"}\n")
    #expect(try caller.read()?.headers["content-type"] == PicturesWait.contentType)
  }

  @Test("what is too large or no HTTP is answered and closed")
  func refused() throws {
    let front = try RunningFront(.liveAndAway())
    for (text, status) in [
      ("GET /" + String(repeating: "x", count: 100_000) + " HTTP/1.1\r\n\r\n", 431),
      (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
          + String(repeating: "y", count: 200_000), 413
      ),
      ("\u{16}\u{03}\u{01} a TLS hello\r\n\r\n", 400),
    ] {
      let caller = try HTTPCaller(front.port)
      caller.send(text)
      let answer = try #require(try caller.read())
      #expect(answer.status == status && answer.headers["connection"] == "close")
      #expect(try answer.json()["error"] is String)
      #expect(caller.isClosed())
    }
  }

  @Test("slow callers, and those who do not read, hold nobody up")
  func slowCallers() throws {
    let front = try RunningFront(.liveAndAway())
    let slow = try HTTPCaller(front.port)
    slow.send("GET / HTTP/1.1\r\nHo")
    // Asks for far more than fits into the kernel's buffers, and reads nothing.
    let deaf = try HTTPCaller(front.port)
    deaf.send(String(repeating: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100))
    let begin = ContinuousClock.now
    for _ in 0..<20 { #expect(try ask(front, "/healthz").status == 200) }
    #expect(ContinuousClock.now - begin < .seconds(5))
    slow.send("st: localhost\r\n\r\n")
    #expect(try slow.read()?.status == 200)
  }

  @Test("callers who close in the middle leave nothing behind")
  func closedInTheMiddle() async throws {
    let front = try RunningFront(.liveAndAway())
    for text in ["", "GET", hello, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
      for _ in 0..<50 {
        let caller = try HTTPCaller(front.port)
        caller.send(text)
      }
    }
    try waitUntil("their connections are closed") { try halfClosed(front.port) == 0 }
    #expect(try ask(front, "/healthz").status == 200)
  }

  @Test("a port that is taken is one clear error; an address of elsewhere another")
  func taken() async throws {
    let front = try RunningFront(.liveAndAway())
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    func failure(_ settings: HTTPSettings) async -> HTTPError? {
      do {
        try await HTTPFront(
          settings: settings, directory: FakeDirectory([]), record: ServiceRecord(version: "1"),
          logger: logger
        ).run()
        return nil
      } catch {
        return error as? HTTPError
      }
    }
    #expect(
      await failure(try HTTPSettings(port: Int(front.port)))
        == .addressInUse(address: "127.0.0.1", port: front.port))
    #expect(
      await failure(try HTTPSettings(address: "203.0.113.7", port: 0, token: "0123456789abcdef"))
        == .addressNotHere(address: "203.0.113.7"))
    // Other tests run beside this one; a descriptor left behind each time would still show.
    let before = ProcessFigures.now().openDescriptors ?? 0
    for _ in 0..<2000 { _ = await failure(try HTTPSettings(port: Int(front.port))) }
    #expect(ProcessFigures.now().openDescriptors ?? 0 < before + 1000)
  }

  @Test("a cancelled run closes its connections and frees its port")
  func cancelled() async throws {
    let directory = FakeDirectory.liveAndAway()
    let feed = try #require(directory.pictures(of: "yard"))
    let (ports, here) = AsyncStream<UInt16>.makeStream()
    let front = HTTPFront(
      settings: try HTTPSettings(port: 0), directory: directory,
      record: ServiceRecord(version: "1"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let task = Task { try await front.run { here.yield($0) } }
    let port = try #require(await ports.first { _ in true })
    let idle = try HTTPCaller(port)
    _ = try idle.get("/healthz")
    let waiting = try HTTPCaller(port)
    waiting.send("GET /api/streams/yard/picture?wait=20 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    while feed.watcherCount < 1 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    try await task.value
    #expect(idle.isClosed() && waiting.isClosed())
    #expect(feed.watcherCount == 0)
    _ = try HTTPListener(try HTTPSettings(port: Int(port)))
  }

  /// Connections to `port` that the caller has closed and the server has not: CLOSE_WAIT.
  private func halfClosed(_ port: UInt16) throws -> Int {
    let ending = ":" + String(format: "%04X", Int(port))
    return try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: " ") }
      .count { $0.count > 3 && $0[1].hasSuffix(ending) && $0[3] == "08" }
  }
}

/// The deadlines of a connection, without a server and without waiting.
@Suite struct HTTPDeadlineTests {
  private func pair() throws -> (connection: HTTPConnection, caller: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    return (HTTPConnection(ends[0], now: 100), ends[1])
  }

  private func say(_ text: String, _ descriptor: Int32) {
    _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  @Test("a request's time runs from its first byte, and more bytes do not lengthen it")
  func request() throws {
    let (connection, caller) = try pair()
    defer { close(caller) }
    #expect(connection.deadline == 110)
    say("GET / HT", caller)
    #expect(connection.read(now: 105) == nil && connection.deadline == 115)
    say("TP", caller)
    #expect(connection.read(now: 114) == nil && connection.deadline == 115)
    #expect(connection.worth(now: 114, slowSeconds: 1) == .nothing)
    say("/1.0\r\n\r\n", caller)
    guard case .success(let request) = connection.read(now: 114.5) else {
      Issue.record("no request")
      return
    }
    let exchange = HTTPConnection.Exchange(bodyIsLeftOut: false, isLast: false)
    #expect(request.path == [])
    connection.write(HTTPAnswer(json: ["a": 1]), exchange, now: 120)
    #expect(connection.deadline == 150 && connection.since == 120)
    connection.close()
  }

  @Test("an answer that is not read has so long for a part of it, and so long in all")
  func answer() throws {
    let (connection, caller) = try pair()
    defer { close(caller) }
    let answer = HTTPAnswer(.ok, "x/y", [UInt8](repeating: 0, count: 50_000_000))
    connection.write(
      answer, HTTPConnection.Exchange(bodyIsLeftOut: false, isLast: true), now: 200)
    #expect(connection.deadline == 210)
    #expect(connection.worth(now: 200.5, slowSeconds: 1) == nil)
    #expect(connection.worth(now: 201, slowSeconds: 1) == .slow)
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    while read(caller, &bytes, bytes.count) > 0 {}
    connection.send(now: 255)
    #expect(connection.deadline == 260)
    #expect(!connection.isClosed)
    close(caller)
    connection.send(now: 256)
    #expect(connection.isClosed)
  }
}
