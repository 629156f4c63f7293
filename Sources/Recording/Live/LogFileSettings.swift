/// When a log's rows are made durable (fdatasync), so that they outlive the power.
public enum FsyncPolicy: Sendable, Equatable {
  /// Never: the system writes them out when it likes, on Linux within about 30 seconds.
  case never
  /// When a file is closed: at a rotation and at the end.
  case onRotation
  /// That, and at most so many seconds (0.1 to 3600) after rows were written.
  case interval(seconds: Double)
  /// That, and whenever rows were written: at most `flushSeconds` after they came.
  case always
}

/// How a log's files are named, begun, flushed and made durable.
public struct LogFileSettings: Sendable, Equatable {
  /// The files' path: `{stream}` stands for the stream's name, %Y %m %d %j %H %M %S for the time in
  /// UTC at which a file's period begins (without `rotateSeconds`: at which the file was begun), %%
  /// for %. Folders that do not exist are made.
  public let pattern: String
  /// A new file begins at every multiple of so many seconds since 1970-01-01T00:00:00Z (3600: on
  /// the hour, 86400: at midnight UTC), 1 to 366 days. nil, the default: not by time.
  public let rotateSeconds: Int?
  /// A new file begins before a row would make this one longer, bytes. nil, the default: not by
  /// size.
  public let rotateBytes: Int?
  /// A row is handed to the system, where every reader of the file sees it, at most so long after
  /// it came; 0 to 1. Default 0.5.
  public let flushSeconds: Double
  /// When rows are made durable. Default: when a file is closed.
  public let fsync: FsyncPolicy
  /// Bytes of rows that wait while the disk is slow or full, 64 KiB to 256 MiB; then rows are lost
  /// and counted. Memory grows to twice as much. Default 4 MiB: half a minute of 30 rows a second.
  public let queueBytes: Int

  /// Throws `RecordingError.invalidSetting` for what is out of range, for a pattern with a code that
  /// is not known, and for one that would give two periods the same name.
  public init(
    pattern: String, rotateSeconds: Int? = nil, rotateBytes: Int? = nil,
    flushSeconds: Double = 0.5, fsync: FsyncPolicy = .onRotation, queueBytes: Int = 4 << 20
  ) throws(RecordingError) {
    func check(_ isGood: Bool, _ name: String, _ value: String, _ expected: String)
      throws(RecordingError)
    {
      guard isGood else { throw .invalidSetting(name: name, value: value, expected: expected) }
    }
    if let seconds = rotateSeconds {
      try check(
        (1...366 * 86_400).contains(seconds), "rotateSeconds", "\(seconds)", "1 to 31622400")
    }
    if let bytes = rotateBytes {
      try check(bytes >= 1, "rotateBytes", "\(bytes)", "at least 1")
    }
    try check(
      flushSeconds >= 0 && flushSeconds <= 1, "flushSeconds", "\(flushSeconds)", "0 to 1")
    if case .interval(let seconds) = fsync {
      try check(
        seconds >= 0.1 && seconds <= 3600, "fsync interval", "\(seconds)", "0.1 to 3600 seconds")
    }
    try check(
      (1 << 16...1 << 28).contains(queueBytes), "queueBytes", "\(queueBytes)",
      "65536 to 268435456")
    let names = try NamePattern(pattern, stream: "")
    if let seconds = rotateSeconds { try names.checkDistinct(every: seconds) }
    self.pattern = pattern
    self.rotateSeconds = rotateSeconds
    self.rotateBytes = rotateBytes
    self.flushSeconds = flushSeconds
    self.fsync = fsync
    self.queueBytes = queueBytes
  }
}
