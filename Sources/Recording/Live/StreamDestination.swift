import Glibc

/// Lines to an open descriptor that is no regular file: standard output, a pipe, a terminal, a
/// device. One thread at a time.
///
/// A reader that takes nothing is waited for outside of write(2), so that closing stays possible:
/// a pipe that says it has room takes PIPE_BUF bytes without blocking.
final class StreamDestination: LineDestination {
  /// What messages call it.
  private let name: String
  /// -1 while a named pipe has had no reader.
  private var descriptor: Int32
  private let ownsDescriptor: Bool
  private let calls: FileCalls
  /// The header, until it is written.
  private var preamble: [UInt8]
  /// Bytes of the line that is under way, and of the preamble, that were written.
  private var bytesDone = 0
  private var isOver = false
  /// nil where nobody else writes to the descriptor.
  private let turn: StreamTurn?
  private var hasTurn = false

  private static let patienceSeconds = 0.1

  /// Writes `header` before the first line. Closes the descriptor in the end if it `owns` it.
  init(
    _ descriptor: Int32, name: String, owns: Bool, header: [UInt8], calls: FileCalls = FileCalls()
  ) {
    self.descriptor = descriptor
    self.name = name
    ownsDescriptor = owns
    preamble = header
    self.calls = calls
    turn = owns ? nil : StreamTurn.of(descriptor)
  }

  /// Opens a named pipe, when somebody reads it, or a device.
  ///
  /// Throws `system`.
  init(path: String, header: [UInt8], calls: FileCalls = FileCalls()) throws(RecordingError) {
    descriptor = try calls.patience.openIfRead(path) ?? -1
    name = path
    ownsDescriptor = true
    preamble = header
    self.calls = calls
    turn = nil
  }

  deinit {
    giveTurnBack()
    if ownsDescriptor && descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  func write(_ batch: borrowing LineBatch, from first: Int) -> LineProgress {
    guard !isOver else { return LineProgress() }
    var line = first
    do throws(RecordingError) {
      guard try isOpen() else { return unread() }
      guard try writePreamble() else { return waiting(written: 0) }
      while line < batch.count {
        guard try write(batch.text(of: line..<line + 1)) else {
          return waiting(written: line - first)
        }
        line += 1
      }
      return LineProgress(written: line - first)
    } catch {
      var progress = LineProgress(written: line - first, stoppedBy: error)
      // Standard output may be a file: there may be room again, and the line goes on where it is.
      guard progress.cause != .diskFull else { return progress }
      isOver = true
      giveTurnBack()
      progress.cause = .noReceiver
      progress.isOver = true
      return progress
    }
  }

  /// Writes the header, so that a reader has it before the first row.
  var tickSeconds: Double? {
    guard !preamble.isEmpty, !isOver else { return nil }
    return descriptor >= 0 ? 0 : Self.patienceSeconds
  }

  func tick() -> LineProgress {
    let nothing = LineBatch()
    return write(nothing, from: 0)
  }

  func finish() -> RecordingError? {
    giveTurnBack()
    return nil
  }

  private func isOpen() throws(RecordingError) -> Bool {
    if descriptor < 0 { descriptor = try calls.patience.openIfRead(name) ?? -1 }
    return descriptor >= 0
  }

  private func unread() -> LineProgress {
    var progress = LineProgress()
    progress.problem = .notRead(path: name)
    progress.cause = .noReceiver
    return progress
  }

  private func waiting(written: Int) -> LineProgress {
    var progress = LineProgress(written: written)
    progress.cause = .receiverSlow
    return progress
  }

  private func writePreamble() throws(RecordingError) -> Bool {
    let header = preamble
    guard !header.isEmpty else { return true }
    let isWhole = try header.span.withUnsafeBytes { (bytes) throws(RecordingError) in
      try write(bytes)
    }
    if isWhole { preamble = [] }
    return isWhole
  }

  /// Goes on with `bytes` after the first `bytesDone`; false where the reader takes no more now.
  private func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) -> Bool {
    if let turn, !hasTurn {
      guard turn.take(waitingAtMost: Self.patienceSeconds) else { return false }
      hasTurn = true
    }
    while bytesDone < bytes.count {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&waiting, 1, Int32(Self.patienceSeconds * 1000)) > 0 else { return false }
      let end = min(bytes.count, bytesDone + ReaderPatience.pieceSize)
      let written = calls.write(
        descriptor, UnsafeRawBufferPointer(rebasing: bytes[bytesDone..<end]))
      if written >= 0 {
        bytesDone += written
      } else if errno != EINTR && errno != EAGAIN {
        throw .current("write", name)
      }
    }
    bytesDone = 0
    giveTurnBack()
    return true
  }

  private func giveTurnBack() {
    if hasTurn { turn?.giveBack() }
    hasTurn = false
  }
}
