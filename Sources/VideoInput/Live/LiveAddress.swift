import Glibc
import SystemNames

extension VideoInput {
  /// Whether `input` is a live source: an address with a scheme that is no file's name, a V4L2
  /// device, or a name below /dev that is not there (an unplugged camera).
  public static func isLive(_ input: String) -> Bool { LiveAddress(input) != nil }

  /// `input`, a file's name or an address, as it may be shown to anybody: of an address what is known
  /// to be harmless, "..." in place of the rest. Asks the system whether there is such a file.
  public static func redacted(_ input: String) -> String {
    var status = stat()
    return lstat(input, &status) == 0 ? input : ShownAddress.text(of: input)
  }

  /// A message with every address in it as `redacted` has it.
  public static func redacted(message: String) -> String { ShownAddress.text(in: message) }
}

/// Where a live source is.
struct LiveAddress: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  enum Place: Sendable, Equatable {
    case camera(path: String)
    /// The scheme is in lower case.
    case network(url: String, scheme: String)
  }

  let place: Place
  /// The address as it may be shown.
  let shown: String

  /// Whoever prints the whole prints what may be shown.
  var description: String { shown }
  var customMirror: Mirror { Mirror(self, children: ["shown": shown]) }

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
    shown = VideoInput.redacted(text)
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
    return AddressParts.isScheme(scheme) ? scheme : nil
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
}
