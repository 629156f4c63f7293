/// The host and port that a request is meant for, as in the header Host (RFC 9110, 7.2).
struct HTTPAuthority: Equatable, Sendable {
  /// In small letters; an IPv6 address without its brackets. Empty where the caller has no name.
  let host: String
  /// nil: the scheme's.
  let port: UInt16?

  /// nil for what RFC 3986, 3.2.2 does not know as a host and a port, user parts among it, and for
  /// names of other characters than letters, digits, '-', '_' and '.'.
  init?(_ text: some StringProtocol) {
    let text = text.lowercased()
    let rest: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = String(text[..<end].dropFirst())
      guard NetworkAddress(host)?.bytes.count == 16 else { return nil }
      rest = text[text.index(after: end)...]
    } else {
      host = String(text.prefix { $0 != ":" })
      let isName = host.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
      guard isName, host.utf8.count <= 253 else { return nil }
      rest = text.dropFirst(host.count)
    }
    guard rest.isEmpty || rest.first == ":" && !host.isEmpty else { return nil }
    let digits = rest.dropFirst()
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    guard !digits.isEmpty else {
      port = nil
      return
    }
    guard let number = UInt16(digits) else { return nil }
    port = number
  }

  /// Whether a page that came from `origin` (RFC 6454: "http://host:port") came from here.
  func isOrigin(_ origin: String) -> Bool {
    guard let (other, standard) = Self.origin(origin) else { return false }
    return other.host == host && (other.port ?? standard) == (port ?? standard)
  }

  /// Where a page came from, and the port that its scheme has without one; nil for what is no web
  /// page ("null", "file://").
  static func origin(_ text: String) -> (authority: HTTPAuthority, standardPort: UInt16)? {
    let text = text.lowercased()
    for (scheme, port) in [("http://", UInt16(80)), ("https://", 443)] where text.hasPrefix(scheme)
    {
      return HTTPAuthority(text.dropFirst(scheme.count)).map { ($0, port) }
    }
    return nil
  }
}
