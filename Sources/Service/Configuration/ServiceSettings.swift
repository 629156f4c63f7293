import Logging
import Recording
import Session
import VideoInput

/// The settings that the service alone has, and all that there are.
public enum ServiceSettings {
  /// Every setting of the commands and of the configuration.
  public static let table = SettingTable(
    Settings.topics + [
      SettingTopic("The service", service), SettingTopic("A stream of the service", stream),
      SettingTopic("An output of a stream", output),
    ])

  static let service = [
    config.description, check.description, address.description, port.description,
    token.description, tokenFile.description, hosts.description, logLevel.description,
  ]

  public static let config = Setting(
    "config", .path("the name of a YAML file"), "file", short: "c", in: [.serve],
    "The configuration, a YAML file; must be there.")

  public static let check = Setting(
    flag: "check", in: [.serve],
    "Only check the configuration, models included: every mistake is a line.")

  static let address = Setting(
    "address", .interfaceAddress, "address", default: HTTPConfiguration.standard.address,
    in: [.http],
    "Where HTTP listens; any address but a loopback one needs a token.")

  static let port = Setting(
    "port", ValueFormat.integer(1...65535, "a port").orOff(), "port",
    default: HTTPConfiguration.standard.port, in: [.http], "The port of HTTP.")

  static let token = Setting(
    "token", .token, "token", words: "none", in: [.http],
    "What callers must show: 16 to 128 letters, digits, `-_.~`.")

  static let tokenFile = Setting(
    "token-file", .secretFile, "file", words: "none", in: [.http],
    "Instead of token: a file with it and nothing else.")

  static let hosts = Setting(
    "hosts", hostList, "list", words: "none", in: [.http],
    "Names beside localhost and the address under which it is asked, as those of a proxy.")

  private static let hostList = ValueFormat<[String]>.list(
    "a list of names, such as [cameras.example]",
    of: ValueFormat("a name or an address, without a port") { HTTPSettings.isHost($0) ? $0 : nil }
  ) { $0 }

  static let logLevel = Setting(
    "level", logLevels, "level", default: .info, in: [.log],
    "From which level on messages are logged, to standard error.")

  private static let logLevels = ValueFormat<Logger.Level>.choice([
    "debug": .debug, "info": .info, "notice": .notice, "warning": .warning, "error": .error,
  ])
}

// MARK: - A stream

extension ServiceSettings {
  static let stream = [
    name.description, source.description, user.description, passwordFile.description,
    outputs.description,
  ]

  static let name = Setting(
    "name", .streamName, "name", words: "must be there", in: [.stream],
    "Stands in files, metrics and pages.")

  static let source = Setting(
    "source", .source, "address", words: "must be there", in: [.stream],
    "A device's path or an address with a scheme: /dev/video0, rtsp://..., http://..., udp://..., "
      + "srt://..., whatever FFmpeg opens.")

  static let user = Setting(
    "user", .text("a user's name"), "name", words: "the address's", in: [.stream],
    "Put into the address, percent-encoded.")

  static let passwordFile = Setting(
    "password-file", .secretFile, "file", words: "none", in: [.stream],
    "A file with the user's password and nothing else.")

  /// A list of sections: read by `OutputConfiguration.read`.
  static let outputs = Setting(
    "outputs", ValueFormat<String>("a list of outputs, each with a type") { _ in nil }, "list",
    words: "none", in: [.stream], "Where rows go; any number.")
}

// MARK: - Outputs

extension ServiceSettings {
  static let output = [
    type.description, path.description, socket.description, stdout.description,
    rotateEvery.description, rotateSize.description, flushEvery.description, fsync.description,
    host.description, oscPort.description, prefix.description, openSeeFaceHost.description,
    openSeeFacePort.description, faceID.description,
  ]

  private static let files: Set<SettingPlace> = [.csv, .ndjson]

  static let type = Setting(
    "type",
    .choice([
      "csv": OutputKind.csv, "ndjson": .ndjson, "osc": .osc, "openseeface": .openSeeFace,
    ]), "kind", words: "must be there", in: [.csv, .ndjson, .osc, .openseeface],
    "What is written.")

  static let path = Setting(
    "path", pattern, "file", words: "csv: must be there", in: files,
    "The files: {stream} is the stream's name; %Y %m %d %j %H %M %S the time in UTC; %% a percent "
      + "sign.")

  private static let pattern = ValueFormat<String>(
    "a file's path, such as rows/{stream}-%Y%m%dT%H%M%SZ.csv"
  ) { $0.hasSuffix("/") ? nil : $0 }

  /// sun_path has 108 bytes, a zero at its end.
  static let socket = Setting(
    "socket",
    ValueFormat<String>("the path of a Unix socket, at most 107 bytes") {
      $0.utf8.count <= 107 ? $0 : nil
    }, "path", in: [.ndjson], "Instead of path: whoever connects to it gets the rows.")

  static let stdout = Setting(
    "stdout", ValueFormat<Bool>("true", range: "true") { $0 == "true" ? true : nil }, "true",
    in: [.ndjson], "Instead of path: standard output.")

  static let rotateEvery = Setting(
    "rotate-every", period.orOff(), "time", default: 86_400, in: files,
    "A new file at each multiple of it, UTC.")

