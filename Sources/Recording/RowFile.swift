/// Rows of text on their way to a file.
///
/// They go to NAME.partial; `finish` makes them durable and gives them their name, so a file under
/// NAME is always whole. A run that does not get there leaves the partial, which ends with a whole
/// row whatever happened but a power failure. NAME is never replaced unless `force` says so, checked
/// at the start and again at the end.
///
/// Rows are collected (64 KB) and written together. Not to be used by two threads at once.
public class RowFile {
  /// Rows handed to the system so far; the others are still in the buffer. A row that was counted
  /// stays counted: nothing that goes wrong later takes it from the file.
  public private(set) var rowsWritten = 0
  /// Rows that were made and could not be handed to the system, after an error.
  public private(set) var rowsLost = 0

  private let file: OutputFile
  private var buffer: ByteWriter
  /// Where each row of the buffer ends.
  private var rowEnds: [Int] = []
  private var state = State.open

  private enum State {
    case open
    case closed
    case failed(RecordingError)
  }

  private static let bufferSize = 1 << 16

  /// Starts a file, and writes its first line.
  ///
  /// - Parameters:
  ///   - path: NAME; `-` is standard output. A device or named pipe is written straight to.
  ///   - header: the first line, without its newline; nil where there is none.
  ///   - force: whether NAME may be replaced. A leftover NAME.partial always is, unless another
  ///     run is writing it.
  ///
  /// Throws `RecordingError`: `alreadyExists`, `inUse`, `notARegularFile`, `system`.
  init(
    path: String, header: String?, force: Bool, calls: FileCalls
  ) throws(RecordingError) {
    file = try OutputFile(path, force: force, calls: calls)
    // Rows of 68 landmarks have about 4 KB; the buffer grows once if they are longer.
    buffer = ByteWriter(capacity: Self.bufferSize + (1 << 13))
    guard let header else { return }
    buffer.append(header)
    buffer.append(UInt8(ascii: "\n"))
    do throws(RecordingError) {
      try flush()
    } catch {
      // Not even the header went in: there is nothing to keep.
      file.discard()
      throw error
    }
  }

  /// Closes the file and leaves the partial, with the rows that were in the buffer where they can
  /// still be written.
  deinit {
    if case .open = state { _ = try? abandon() }
  }

  /// What messages call the destination: NAME, or "standard output".
  public var name: String { file.path }

  /// Where the rows are until `finish`; nil for standard output, devices and pipes.
  public var partialPath: String? { file.partialPath }

  /// Bytes handed to the system so far, the first line's among them.
  public var bytesWritten: Int { file.length }

  /// Takes the partial away and closes the file: what was written is not wanted.
  public final func discard() {
    file.discard()
    state = .closed
  }

  /// Adds a row, which `append` writes with the newline behind it. Allocates nothing after the first
  /// buffer's worth.
  ///
  /// Throws what `append` throws, which must then have written nothing (the file can be gone on
  /// with), and whatever `flush` throws.
  final func add(
    _ append: (inout ByteWriter) throws(RecordingError) -> Void
  ) throws(RecordingError) {
    try checkOpen()
    try append(&buffer)
    rowEnds.append(buffer.count)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Hands the rows of the buffer to the system, so that a reader of the file sees them.
  ///
  /// Throws `system` where they cannot be written (a full disk, a reader that has gone). The
  /// partial then ends with the last row that went in whole, and the writer is of no more use: it
  /// throws the same error again.
  public final func flush() throws(RecordingError) {
    try checkOpen()
    let start = file.length
    defer {
      buffer.clear()
      rowEnds.removeAll(keepingCapacity: true)
    }
    do throws(RecordingError) {
      try file.write(buffer.bytes)
    } catch {
      keepWholeRows(from: start)
      state = .failed(error)
      throw error
    }
    rowsWritten += rowEnds.count
  }

  /// Writes what is left, makes it durable and gives the file its name. The writer is then closed.
  ///
  /// Throws `alreadyExists` where NAME came to be during the run, and `system` where the rows
  /// cannot be made durable. The rows are then in the partial.
  public final func finish() throws(RecordingError) {
    try flush()
    do throws(RecordingError) {
      try file.publish()
      state = .closed
    } catch {
      state = .failed(error)
      throw error
    }
  }

  /// Writes what is left and closes the file under its partial name, as after an interruption.
  ///
  /// After an earlier error it only closes. Returns the partial's path; nil for standard output,
  /// devices and pipes.
  @discardableResult
  public final func abandon() throws(RecordingError) -> String? {
    switch state {
    case .closed: throw .closed(path: file.path)
    case .failed: file.close()
    case .open:
      defer { file.close() }
      try flush()
      state = .closed
      try file.leave()
    }
    return file.partialPath
  }

  private func checkOpen() throws(RecordingError) {
    switch state {
    case .open: return
    case .closed: throw .closed(path: file.path)
    case .failed(let error): throw error
    }
  }

  /// After a failed write: takes the part of a row back that went in, and counts the whole ones.
  ///
  /// Rows are told by where they end, not by newlines: a name in quotes may hold some.
  private func keepWholeRows(from start: Int) {
    let bytesIn = file.length - start
    let whole = rowEnds.prefix { $0 <= bytesIn }
    let wholeBytes = whole.last ?? 0
    if wholeBytes < bytesIn { file.truncate(to: start + wholeBytes) }
    rowsWritten += whole.count
    rowsLost += rowEnds.count - whole.count
  }
}
