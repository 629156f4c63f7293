import CLNF
import Logging
import Measurement
import Recording
import Tracking

/// What a service does, as its configuration file says. Immutable; checked when it is read.
public struct ServiceConfiguration: Sendable, Equatable {
  public let http: HTTPConfiguration
  /// From which level on messages are logged. Default `info`.
  public let logLevel: Logger.Level
  /// At least one; their names differ.
  public let streams: [StreamConfiguration]

  /// Takes what is known to be right; files are read by `load`.
  public init(
    http: HTTPConfiguration = .standard, logLevel: Logger.Level = .info,
    streams: [StreamConfiguration]
  ) {
    self.http = http
    self.logLevel = logLevel
    self.streams = streams
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

  public static let standard = HTTPConfiguration(address: "127.0.0.1", port: 8080, token: nil)

  public init(address: String, port: Int?, token: String?) {
    self.address = address
    self.port = port
    self.token = token
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

/// How a stream's face is followed and measured. What is nil keeps the tracker's own default.
public struct TrackingConfiguration: Sendable, Equatable {
  /// Against what the head's rotation is given.
  public enum PoseAxes: String, Sendable, CaseIterable {
    /// The camera's axes.
    case world
    /// The line of sight from the camera to the head.
    case camera
  }

  public var camera = CameraIntrinsics.Overrides()
  public var pose = PoseAxes.world
  /// The face nearest to this point (pixels) is followed; without it the most confident.
  public var preferredPoint: TrackingSettings.Point?
  /// Pixels from which on faces are wanted, at least 0.
  public var minimumFaceWidth = 0.0
  /// Factor by which the image is enlarged for the face detector.
  public var enlargement: Double?
  public var belief = BeliefConfiguration()
  /// Whether the face's picture is looked for before each fit.
  public var matchesTemplate = false
  /// nil: rows are not smoothed.
  public var smoothing: OneEuroSettings?

  public init() {}
}

/// What a stream asks of a fit beside what its model's learned rules ask (see `Belief`).
public struct BeliefConfiguration: Sendable, Equatable {
  public var minimumConfidence: Double?
  public var maximumMeanShift: Double?
  public var maximumPeakOffset: Double?
  public var maximumStep: Double?
  public var maximumShapeDistance: Double?
  public var maximumLikelihoodDrop: Double?
  public var maximumMovement: Double?

  public init() {}

  /// `base` with what is given here in its place.
  func applied(to base: Belief) -> Belief {
    var belief = base
    belief.minimumConfidence = minimumConfidence ?? base.minimumConfidence
    belief.maximumMeanShift = maximumMeanShift ?? base.maximumMeanShift
    belief.maximumPeakOffset = maximumPeakOffset ?? base.maximumPeakOffset
    belief.maximumStep = maximumStep ?? base.maximumStep
    belief.maximumShapeDistance = maximumShapeDistance ?? base.maximumShapeDistance
    belief.maximumLikelihoodDrop = maximumLikelihoodDrop ?? base.maximumLikelihoodDrop
    belief.maximumMovement = maximumMovement ?? base.maximumMovement
    return belief
  }
}

/// Where frames come from, and how they are asked for.
public struct SourceConfiguration: Sendable, Equatable {
  /// How RTSP's pictures travel.
  public enum Transport: String, Sendable, CaseIterable {
    case tcp, udp
  }

  /// A device's path or an address with a scheme. May hold a password: show it redacted.
  public let address: String
  /// FFmpeg's name; nil: the device's choice.
  public var pixelFormat: String?
  /// Pixels; nil: the device's choice.
  public var width: Int?
  public var height: Int?
  /// Frames a second that a device is asked for; nil: its choice.
  public var framesPerSecond: Double?
  public var transport = Transport.tcp
  /// How long opening may take, seconds.
  public var openDeadlineSeconds = 10.0
  /// How long a frame may be waited for before the source counts as lost, seconds.
  public var readDeadlineSeconds = 5.0

  public init(address: String) { self.address = address }

  /// The address without user name and password.
  public var shownAddress: String {
    guard let scheme = address.range(of: "://") else { return address }
    let rest = address[scheme.upperBound...]
    let host = rest.prefix { !"/?#".contains($0) }
    guard let at = host.lastIndex(of: "@") else { return address }
    return String(address[..<scheme.upperBound]) + String(rest[rest.index(after: at)...])
  }
}

/// Where a stream's rows go.
public enum OutputConfiguration: Sendable, Equatable {
  /// A CSV file after another.
  case csv(LogFileSettings, columns: Set<ColumnGroup>)
  /// A JSON object a line: a file after another.
  case ndjsonFile(LogFileSettings)
  /// To standard output.
  case ndjsonStandardOutput
  /// To whom listens at a Unix socket's path.
  case ndjsonSocket(path: String)
  /// OSC messages by UDP, their addresses beginning with `prefix`.
  case osc(host: String, port: Int, prefix: String)
  /// OpenSeeFace's UDP packets.
  case openSeeFace(host: String, port: Int, faceID: Int)
}
