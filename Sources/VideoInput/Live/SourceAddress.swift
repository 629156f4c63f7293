/// An address or device's path as it is opened, which printing does not give away: whatever prints
/// it, or something that holds it, prints `shown`.
public struct SourceAddress: Sendable, Hashable, ExpressibleByStringInterpolation,
  CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  /// As it is opened. May hold a password: not for messages.
  public let secretText: String

  public init(_ text: String) { secretText = text }
  public init(stringLiteral text: String) { secretText = text }

  /// As anybody may see it (`VideoInput.redacted`).
  public var shown: String { VideoInput.redacted(secretText) }

  public var description: String { shown }
  public var debugDescription: String { shown }
  public var customMirror: Mirror { Mirror(self, children: ["shown": shown]) }

  /// What keeps it from ever being opened, whatever there is on the network; nil where nothing is
  /// known. Nothing in it is secret.
  public var mistake: AddressMistake? { AddressMistake(in: secretText) }
}

/// Why an address can never be opened.
public struct AddressMistake: Sendable, Equatable {
  /// As a clause: what is wrong with it.
  public let problem: String
  /// What would be right.
  public let expected: String

  private static let encoded =
    "user name and password percent-encoded: %2F for /, %3F for ?, %23 for #, %40 for @ "
    + "(in a path as well)"

  /// Schemes whose sources are always somewhere else.
  private static let calling: Set<String> = [
    "http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "ftp", "sftp",
  ]

  /// nil for what is no address, and where nothing is wrong.
  init?(in text: String) {
    guard case .network(let url, let scheme) = LiveAddress(text)?.place,
      let separator = url.firstRange(of: "://")
    else { return nil }
    let parts = AddressParts(Array(url[separator.upperBound...].utf8)[...])
    if let mark = Self.unescapedMark(parts) {
      problem = "its user name or password holds \"\(mark)\" as it is, which ends the host's name"
      expected = Self.encoded
    } else if !parts.portIsRight {
      problem = "what follows the colon behind its host is no port"
      expected = "HOST:PORT with a port up to 65535, or USER:PASSWORD@HOST with \(Self.encoded)"
    } else if parts.host.isEmpty, Self.calling.contains(scheme) {
      problem = "it names no host"
      expected = "\(scheme)://HOST/PATH"
    } else {
      return nil
    }
  }

  /// The character that ends what was meant as a user name and password; nil where there is none for
  /// all that can be known.
  private static func unescapedMark(_ parts: AddressParts) -> Character? {
    guard let other = parts.afterLastAt, let mark = parts.rest.first else { return nil }
    let character = Character(Unicode.Scalar(mark))
    guard parts.portIsRight else { return character }
    // "nas:8080/a@2x.jpg" is right, and so is an address within another's path.
    guard !parts.isNumericHost, other.isPlainHost, !other.host.isEmpty,
      parts.rest.firstRange(of: Array("://".utf8)) == nil
    else { return nil }
    if other.isNumericHost { return character }
    let isName =
      parts.host.contains(UInt8(ascii: ".")) || parts.host.elementsEqual("localhost".utf8)
    let goesOn = other.hasPort || !other.rest.isEmpty
    return !isName && goesOn ? character : nil
  }
}
