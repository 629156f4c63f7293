import Glibc

extension VideoInput {
  /// Whether `input` is a live source: an address with a scheme that is no file's name, a V4L2
  /// device, or a name below /dev that is not there (an unplugged camera).
  public static func isLive(_ input: String) -> Bool { LiveAddress(input) != nil }

  /// `input` as it may be shown: without user name and password, and without the values of
  /// parameters that look like a secret.
  public static func redacted(_ input: String) -> String { LiveAddress.redacted(input) }
}

/// Where a live source is.
struct LiveAddress: Sendable, Equatable {
  enum Place: Sendable, Equatable {
    case camera(path: String)
    /// The scheme is in lower case.
    case network(url: String, scheme: String)
  }

  let place: Place
  /// The address as it may be shown.
  let shown: String

  var isCamera: Bool {
    if case .camera = place { return true }
    return false
  }

  /// The name whose appearance ends a wait; none for what is not on this machine.
  var watchedPath: String? {
    if case .camera(let path) = place { return path }
    return nil
  }

  /// Linux's number for video devices.
  private static let videoMajor: UInt = 81

  /// The major number in a device number, as glibc packs it.
  private static func major(_ device: UInt) -> UInt {
    (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
  }

  /// Schemes of FFmpeg's that lead to local files, or that wrap another address and would hide its
  /// scheme from `protocols`.
  private static let localSchemes: Set<String> = [
    "file", "fd", "pipe", "concat", "concatf", "subfile", "cache", "async", "crypto", "data", "hls",
    "bluray", "tee", "md5", "icecast", "lavfi", "ipfs", "ipns",
  ]

  /// nil where `text` names a file, or nothing.
  init?(_ text: String) {
    shown = Self.redacted(text)
    var status = stat()
    if stat(text, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFCHR, Self.major(status.st_rdev) == Self.videoMajor
      else { return nil }
      place = .camera(path: text)
    } else if text.hasPrefix("/dev/") {
      place = .camera(path: text)
    } else if let scheme = Self.scheme(of: text), !Self.localSchemes.contains(scheme) {
      place = .network(url: text, scheme: scheme)
    } else {
      return nil
    }
  }

  /// The part in front of "://" in lower case; nil without one.
  private static func scheme(of text: String) -> String? {
    guard let separator = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<separator.lowerBound].lowercased()
    let isName = scheme.utf8.allSatisfy { byte in
      (97...122).contains(byte) || (48...57).contains(byte) || [43, 45, 46].contains(byte)
    }
    guard let first = scheme.utf8.first, (97...122).contains(first), isName else { return nil }
    return scheme
  }

  /// The protocols that a source of `scheme` may use, as FFmpeg's list. Whatever the source sends
  /// (a playlist, an SDP) cannot lead to a local file: no list has `file`.
  static func protocols(for scheme: String) -> String {
    switch scheme {
    case "rtsp", "rtsps", "satip": "rtsp,rtsps,rtp,srtp,tcp,udp,tls,http,https,httpproxy"
    case "rtp", "srtp", "sdp": "rtp,srtp,udp"
    case "http", "https": "http,https,httpproxy,tcp,tls,crypto"
    case "udp", "udplite": "udp,udplite"
    case "rtmp", "rtmps", "rtmpt", "rtmpts", "rtmpe", "rtmpte":
      "rtmp,rtmps,rtmpt,rtmpts,rtmpe,rtmpte,ffrtmphttp,ffrtmpcrypt,tcp,tls,http,https,httpproxy"
    case "ftp", "gopher", "gophers", "mmsh", "mmst": "\(scheme),http,httpproxy,tcp,tls"
    default: "\(scheme),tcp,udp,tls"
    }
  }

  // MARK: - What may be shown

  private static let secretWords = ["pass", "pwd", "token", "key", "secret", "auth", "sig", "user"]

  static func redacted(_ text: String) -> String {
    guard scheme(of: text) != nil, let separator = text.firstRange(of: "://") else { return text }
    let head = text[..<separator.upperBound]
    var rest = text[separator.upperBound...]
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    if let at = rest[..<end].lastIndex(of: "@") {
      rest = rest[rest.index(after: at)...]
    } else if !hasPort(rest[..<end]), let at = rest.lastIndex(of: "@") {
      // A password with an unescaped slash: "rtsp://user:pa/ss@host/" is no address that works, but
      // its mistake must not be shown to everybody.
      rest = rest[rest.index(after: at)...]
    }
    return head + withoutSecrets(rest)
  }

  /// Whether nothing or a port number follows the last colon of "host:port".
  private static func hasPort(_ authority: Substring) -> Bool {
    guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return true }
    return authority[authority.index(after: colon)...].allSatisfy(\.isNumber)
  }

  /// "?a=1&password=x" becomes "?a=1&password=...".
  private static func withoutSecrets(_ text: Substring) -> String {
    guard let mark = text.firstIndex(of: "?") else { return String(text) }
    let parameters = text[text.index(after: mark)...].split(
      separator: "&", omittingEmptySubsequences: false)
    let shown = parameters.map { parameter in
      guard let equals = parameter.firstIndex(of: "=") else { return String(parameter) }
      let name = parameter[..<equals].lowercased()
      guard secretWords.contains(where: { name.contains($0) }) else { return String(parameter) }
      return parameter[...equals] + "..."
    }
    return text[...mark] + shown.joined(separator: "&")
  }
}
