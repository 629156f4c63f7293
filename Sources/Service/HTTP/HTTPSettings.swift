/// Where health, metrics and the live page are served, and to whom.
public struct HTTPSettings: Sendable, Equatable {
  /// A numeric IPv4 or IPv6 address of this machine, or "localhost" (127.0.0.1). Default 127.0.0.1.
  public let address: String
  /// Default 8080; 0: one that is free.
  public let port: UInt16
  /// What callers must show, 16 to 128 letters, digits, '-', '_', '.' or '~'; nil, the default: no
  /// one is asked, which only a loopback address allows.
  public let token: String?
  /// Names beside its own under which the service is asked: those of a proxy or of this machine,
  /// without a port. Default none.
  public let hosts: [String]
  let interface: NetworkAddress

  /// - Throws: `HTTPError.setting`.
  public init(
    address: String = "127.0.0.1", port: Int = 8080, token: String? = nil, hosts: [String] = []
  ) throws(HTTPError) {
    guard let interface = NetworkAddress(address == "localhost" ? "127.0.0.1" : address) else {
      throw .setting(
        name: "the address", got: "is '\(address)'",
        expected: "a numeric IPv4 or IPv6 address, or localhost")
    }
    guard let number = UInt16(exactly: port) else {
      throw .setting(name: "the port", got: "is \(port)", expected: "0 to 65535")
    }
    if let token, !Self.isGood(token) {
      throw .setting(
        name: "the token", got: "has \(token.utf8.count) characters, or others than it may have",
        expected: "16 to 128 letters, digits, '-', '_', '.' or '~'")
    }
    for host in hosts where !Self.isHost(host) {
      throw .setting(
        name: "the host", got: "is '\(host)'", expected: "a name or an address, without a port")
    }
    guard interface.isLoopback || token != nil else {
      throw .setting(
        name: "the address", got: "is \(address), which others can reach, without a token",
        expected: "a token, or a loopback address such as 127.0.0.1")
    }
    self.address = address
    self.port = number
    self.token = token
    self.hosts = hosts
    self.interface = interface
  }

  /// Whether `text` is what a header Host may have before its port.
  static func isHost(_ text: String) -> Bool {
    if NetworkAddress(text)?.bytes.count == 16 { return true }
    return HTTPAuthority(text).map { !$0.host.isEmpty && $0.host == text.lowercased() } ?? false
  }

  /// A token goes into headers and addresses as it stands.
  private static func isGood(_ token: String) -> Bool {
    let isPlain = token.utf8.allSatisfy { byte in
      switch UInt8(byte) {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"):
        true
      default: false
      }
    }
    return isPlain && (16...128).contains(token.utf8.count)
  }
}
