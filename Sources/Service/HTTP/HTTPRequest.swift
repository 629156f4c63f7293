/// What is wrong with a request, as the answer to it.
struct HTTPRefusal: Error, Equatable {
  let status: HTTPStatus
  /// One line.
  let reason: String
  /// What it counts under where the caller may not ask at all.
  let cause: HTTPRefusalCause?

  init(_ status: HTTPStatus, _ reason: String, for cause: HTTPRefusalCause? = nil) {
    self.status = status
    self.reason = reason
    self.cause = cause
  }
}

/// The head of an HTTP/1 request. There is nothing behind it: requests with a body are refused.
struct HTTPRequest: Equatable {
  /// Bytes of a head, the empty line included.
  static let longestHead = 8192

  var method: String
  /// The parts between the path's slashes, decoded: [] for "/", ["api", ""] for "/api/".
  var path: [String]
  /// Names and values in their order, decoded.
  var query: [(name: String, value: String)]
  /// By name in small letters. Those that came more than once are joined by ", ".
  var headers: [String: String]
  /// HTTP/1.1, where connections stay open unless one side says otherwise.
  var isVersion11: Bool
  /// Whom it is meant for: of the target's absolute form, else of the header Host; nil without both.
  var authority: HTTPAuthority?

  static func == (left: HTTPRequest, right: HTTPRequest) -> Bool {
    left.method == right.method && left.path == right.path && left.headers == right.headers
      && left.isVersion11 == right.isVersion11 && left.authority == right.authority
      && left.query.elementsEqual(right.query, by: ==)
  }

  /// The first value of the query's `name`.
  func first(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// Whether the connection is to stay open.
  var isKeptAlive: Bool {
    let wishes = (headers["connection"] ?? "").lowercased().split(separator: ",")
      .map { $0.trimming(" \t") }
    return isVersion11 ? !wishes.contains("close") : wishes.contains("keep-alive")
  }
}

extension HTTPRequest {
  /// The request at the beginning of `bytes` and how many of them it takes; nil while it is not all
  /// there. Never reads more than `longestHead` bytes.
  static func parse(
    _ bytes: some Collection<UInt8>
  ) throws(HTTPRefusal) -> (request: HTTPRequest, length: Int)? {
    let head = Array(bytes.prefix(longestHead))
    guard let end = endOfHead(head) else {
      guard head.count < longestHead else {
        throw HTTPRefusal(.headTooLarge, "a request's head may have \(longestHead) bytes")
      }
      return nil
    }
    var lines = lines(head[..<end]).makeIterator()
    var request = try firstLine(lines.next() ?? [])
    while let line = lines.next() { try request.addHeader(line) }
    try request.check()
    return (request, end + 4)
  }

  /// Where the empty line begins, without the line end before it.
  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    let mark: [UInt8] = [13, 10, 13, 10]
    guard bytes.count >= mark.count else { return nil }
    return (0...(bytes.count - mark.count)).first { start in
      bytes[start] == 13 && bytes[start + 1] == 10 && bytes[start + 2] == 13
        && bytes[start + 3] == 10
    }
  }

  private static func lines(_ head: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = head.startIndex
    var at = start
    while at < head.endIndex {
      if head[at] == 13, at + 1 < head.endIndex, head[at + 1] == 10 {
        lines.append(head[start..<at])
        at += 2
        start = at
      } else {
        at += 1
      }
    }
    lines.append(head[start...])
    return lines
  }

  private static func firstLine(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPRequest {
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 3, let method = token(parts[0]), let version = text(parts[2]) else {
      throw HTTPRefusal(.badRequest, "the first line is not METHOD PATH HTTP/1.1")
    }
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      throw HTTPRefusal(.badRequest, "expected HTTP/1.1 or HTTP/1.0")
    }
    let target = try Self.target(parts[1])
    return HTTPRequest(
      method: method, path: target.path, query: target.query, headers: [:],
      isVersion11: version == "HTTP/1.1", authority: target.authority)
  }

  private mutating func addHeader(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) {
    let halves = line.split(
      separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    // A line that begins with a space went on from the one before, long ago.
    guard halves.count == 2, let name = Self.token(halves[0])?.lowercased(),
      let value = Self.text(halves[1])?.trimming(" \t")
    else { throw HTTPRefusal(.badRequest, "a header is not NAME: VALUE") }
    guard let before = headers[name] else {
      headers[name] = value
      return
    }
    // Two of these could be read in two ways.
    guard !["host", "content-length", "authorization"].contains(name) else {
      throw HTTPRefusal(.badRequest, "more than one header \(name)")
    }
    headers[name] = "\(before), \(value)"
  }

  /// Checks what the headers have to do with each other, and takes the host from them.
  private mutating func check() throws(HTTPRefusal) {
    if isVersion11, headers["host"] == nil {
      throw HTTPRefusal(.badRequest, "no header host")
    }
    if let host = headers["host"] {
      guard let named = HTTPAuthority(host) else {
        throw HTTPRefusal(.badRequest, "the header host is not HOST or HOST:PORT")
      }
      authority = authority ?? named
    }
    if headers["transfer-encoding"] != nil || headers["content-length"].map({ $0 != "0" }) == true {
      throw HTTPRefusal(.contentTooLarge, "requests have no body here")
    }
  }

  /// A method's or header's name; nil for other characters than those of RFC 9110, 5.6.2.
  private static func token(_ bytes: ArraySlice<UInt8>) -> String? {
    let isToken = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
    }
    return !bytes.isEmpty && isToken ? String(decoding: bytes, as: UTF8.self) : nil
  }

  /// Text without control characters.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension StringProtocol {
  /// Without `characters` at both ends.
  fileprivate func trimming(_ characters: String) -> String {
    let rest = drop { characters.contains($0) }
    guard let last = rest.lastIndex(where: { !characters.contains($0) }) else { return "" }
    return String(rest[...last])
  }
}
