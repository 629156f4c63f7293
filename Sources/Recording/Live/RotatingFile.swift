import Glibc

/// Whole lines in one file after another. One thread at a time.
///
/// A file is locked (flock) while it is written, and ends with a whole line whatever happens but a
/// power failure: what a failed write left of a line is cut off again. `RotatingFile+Opening` says
/// what becomes of files that are there already.
final class RotatingFile: LineDestination {
  /// What the files are to be.
  struct Plan {
    var names: NamePattern
    /// The first line of every file, newline included; empty for none.
    var header: [UInt8] = []
    /// What the first byte of a file without a header must be, that it is gone on with.
    var firstByte: UInt8?
    var rotateSeconds: Int?
    var rotateBytes: Int?
    var fsync = FsyncPolicy.onRotation
    var existing = Existing.goOn
  }

  /// What is done with a file that has the name already.
  enum Existing {
    /// It is gone on with where it is ours, and left alone under a new name where not.
    case goOn
    /// It is an error, the first time.
    case refuse
    /// It is emptied, the first time.
    case replace
  }

  /// A file that is open, locked, and ends with a whole line.
  struct OpenFile {
    var descriptor: Int32
    var path: String
    /// Bytes, as far as we know them.
    var length: Int
    /// Which of the spans of `rotateSeconds` it is for.
    var period: Int64
    /// What the system calls it: another file may come to have the path.
    var identity: FileIdentity
    /// Whether no row is in it yet.
    var isFresh: Bool
  }

  let plan: Plan
  let calls: FileCalls
  private let clock: LogClock
  private var file: OpenFile?
  /// Bytes at the file's end that are no whole line and that could not be cut off yet.
  private var tornBytes = 0
  /// When the oldest row was written that is not durable yet, monotonic seconds; nil: all are.
  private var unsynchronisedSince: Double?
  /// Whether the first file was opened: what is done once, was.
  var hasOpened = false
  /// The counter of the file that was opened last, and its name without one.
  var lastCounter: (name: String, counter: Int)?

  init(_ plan: Plan, calls: FileCalls = FileCalls(), clock: LogClock = LogClock()) {
    self.plan = plan
    self.calls = calls
    self.clock = clock
  }

  deinit { if let file { _ = Glibc.close(file.descriptor) } }

  /// The file that is written now; nil before the first row and after `finish`.
  var path: String? { file?.path }

  /// Opens the file for rows of `utcSeconds`, so that what is wrong is known before the first row.
  func open(at utcSeconds: Double) throws(RecordingError) {
    if file == nil { file = try openFile(at: utcSeconds, period: period(of: utcSeconds), room: 0) }
  }

  func write(_ batch: borrowing LineBatch, from first: Int) -> LineProgress {
    var line = first
    do throws(RecordingError) {
      while line < batch.count {
        let end = try prepare(for: batch, from: line)
        line += try append(batch, line..<end)
      }
      try synchroniseIfDue()
      return LineProgress(written: line - first)
    } catch {
      return LineProgress(written: line - first, stoppedBy: error)
    }
  }

  /// Once a second while something may be due: rows to be made durable, a file whose time is over.
  var tickSeconds: Double? {
    guard file != nil else { return nil }
    if plan.rotateSeconds != nil { return 1 }
    if case .interval(let seconds) = plan.fsync, unsynchronisedSince != nil {
      return min(seconds, 1)
    }
    return nil
  }

  func tick() -> LineProgress {
    do throws(RecordingError) {
      if let file, !isCurrent(file, at: clock.utcSeconds()) { try closeFile() }
      try synchroniseIfDue()
      return LineProgress()
    } catch {
      return LineProgress(written: 0, stoppedBy: error)
    }
  }

  func finish() -> RecordingError? {
    do throws(RecordingError) {
      try closeFile()
      return nil
    } catch {
      return error
    }
  }

  /// Sees to it that the file for line `first` is open, and returns where the lines end that go
  /// into the same one.
  private func prepare(
    for batch: borrowing LineBatch, from first: Int
  ) throws(RecordingError) -> Int {
    let time = batch.utcSeconds(of: first)
    let room = batch.length(of: first)
    try resumeIfCut()
    // A file that was moved or removed by someone else has left its name to the next.
    if let file,
      !isCurrent(file, at: time) || isFull(file, for: room)
        || FileIdentity(path: file.path) != file.identity
    {
      try closeFile()
    }
    if file == nil { file = try openFile(at: time, period: period(of: time), room: room) }
    guard let open = file else { return first }
    try cutTornBytes(of: open)
    var end = first + 1
    var length = open.length + room
    while end < batch.count, isCurrent(open, at: batch.utcSeconds(of: end)) {
      length += batch.length(of: end)
      if let limit = plan.rotateBytes, length > limit { break }
      end += 1
    }
    return end
  }