  private static let period: ValueFormat<Int> = {
    let format = ValueFormat.duration(1...31_622_400)
    return ValueFormat(
      format.expected + ", in whole seconds", range: format.range,
      text: { $0 % 86_400 == 0 ? "\($0 / 86_400)d" : "\($0)s" }
    ) { text in
      format.parse(text).flatMap { $0 == $0.rounded() ? Int($0) : nil }
    }
  }()

  static let rotateSize = Setting(
    "rotate-size", ValueFormat.size(4096...1_000_000_000_000).orOff(), "size",
    default: .some(nil), in: files, "A new file before it would be larger.")

  static let flushEvery = Setting(
    "flush-every", .duration(0...1), "time", default: 0.5, in: files,
    "At most so long until readers of the file see a row.")

  static let fsync = Setting(
    "fsync", policy, "policy", default: .onRotation, in: files,
    "When rows are made to outlive the power.")

  private static let policy: ValueFormat<FsyncPolicy> = {
    let interval = ValueFormat.duration(0.1...3600)
    return ValueFormat(
      "never, on-rotation, always, or \(interval.expected)",
      range: "never, on-rotation, always, or \(interval.range)",
      text: { $0 == .onRotation ? "on-rotation" : "\($0)" }
    ) { text in
      switch text {
      case "never": .never
      case "on-rotation": .onRotation
      case "always": .always
      default: interval.parse(text).map { .interval(seconds: $0) }
      }
    }
  }()

  static let host = Setting(
    "host", .host, "host", words: "must be there", in: [.osc], "Where packets are sent, by UDP.")

  static let oscPort = Setting(
    "port", .integer(1...65535, "a port"), "port", default: 9000, in: [.osc],
    "The receiver's port.")

  static let prefix = Setting(
    "prefix", addressPrefix, "address", default: "/landmarkd", in: [.osc],
    "What the addresses of messages begin with.")

  private static let addressPrefix = ValueFormat<String>(
    "an OSC address such as /landmarkd, of ASCII without spaces and # * , ? [ ] { }", text: \.self
  ) { text in
    let isGood = (try? OSCSettings(host: "127.0.0.1", port: 1, prefix: text)) != nil
    return isGood && text.utf8.count <= 128 ? text : nil
  }

  static let openSeeFaceHost = Setting(
    "host", .host, "host", default: "127.0.0.1", in: [.openseeface],
    "Where packets are sent, by UDP.")

  static let openSeeFacePort = Setting(
    "port", .integer(1...65535, "a port"), "port", default: OpenSeeFaceSender.defaultPort,
    in: [.openseeface], "The receiver's port.")

  static let faceID = Setting(
    "face-id", .integer(0...Int(Int32.max), isOpen: true), "n", default: 0, in: [.openseeface],
    "The face's number in the packets.")
}

/// What an output writes.
enum OutputKind: String, Sendable, CaseIterable {
  case csv, ndjson, osc
  case openSeeFace = "openseeface"

  var place: SettingPlace {
    switch self {
    case .csv: .csv
    case .ndjson: .ndjson
    case .osc: .osc
    case .openSeeFace: .openseeface
    }
  }
}

// MARK: - Formats

extension ValueFormat where Value == String {
  /// What names streams in files, addresses and metrics.
  static var streamName: Self {
    Self(
      "1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit",
      range: "1 to 64 letters, digits, `-_.`"
    ) { text in
      let bytes = Array(text.utf8)
      guard (1...64).contains(bytes.count), isAlphanumeric(bytes[0]),
        bytes.allSatisfy({ isAlphanumeric($0) || "-_.".utf8.contains($0) })
      else { return nil }
      return text
    }
  }

  /// A camera that is not there yet has a right address, a file that is there has not. What stands
  /// there may hold a password.
  static var source: Self {
    Self(
      "a camera such as /dev/video0 or an address such as rtsp://host/path; recorded files are for "
        + "landmarkd track", isSecret: true
    ) { text in text.contains("://") || VideoInput.isLive(text) ? text : nil }
  }

  static var secretFile: Self { .text("the name of a file with nothing else in it") }

  /// Goes into headers and addresses as it stands.
  static var token: Self {
    Self("16 to 128 letters, digits, '-', '_', '.' or '~'", isSecret: true) { text in
      let isGood = text.utf8.allSatisfy { isAlphanumeric($0) || "-_.~".utf8.contains($0) }
      return isGood && (16...128).contains(text.utf8.count) ? text : nil
    }
  }

  /// A numeric address of an interface, or "localhost".
  static var interfaceAddress: Self {
    Self(
      "an IPv4 or IPv6 address such as 127.0.0.1, or localhost",
      range: "IPv4 or IPv6 address, or localhost"
    ) { text in text == "localhost" || NetworkAddress(text) != nil ? text : nil }
  }

  /// A host's name or address.
  static var host: Self {
    Self("a host name or an IPv4 or IPv6 address") { text in
      let isName =
        (1...253).contains(text.utf8.count)
        && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
        && !text.hasPrefix("-") && !text.hasPrefix(".")
      return isName || NetworkAddress(text) != nil ? text : nil
    }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte < 128 && (Character(Unicode.Scalar(byte)).isLetter || (48...57).contains(byte))
  }
}
