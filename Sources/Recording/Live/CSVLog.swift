import Glibc
import Measurement
import Tracking

/// Rows of a live stream as CSV, in files that are readable while they are written.
///
/// A thread of its own writes them: whole lines, at most `flushSeconds` after they came. On a full
/// disk it keeps trying every second and goes on in the same file when there is room; rows that
/// find no room in the queue meanwhile are lost and counted. The files, their names and what
/// happens to those that are there already: docs/use/outputs.md.
///
/// Encoding a row of 68 landmarks takes about 10 microseconds and allocates nothing.
public final class CSVLog: FrameSink {
  public let schema: ColumnSchema
  private let target: String
  private let writer: LineWriter
  private let clock: LogClock

  /// Logs a stream to files that a pattern names, beginning with the first row.
  ///
  /// What goes wrong with the files is `status.problem`, not an error: it may come right.
  /// Throws `RecordingError.invalidSetting` for a pattern that cannot be read.
  public convenience init(
    settings: LogFileSettings, schema: ColumnSchema, stream: String
  ) throws(RecordingError) {
    try self.init(
      settings: settings, schema: schema, stream: stream, calls: FileCalls(), clock: LogClock())
  }

  init(
    settings: LogFileSettings, schema: ColumnSchema, stream: String, calls: sending FileCalls,
    clock: LogClock
  ) throws(RecordingError) {
    self.schema = schema
    self.clock = clock
    target = settings.pattern
    let plan = RotatingFile.Plan(
      names: try NamePattern(settings.pattern, stream: stream),
      header: Self.headerLine(of: schema), rotateSeconds: settings.rotateSeconds,
      rotateBytes: settings.rotateBytes, fsync: settings.fsync)
    writer = LineWriter(
      RotatingFile(plan, calls: calls, clock: clock), name: "csv \(stream)",
      capacity: settings.queueBytes, flushSeconds: settings.flushSeconds, slowCause: .diskSlow)
  }

  /// Logs to one file, which has its header when this returns, or to standard output (`-`).
  ///
  /// A device or named pipe is written straight to. An existing file is replaced only with
  /// `force`. Throws `RecordingError`: `alreadyExists`, `inUse`, `notARegularFile`, `system`.
  public convenience init(
    path: String, schema: ColumnSchema, force: Bool = false
  ) throws(RecordingError) {
    try self.init(path: path, schema: schema, force: force, calls: FileCalls())
  }

  init(
    path: String, schema: ColumnSchema, force: Bool, calls: sending FileCalls
  ) throws(RecordingError) {
    self.schema = schema
    clock = LogClock()
    target = path
    let header = Self.headerLine(of: schema)
    let destination = try FixedDestination.open(path, header: header, force: force, calls: calls)
    writer = LineWriter(
      destination.lines, name: "csv", capacity: FixedDestination.queueBytes,
      flushSeconds: FixedDestination.flushSeconds, slowCause: destination.slowCause)
  }

  public func write(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext
  ) {
    let latency = clock.latencySeconds(since: frame.captureSeconds)
    writer.add(at: clock.utcSeconds()) { (line) throws(RecordingError) in
      try schema.append(frame, measurement, latencySeconds: latency, to: &line)
    }
  }

  public func close() { writer.close() }

  public var status: SinkStatus { writer.status(kind: "csv", target: target) }

  private static func headerLine(of schema: ColumnSchema) -> [UInt8] {
    Array((schema.header + "\n").utf8)
  }
}
