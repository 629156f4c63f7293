import CLNF
import Logging
import Measurement
import Recording
import Session
import Tracking
import VideoInput

/// What a service does, as its configuration file says. Immutable; checked when it is read.
public struct ServiceConfiguration: Sendable, Equatable {
  public let http: HTTPConfiguration
  /// From which level on messages are logged. Default `info`.
  public let logLevel: Logger.Level
  /// At least one; their names differ.
  public let streams: [StreamConfiguration]
  /// What can be used and should not be so.
  public let warnings: [ConfigurationMistake]

  /// Takes what is known to be right; files are read by `load`.
  public init(
    http: HTTPConfiguration = .standard, logLevel: Logger.Level = .info,
    streams: [StreamConfiguration], warnings: [ConfigurationMistake] = []
  ) {
    self.http = http
    self.logLevel = logLevel
    self.streams = streams
    self.warnings = warnings
  }
}

/// Where health, metrics and the live page are served.
public struct HTTPConfiguration: Sendable, Equatable {
  /// The interface's address, or "localhost". Default 127.0.0.1.
  public let address: String
  /// 1 to 65535, or nil: no HTTP. Default 8080.
  public let port: Int?
  /// What callers must show; always there where `address` is not a loopback one. Default none.
  public let token: String?
  /// Names beside the address under which it is asked, as those of a proxy. Default none.
  public let hosts: [String]

  public static let standard = HTTPConfiguration(address: "127.0.0.1", port: 8080, token: nil)

  public init(address: String, port: Int?, token: String?, hosts: [String] = []) {
    self.address = address
    self.port = port
    self.token = token
    self.hosts = hosts
  }
}

/// One stream: a source, how it is tracked, and where its rows go.
public struct StreamConfiguration: Sendable, Equatable {
  public let name: String
  public let source: SourceConfiguration
  /// The model's file or folder; nil: the one that is part of the program.
  public let model: String?
  public let tracking: TrackingConfiguration
  /// Any number.
  public let outputs: [OutputConfiguration]

  public init(
    name: String, source: SourceConfiguration, model: String? = nil,
    tracking: TrackingConfiguration = TrackingConfiguration(), outputs: [OutputConfiguration] = []
  ) {
    self.name = name
    self.source = source
    self.model = model
    self.tracking = tracking
    self.outputs = outputs
  }
}

/// Where frames come from, and how they are asked for.
public struct SourceConfiguration: Sendable, Equatable {
  /// A device's path or an address with a scheme; its secrets are in it.
  public let address: SourceAddress
  public let settings: LiveSettings

  public init(address: SourceAddress, settings: LiveSettings = .standard) {
    self.address = address
    self.settings = settings
  }
}

/// Where a stream's rows go.
public enum OutputConfiguration: Sendable, Equatable {
  /// A CSV file after another.
  case csv(LogFileSettings, columns: Set<ColumnGroup>)
  /// A JSON object a line.
  case ndjson(NDJSONLog.Target, columns: Set<ColumnGroup>)
  /// OSC bundles by UDP.
  case osc(OSCSettings)
  /// OpenSeeFace's UDP packets.
  case openSeeFace(host: String, port: Int, faceID: Int)

  /// The groups of columns that are written.
  var columns: Set<ColumnGroup> {
    switch self {
    case .csv(_, let columns), .ndjson(_, let columns): columns
    case .osc(let settings): settings.groups
    case .openSeeFace: []
    }
  }
}
