import Foundation
import Testing

@testable import Service

/// Callers who would keep others out: through real sockets.
@Suite struct HTTPHostileCallerTests {
  private static let token = "0123456789abcdef-"

  /// Whom the loopback's addresses stand for.
  private enum Peer {
    static let hostile = "127.0.0.2"
    static let other = "127.0.0.3"
  }

  private func waiting(
    _ front: RunningFront, from: String? = nil, query: String = "wait=20"
  ) throws -> HTTPCaller {
    let caller = try HTTPCaller(front.port, from: from)
    caller.send("GET /api/streams/yard/picture?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return caller
  }

  @Test(
    "who sends a byte, nothing, or no token, and then waits, keeps nobody out",
    arguments: ["G", "", "GET /healthz HTTP/1.1\r\nHost: x", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    [nil, token])
  func unfinished(_ text: String, _ token: String?) throws {
    let front = try RunningFront(.liveAndAway(), token: token)
    let headers = token.map { ["Authorization: Bearer \($0)"] } ?? []
    var hostile: [HTTPCaller] = []
    for _ in 0..<4 {
      for _ in 0..<HTTPBounds().ofOneAddress {
        let caller = try HTTPCaller(front.port, timeoutSeconds: 60)
        caller.send(text)
        hostile.append(caller)
      }
      for path in ["/healthz", "/metrics", "/api/streams", "/"] {
        #expect(try ask(front, path, headers: headers).status == 200)
      }
    }
    // The oldest has made room, long before its time was up.
    if text == "G" {
      #expect(hostile[0].isClosed())
      #expect(front.record.refusals[.connections] >= 3 * HTTPBounds().ofOneAddress)
    }
  }

  @Test("one address has its share; beyond it those who look after the service are answered")
  func share() throws {
    let directory = FakeDirectory.liveAndAway()
    let bounds = HTTPBounds(connections: 8, ofOneAddress: 4, kept: 2, waits: 8)
    let front = try RunningFront(directory, bounds: bounds)
    let feed = try #require(directory.pictures(of: "yard"))
    let hostile = try (0..<4).map { _ in try waiting(front, from: Peer.hostile) }
    try waitUntil("all wait") { feed.watcherCount == 4 }
    for path in ["/healthz", "/readyz", "/metrics"] {
      let answer = try HTTPCaller(front.port, from: Peer.hostile).get(path)
      #expect(answer.status == 200 && answer.headers["connection"] == "close")
    }
    let refused = try HTTPCaller(front.port, from: Peer.hostile).get("/api/streams")
    #expect(refused.status == 503 && refused.headers["retry-after"] == "1")
    let other = try HTTPCaller(front.port, from: Peer.other).get("/api/streams")
    #expect(other.status == 200 && other.headers["connection"] == "keep-alive")
    #expect(front.record.refusals[.connections] == 1)
    withExtendedLifetime(hostile) {}
  }

  @Test("where more wait than may, the one that has waited longest is answered")
  func waits() throws {
    let directory = FakeDirectory.liveAndAway()
    let front = try RunningFront(directory, bounds: HTTPBounds(waits: 2))
    let feed = try #require(directory.pictures(of: "yard"))
    var callers: [HTTPCaller] = []
    for count in 1...2 {
      callers.append(try waiting(front))
      try waitUntil("\(count) wait") { feed.watcherCount == count }
    }
    callers.append(try waiting(front))
    let first = try #require(try callers[0].read())
    #expect(first.status == 503 && first.headers["retry-after"] == "1")
    #expect(feed.watcherCount == 2)
    #expect(front.record.refusals[.waits] == 1)
    // The same caller's further requests do not come for ever.
    callers[0].send(
      String(
        repeating: "GET /api/streams/yard/picture?wait=20 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        count: 20))
    #expect(try callers[1].read()?.status == 503)
    #expect(try ask(front, "/healthz").status == 200)
  }

  @Test("callers who do not read cost others neither time nor answers")
  func deaf() throws {
    let front = try RunningFront(.liveAndAway())
    let page = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    let deaf = try (0..<3 * HTTPBounds().ofOneAddress).map { _ in
      let caller = try HTTPCaller(front.port)
      caller.send(String(repeating: page, count: 50))
      return caller
    }
    for path in ["/healthz", "/metrics"] { #expect(try ask(front, path).status == 200) }
    withExtendedLifetime(deaf) {}
  }
}

/// How much is taken on where the process may open few files.
@Suite struct HTTPBoundsTests {
  @Test("a quarter of the descriptors, and no more than usual")
  func descriptors() {
    for (limit, most) in [(64, 16), (65, 16), (256, 64), (512, 128), (576, 144), (1024, 144)] {
      let bounds = HTTPBounds(descriptors: limit)
      #expect(bounds.most == most, "\(limit)")
      #expect(bounds.most <= limit / 4)
      #expect(bounds.ofOneAddress < bounds.connections && bounds.waits < bounds.connections)
    }
    for limit in [0, 1, 12, Int.max] {
      let bounds = HTTPBounds(descriptors: limit)
      #expect(bounds.kept >= 1 && bounds.connections >= 3 && bounds.most <= HTTPBounds().most)
    }
    let usual = HTTPBounds(descriptors: 1024)
    #expect(usual.ofOneAddress == 64 && usual.waits == 48 && usual.kept == 16)
  }

  @Test("a crowd leaves the rest of the descriptors alone")
  func crowd() throws {
    let front = try RunningFront(.liveAndAway(), bounds: HTTPBounds(descriptors: 64))
    var crowd: [HTTPCaller] = []
    for number in 0..<60 {
      let caller = try HTTPCaller(front.port, from: "127.0.0.\(2 + number % 10)")
      caller.send("G")
      crowd.append(caller)
      _ = try ask(front, "/healthz")
    }
    let open = crowd.count { caller in
      var waiting = pollfd(fd: caller.descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&waiting, 1, 0) == 0
    }
    #expect(open <= 16)
    #expect(front.record.refusals[.connections] >= 60 - 16)
  }
}

/// Who makes room for whom, without a server and without waiting.
@Suite struct HTTPConnectionsTests {
  /// A caller's end of a connection is kept open for as long as the connection is.
  private final class Pair {
    let connection: HTTPConnection
    let caller: Int32

    init(from address: String? = nil, now: Double) throws {
      var ends: [Int32] = [0, 0]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
      caller = ends[1]
      connection = HTTPConnection(
        ends[0], from: address.flatMap { NetworkAddress($0) }, now: now)
    }

    deinit {
      connection.close()
      close(caller)
    }

    /// Begins an answer that the caller does not read.
    func write(megabytes: Int, now: Double) {
      connection.write(
        HTTPAnswer(.ok, "x/y", [UInt8](repeating: 0, count: megabytes << 20)),
        HTTPConnection.Exchange(isLast: false), now: now)
    }
  }

  @Test("who has got nothing goes first, then who has been served, then who is slow; not who waits")
  func order() throws {
    var connections = HTTPConnections(HTTPBounds(connections: 4, kept: 1))
    let slow = try Pair(now: 0)
    let served = try Pair(now: 1)
    let old = try Pair(now: 2)
    let new = try Pair(now: 3)
    served.connection.isAdmitted = true
    for pair in [slow, served, old, new] { _ = connections.add(pair.connection, now: 3) }
    slow.write(megabytes: 10, now: 3)
    func isAdded(_ pair: Pair, now: Double) -> Bool {
      connections.add(pair.connection, now: now) != nil
    }
    var gone: [Bool] { [slow, served, old, new].map(\.connection.isClosed) }
    let more = try (0..<4).map { _ in try Pair(now: 5) }
    for pair in more { pair.write(megabytes: 1, now: 5) }
    #expect(isAdded(more[0], now: 5))
    #expect(gone == [false, false, true, false])
    #expect(isAdded(more[1], now: 5))
    #expect(gone == [false, false, true, true])
    #expect(isAdded(more[2], now: 5))
    #expect(gone == [false, true, true, true])
    #expect(isAdded(more[3], now: 5))
    #expect(gone == [true, true, true, true])
    // Those who are quick are let be: one more is kept for vital requests, and no other.
    let last = try (0..<2).map { _ in try Pair(now: 5) }
    last[0].write(megabytes: 1, now: 5)
    #expect(isAdded(last[0], now: 5.5) && last[0].connection.isKept)
    #expect(!isAdded(last[1], now: 5.5))
    #expect(more.allSatisfy { !$0.connection.isClosed && !$0.connection.isKept })
  }

  @Test("a place that was kept and is given back makes no other place")
  func keptPlaces() throws {
    for bounds in [
      HTTPBounds(connections: 2, kept: 2), HTTPBounds(connections: 9, ofOneAddress: 2, kept: 2),
    ] {
      var connections = HTTPConnections(bounds)
      let pairs = try (0..<5).map { _ in try Pair(from: "192.0.2.1", now: 1) }
      for (i, pair) in pairs.enumerated() {
        let number = connections.add(pair.connection, now: 1)
        #expect(number != nil)
        #expect(pair.connection.isKept == (i > 1))
        // The first two take their answers; the others have theirs, and have not left.
        if i < 2 {
          pair.write(megabytes: 1, now: 1)
        } else {
          pair.connection.write(
            HTTPAnswer(json: ["a": 1]), HTTPConnection.Exchange(isLast: true), now: 1)
        }
      }
    }
  }

  @Test("of equals the address with the most connections gives one up")
  func fairness() throws {
    var connections = HTTPConnections(HTTPBounds(connections: 4))
    let addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.2", "2001:db8::1"]
    let pairs = try addresses.enumerated().map { try Pair(from: $1, now: Double($0)) }
    for pair in pairs { _ = connections.add(pair.connection, now: 4) }
    let new = try Pair(from: "192.0.2.3", now: 4)
    let number = connections.add(new.connection, now: 4)
    #expect(number != nil)
    #expect(pairs.map(\.connection.isClosed) == [false, true, false, false])
  }

  @Test("an IPv6 network of 64 bits is one caller; IPv4 is the same by way of IPv6")
  func networks() throws {
    func network(_ text: String) throws -> [UInt8] { try #require(NetworkAddress(text)).network }
    #expect(try network("2001:db8::1") == network("2001:db8:0:0:ffff::2"))
    #expect(try network("2001:db8:0:1::1") != network("2001:db8::1"))
    #expect(try network("::ffff:192.0.2.1") == network("192.0.2.1"))
    #expect(try network("192.0.2.1") != network("192.0.2.2"))
  }

  @Test("bytes on their way are bounded over all; who is slow makes room, who is not does not")
  func bytes() throws {
    var connections = HTTPConnections(HTTPBounds(answerBytes: 20 << 20))
    let pairs = try (0..<2).map { try Pair(now: Double($0)) }
    for pair in pairs { _ = connections.add(pair.connection, now: 1) }
    func hasRoom(_ megabytes: Int, now: Double) -> Bool {
      connections.makeRoom(forBytes: megabytes << 20, now: now)
    }
    // One alone may be as large as it is.
    #expect(hasRoom(30, now: 1))
    pairs[0].write(megabytes: 15, now: 1)
    #expect(hasRoom(4, now: 1))
    #expect(!hasRoom(10, now: 1.5))
    #expect(!pairs[0].connection.isClosed)
    #expect(hasRoom(10, now: 2))
    #expect(pairs[0].connection.isClosed && !pairs[1].connection.isClosed)
    #expect(connections.unsentBytes == 0)
  }
}