  /// Appends lines and returns how many went in: fewer where the disk took no more; what stopped it
  /// is thrown where none did. The file ends with the last whole line.
  private func append(
    _ batch: borrowing LineBatch, _ lines: Range<Int>
  ) throws(RecordingError) -> Int {
    guard let open = file else { return 0 }
    let (written, failure) = appendAll(batch.text(of: lines), to: open.descriptor)
    let begin = batch.start(of: lines.lowerBound)
    var end = lines.lowerBound
    while end < lines.upperBound, batch.start(of: end + 1) - begin <= written { end += 1 }
    let whole = batch.start(of: end) - begin
    tornBytes = written - whole
    file?.length += whole
    if end > lines.lowerBound {
      file?.isFresh = false
      if unsynchronisedSince == nil { unsynchronisedSince = clock.monotonicSeconds() }
    }
    if let failure {
      try? cutTornBytes(of: open)
      // Lines that went in are counted first; the next try says what is wrong.
      guard end > lines.lowerBound else {
        throw .system(operation: "write", path: open.path, code: failure)
      }
    }
    return end - lines.lowerBound
  }

  /// Writes bytes as far as it goes: how many went in, and the errno of what stopped it.
  func appendAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> (Int, Int32?) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = calls.write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if written == 0 || errno != EINTR {
        return (bytes.count - rest.count, written == 0 ? EIO : errno)
      }
    }
    return (bytes.count, nil)
  }

  private func cutTornBytes(of open: OpenFile) throws(RecordingError) {
    guard tornBytes > 0 else { return }
    var status = stat()
    guard fstat(open.descriptor, &status) == 0,
      calls.truncate(open.descriptor, max(0, Int(status.st_size) - tornBytes)) == 0
    else { throw .current("cut a torn line off", open.path) }
    tornBytes = 0
  }

  /// Goes on with a file that someone else made shorter (`: > file`, logrotate's copytruncate): an
  /// empty one gets its header again, a torn line is cut off. One that is not ours any more is left.
  private func resumeIfCut() throws(RecordingError) {
    var status = stat()
    guard let open = file, fstat(open.descriptor, &status) == 0, Int(status.st_size) < open.length
    else { return }
    tornBytes = 0
    guard let length = try repair(open.descriptor, open.path) else { return try closeFile() }
    if length == 0 { try writeHeader(open.descriptor, open.path) }
    file?.length = max(length, plan.header.count)
    file?.isFresh = length <= plan.header.count
  }

  private func period(of utcSeconds: Double) -> Int64 {
    guard let seconds = plan.rotateSeconds else { return 0 }
    return Int64((utcSeconds / Double(seconds)).rounded(.down))
  }

  /// Whether a row of `utcSeconds` goes into the file. A clock that is set back by less than a
  /// period does not begin the file before it again.
  private func isCurrent(_ file: OpenFile, at utcSeconds: Double) -> Bool {
    let period = period(of: utcSeconds)
    return period == file.period || period == file.period - 1
  }

  private func isFull(_ file: OpenFile, for bytes: Int) -> Bool {
    guard let limit = plan.rotateBytes else { return false }
    return !file.isFresh && file.length + bytes > limit
  }

  private func closeFile() throws(RecordingError) {
    guard let file else { return }
    self.file = nil
    defer { _ = Glibc.close(file.descriptor) }
    try? cutTornBytes(of: file)
    tornBytes = 0
    guard plan.fsync != .never else { return }
    try synchronise(file)
  }

  private func synchroniseIfDue() throws(RecordingError) {
    guard let file, let since = unsynchronisedSince else { return }
    switch plan.fsync {
    case .never, .onRotation: return
    case .always: try synchronise(file)
    case .interval(let seconds):
      if clock.monotonicSeconds() >= since + seconds { try synchronise(file) }
    }
  }

  private func synchronise(_ file: OpenFile) throws(RecordingError) {
    unsynchronisedSince = nil
    guard calls.synchroniseData(file.descriptor) == 0 else {
      throw .current("make durable", file.path)
    }
  }
}
