import TestSupport
import Testing

@testable import Service

@Suite struct HTTPRequestTests {
  private func parse(_ text: String) throws -> (request: HTTPRequest, length: Int)? {
    try HTTPRequest.parse(Array(text.utf8))
  }

  private func status(_ text: String) -> HTTPStatus? {
    do throws(HTTPRefusal) {
      _ = try HTTPRequest.parse(Array(text.utf8))
      return nil
    } catch {
      return error.status
    }
  }

  @Test("a request is read with its path, query and headers")
  func whole() throws {
    let text =
      "GET /api/streams/a%2Fb%20c/picture?after=12&x=%C3%A4+b&y HTTP/1.1\r\n"
      + "HOST: localhost:80\r\nAccept: a\r\naccept: b\r\nX-Empty:\r\n\r\n"
    let (request, length) = try #require(try parse(text + "GET"))
    #expect(length == text.utf8.count)
    #expect(request.method == "GET")
    #expect(request.path == ["api", "streams", "a/b c", "picture"])
    #expect(request.query.map(\.name) == ["after", "x", "y"])
    #expect(request.query.map(\.value) == ["12", "ä b", ""])
    #expect(
      request.headers == ["host": "localhost:80", "accept": "a, b", "x-empty": ""])
    #expect(request.isKeptAlive)
  }

  @Test("paths with and without parts")
  func paths() throws {
    for (path, parts) in [("/", []), ("/a", ["a"]), ("/a/", ["a", ""]), ("//", ["", ""])] {
      #expect(try #require(try parse("GET \(path) HTTP/1.0\r\n\r\n")).request.path == parts)
    }
  }

  @Test("the absolute form's host goes before the header's")
  func absolute() throws {
    for (target, path) in [
      ("http://b:80/", []), ("HTTP://B", []), ("http://b/api/streams", ["api", "streams"]),
      ("http://b?x=y", []),
    ] {
      let text = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
      let request = try #require(try parse(text)).request
      #expect(request.authority?.host == "b" && request.path == path)
    }
    #expect(
      try parse("GET http://b?x=y HTTP/1.0\r\n\r\n")?.request.query.map(\.value) == ["y"])
    #expect(try parse("GET / HTTP/1.0\r\n\r\n")?.request.authority == nil)
  }

  @Test("a beginning is not a request yet")
  func beginnings() throws {
    let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for length in 0..<text.utf8.count {
      #expect(try HTTPRequest.parse(text.utf8.prefix(length)) == nil)
    }
  }

  @Test("who closes the connection")
  func keepAlive() throws {
    for (line, isKept) in [
      ("HTTP/1.1\r\nHost: a", true), ("HTTP/1.1\r\nHost: a\r\nConnection: x, Close", false),
      ("HTTP/1.0", false), ("HTTP/1.0\r\nConnection: Keep-Alive", true),
    ] {
      #expect(try #require(try parse("GET / \(line)\r\n\r\n")).request.isKeptAlive == isKept)
    }
  }

  @Test(
    "what is no request is refused",
    arguments: [
      "GET /\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/2\r\nHost: a\r\n\r\n",
      "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a:x/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/ HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1].evil.com\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost:80@evil\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%2 HTTP/1.0\r\n\r\n", "GET /%zz HTTP/1.0\r\n\r\n",
      "GET /%ff HTTP/1.0\r\n\r\n", "GET /?a=%c3 HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n", "\r\n\r\n",
      "GET /ä HTTP/1.0\r\n\r\n",
    ])
  func refused(_ text: String) { #expect(status(text) == .badRequest) }

  @Test("bodies and long heads are refused for what they are")
  func bounds() throws {
    let head = "GET / HTTP/1.1\r\nHost: a\r\n"
    #expect(status(head + "Content-Length: 5\r\n\r\n") == .contentTooLarge)
    #expect(status(head + "Content-Length: x\r\n\r\n") == .contentTooLarge)
    #expect(status(head + "Transfer-Encoding: chunked\r\n\r\n") == .contentTooLarge)
    #expect(status(head + "Content-Length: 0\r\n\r\n") == nil)
    let filling = HTTPRequest.longestHead - head.utf8.count - "X: \r\n\r\n".utf8.count
    let longest = head + "X: " + String(repeating: "x", count: filling) + "\r\n\r\n"
    #expect(try parse(longest)?.length == HTTPRequest.longestHead)
    #expect(status("GET /" + String(repeating: "x", count: 8190)) == .headTooLarge)
  }

  @Test("whatever comes is read or refused")
  func anything() throws {
    var generator = SeededGenerator(seed: TestSeed.of(7))
    let text = "GET /api/streams/%41/picture?after=1&of=2:b HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"
    var read = 0
    for _ in 0..<20_000 {
      var bytes = Array(text.utf8)
      for _ in 0...Int.random(in: 0...3, using: &generator) {
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: at)
        default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &generator))
        }
      }
      if let result = try? HTTPRequest.parse(bytes) {
        read += 1
        #expect(result.length <= bytes.count)
      }
    }
    #expect(read > 1000)
  }
}
