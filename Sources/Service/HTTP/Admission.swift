/// Who may ask: with a token, whoever shows it; without one, only programs on this machine. Never a
/// web page that came from elsewhere, whatever it shows.
///
/// A page from elsewhere can make a browser ask a loopback address. The headers Origin and
/// Sec-Fetch-Site, which no page can change, give it away; where it has pointed a name of its own
/// here ("DNS rebinding"), the header Host does.
struct Admission: Sendable {
  private let token: [UInt8]?
  /// In small letters: the settings' names, and those under which the service itself is there.
  private let hosts: Set<String>
  private let ownNames: Set<String>

  init(_ settings: HTTPSettings) {
    token = settings.token.map { Array($0.utf8) }
    hosts = Set(settings.hosts.map { $0.lowercased() })
    ownNames = [settings.address.lowercased(), "localhost"]
  }

  /// What is wrong with a caller; nil where nothing is.
  func refusal(_ request: HTTPRequest) -> HTTPRefusal? {
    guard !isFromOtherSite(request) else {
      return HTTPRefusal(
        .forbidden, "pages of other sites may not ask here", for: .otherSite)
    }
    guard let token else {
      // Browsers always say it; programs of HTTP/1.0 need not.
      guard let host = request.authority?.host, !isOwn(host) else { return nil }
      return HTTPRefusal(
        .forbidden,
        "without a token, expected the host localhost, a loopback address or one of http.hosts",
        for: .host)
    }
    let shown = Self.bearer(request.headers["authorization"]) ?? request.first("token")
    guard let shown else {
      return HTTPRefusal(
        .unauthorised, "expected Authorization: Bearer TOKEN, or ?token=TOKEN", for: .token)
    }
    return Self.isSame(Array(shown.utf8), token)
      ? nil : HTTPRefusal(.unauthorised, "this is not the token", for: .token)
  }

  /// Whether a browser says that another site's page asks. Programs that are no browsers say
  /// nothing of that kind.
  private func isFromOtherSite(_ request: HTTPRequest) -> Bool {
    if let origin = request.headers["origin"], !isOwnOrigin(origin, request.authority) {
      return true
    }
    switch request.headers["sec-fetch-site"] {
    // "none": an address that was typed in, or a bookmark.
    case nil, "same-origin", "none": return false
    default: return !Self.isLink(request)
    }
  }

  /// Whether somebody followed a link to the live page: it is shown to him, not to the other site.
  private static func isLink(_ request: HTTPRequest) -> Bool {
    request.path.isEmpty && request.headers["sec-fetch-mode"] == "navigate"
      && request.headers["sec-fetch-dest"] == "document"
  }

  private func isOwnOrigin(_ origin: String, _ authority: HTTPAuthority?) -> Bool {
    // Behind a proxy that sets Host the origin has the proxy's name.
    if let name = HTTPAuthority.origin(origin)?.authority.host, hosts.contains(name) { return true }
    return authority?.isOrigin(origin) ?? false
  }

  private func isOwn(_ name: String) -> Bool {
    ownNames.contains(name) || hosts.contains(name) || NetworkAddress(name)?.isLoopback == true
  }

  private static func bearer(_ header: String?) -> String? {
    guard let header, header.lowercased().hasPrefix("bearer ") else { return nil }
    return String(header.dropFirst(7).drop { $0 == " " })
  }

  /// Takes as long wherever the first difference is.
  static func isSame(_ shown: [UInt8], _ token: [UInt8]) -> Bool {
    var difference = shown.count ^ token.count
    for (i, byte) in token.enumerated() {
      difference |= Int(byte ^ (i < shown.count ? shown[i] : ~byte))
    }
    return difference == 0
  }
}
