import Measurement
import Tracking

/// Rows of a live stream as JSON, one object a line: to files like CSVLog's, to standard output, or
/// to whoever listens on a Unix socket.
///
/// The keys are in docs/use/outputs.md. A receiver that is slow loses whole lines, which are
/// counted; one that goes away is connected to again. Encoding a row of 68 landmarks takes about
/// 10 microseconds and allocates nothing.
public final class NDJSONLog: FrameSink {
  /// Where the lines go.
  public enum Target: Sendable, Equatable {
    case files(LogFileSettings)
    case standardOutput
    /// The path of a Unix stream socket that a receiver listens on.
    case socket(path: String)
  }

  private let row: NDJSONRow
  private let target: String
  private let writer: LineWriter
  private let clock: LogClock

  /// Bytes that wait for a slow receiver: ten seconds of 30 rows a second.
  private static let streamQueueBytes = 1 << 20
  /// A receiver of live rows wants each as it comes.
  private static let streamFlushSeconds = 0.0

  /// Begins with the first row; `groups` are the columns' groups that are written.
  ///
  /// What goes wrong with the destination is `status.problem`, not an error: it may come right.
  /// Throws `RecordingError.invalidSetting` for a pattern or path that cannot be one.
  public convenience init(
    _ target: Target, groups: Set<ColumnGroup> = ColumnGroup.standard, stream: String
  ) throws(RecordingError) {
    try self.init(
      target, groups: groups, stream: stream, calls: FileCalls(), clock: LogClock())
  }

  init(
    _ target: Target, groups: Set<ColumnGroup>, stream: String, calls: sending FileCalls,
    clock: LogClock
  ) throws(RecordingError) {
    row = NDJSONRow(groups: groups)
    self.clock = clock
    let name = "ndjson \(stream)"
    switch target {
    case .files(let settings):
      self.target = settings.pattern
      let plan = RotatingFile.Plan(
        names: try NamePattern(settings.pattern, stream: stream), firstByte: UInt8(ascii: "{"),
        rotateSeconds: settings.rotateSeconds, rotateBytes: settings.rotateBytes,
        fsync: settings.fsync)
      writer = LineWriter(
        RotatingFile(plan, calls: calls, clock: clock), name: name,
        capacity: settings.queueBytes, flushSeconds: settings.flushSeconds, slowCause: .diskSlow)
    case .standardOutput:
      self.target = "standard output"
      writer = LineWriter(
        StreamDestination(
          calls.standardOutput, name: self.target, owns: false, header: [], calls: calls),
        name: name, capacity: Self.streamQueueBytes, flushSeconds: Self.streamFlushSeconds,
        slowCause: .receiverSlow)
    case .socket(let path):
      self.target = path
      writer = LineWriter(
        try UnixSocketDestination(path: path), name: name, capacity: Self.streamQueueBytes,
        flushSeconds: Self.streamFlushSeconds, slowCause: .receiverSlow)
    }
  }

  public func write(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext
  ) {
    let latency = clock.latencySeconds(since: frame.captureSeconds)
    writer.add(at: clock.utcSeconds()) { (line) throws(RecordingError) in
      row.append(frame, measurement, context, latencySeconds: latency, to: &line)
    }
  }

  public func close() { writer.close() }

  public var status: SinkStatus { writer.status(kind: "ndjson", target: target) }
}
