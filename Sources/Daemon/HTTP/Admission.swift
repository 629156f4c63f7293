/// Who may ask: with a token, whoever shows it; without one, only programs on this machine, and no
/// web page that came from elsewhere.
///
/// A page from elsewhere can make a browser ask a loopback address, under a name of its own that it
/// has pointed there ("DNS rebinding"); the header Host gives it away.
struct Admission: Sendable {
  private let token: [UInt8]?
  private let address: String

  init(_ settings: HTTPSettings) {
    token = settings.token.map { Array($0.utf8) }
    address = settings.address.lowercased()
  }

  /// What is wrong with a caller; nil where nothing is.
  func refusal(_ request: HTTPRequest) -> HTTPRefusal? {
    guard let token else {
      // Browsers always say it; programs of HTTP/1.0 need not.
      guard let host = request.headers["host"], !isOwn(Self.name(host)) else { return nil }
      return HTTPRefusal(
        .forbidden, "without a token, expected the host localhost or a loopback address")
    }
    let shown = Self.bearer(request.headers["authorization"]) ?? request.first("token")
    guard let shown else {
      return HTTPRefusal(.unauthorised, "expected Authorization: Bearer TOKEN, or ?token=TOKEN")
    }
    return Self.isSame(Array(shown.utf8), token)
      ? nil : HTTPRefusal(.unauthorised, "this is not the token")
  }

  private func isOwn(_ name: String) -> Bool {
    name == "localhost" || name == address || NetworkAddress(name)?.isLoopback == true
  }

  /// The host of "host", "host:port" or "[address]:port".
  private static func name(_ host: String) -> String {
    let host = host.lowercased()
    if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
    return String(host.prefix { $0 != ":" })
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
