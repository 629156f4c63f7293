import Measurement
import Synchronization
import Tracking

/// How and where Open Sound Control is sent.
public struct OSCSettings: Sendable, Equatable {
  /// A name or address.
  public let host: String
  /// 1 to 65535.
  public let port: Int
  /// What all addresses begin with: a slash and printable ASCII without spaces and # * , ? [ ] { }.
  /// Default /landmarkd.
  public let prefix: String
  /// The groups of values that are sent. Default pose, landmarks and fit, which keeps the packet
  /// of 68 landmarks under an Ethernet frame's 1,500 bytes.
  public let groups: Set<ColumnGroup>

  /// The default of `groups`.
  public static let standardGroups: Set<ColumnGroup> = [.pose, .landmarks, .fit]

  /// Throws `RecordingError.invalidSetting` for what is out of range.
  public init(
    host: String, port: Int, prefix: String = "/landmarkd",
    groups: Set<ColumnGroup> = Self.standardGroups
  ) throws(RecordingError) {
    guard prefix.hasPrefix("/"), !prefix.hasSuffix("/"),
      prefix.utf8.allSatisfy({ $0 == UInt8(ascii: "/") || OSCBundle.isAllowed($0) })
    else {
      throw .invalidSetting(
        name: "prefix", value: "'\(prefix)'", expected: "an OSC address such as /landmarkd")
    }
    self.host = host
    self.port = port
    self.prefix = prefix
    self.groups = groups
  }
}

/// A live stream's rows as OSC 1.0 bundles over UDP, one a row.
///
/// The addresses are in docs/use/outputs.md. Encoding and sending a row of 68 landmarks take about
/// 5 microseconds together.
public final class OSCSender: FrameSink {
  private let sender: DatagramSender
  private let clock = LogClock()
  private let bundle: Mutex<OSCBundle>

  /// Throws `RecordingError.invalidSetting` for a host or port that cannot be one. A name is looked
  /// up meanwhile; rows that come before are lost and counted.
  public init(settings: OSCSettings, stream: String) throws(RecordingError) {
    sender = try DatagramSender(host: settings.host, port: settings.port)
    bundle = Mutex(OSCBundle(settings: settings, stream: stream))
  }

  public func write(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext
  ) {
    let times = OSCBundle.Times(
      utcSeconds: frame.utcSeconds ?? clock.utcSeconds(),
      latencySeconds: clock.latencySeconds(since: frame.captureSeconds))
    bundle.withLock { bundle in
      bundle.encode(frame, measurement, context, times)
      sender.send(bundle.bytes)
    }
  }

  public func close() { sender.close() }

  public var status: SinkStatus { sender.status(kind: "osc") }
}
