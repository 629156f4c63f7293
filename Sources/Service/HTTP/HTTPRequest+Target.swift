extension HTTPRequest {
  /// A request's target in its parts.
  struct Target {
    /// Of the absolute form alone, which goes before the header Host.
    var authority: HTTPAuthority?
    var path: [String]
    var query: [(name: String, value: String)]
  }

  /// Reads the origin form ("/path?query") or the absolute form ("http://host/path?query") of
  /// RFC 9112, 3.2.
  static func target(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> Target {
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw HTTPRefusal(.badRequest, "the path has characters that it cannot have")
    }
    if bytes.first == UInt8(ascii: "/") { return try target(bytes, of: nil) }
    let scheme = "http://"
    guard String(decoding: bytes.prefix(scheme.utf8.count), as: UTF8.self).lowercased() == scheme
    else { throw HTTPRefusal(.badRequest, "expected a path that begins with '/', or http://...") }
    let rest = bytes.dropFirst(scheme.utf8.count)
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    let name = rest[..<(end ?? rest.endIndex)]
    guard !name.isEmpty, let authority = HTTPAuthority(String(decoding: name, as: UTF8.self)),
      !authority.host.isEmpty
    else { throw HTTPRefusal(.badRequest, "expected http://HOST:PORT/PATH") }
    return try target(rest[name.endIndex...], of: authority)
  }

  private static func target(
    _ bytes: ArraySlice<UInt8>, of authority: HTTPAuthority?
  ) throws(HTTPRefusal) -> Target {
    let halves = bytes.split(
      separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    var path: [String] = []
    for part in halves[0].dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      path.append(try decoded(part, plusIsSpace: false))
    }
    if path == [""] { path = [] }
    return Target(
      authority: authority, path: path, query: try readQuery(halves.count > 1 ? halves[1] : []))
  }

  private static func readQuery(
    _ bytes: ArraySlice<UInt8>
  ) throws(HTTPRefusal) -> [(name: String, value: String)] {
    var query: [(name: String, value: String)] = []
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
      let halves = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? try decoded(halves[1], plusIsSpace: true) : ""
      query.append((try decoded(halves[0], plusIsSpace: true), value))
    }
    return query
  }

  private static func decoded(
    _ bytes: ArraySlice<UInt8>, plusIsSpace: Bool
  ) throws(HTTPRefusal) -> String {
    var result: [UInt8] = []
    var at = bytes.startIndex
    while at < bytes.endIndex {
      switch bytes[at] {
      case UInt8(ascii: "%"):
        guard bytes.endIndex - at > 2, let high = hexDigit(bytes[at + 1]),
          let low = hexDigit(bytes[at + 2])
        else { throw HTTPRefusal(.badRequest, "'%' without two hexadecimal digits") }
        result.append(16 * high + low)
        at += 3
      case UInt8(ascii: "+") where plusIsSpace:
        result.append(UInt8(ascii: " "))
        at += 1
      default:
        result.append(bytes[at])
        at += 1
      }
    }
    guard let text = String(validating: result, as: UTF8.self) else {
      throw HTTPRefusal(.badRequest, "the path or query is not UTF-8")
    }
    return text
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
