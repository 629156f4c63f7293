import ArgumentParser
import Glibc
import Recording
import Synchronization
import SystemNames
import VideoInput

/// What the command says to its user: messages and progress on standard error, never a stack trace.
///
/// A message that cannot be written (standard error closed, its disk full, its terminal gone) is lost;
/// the exit status is not.
enum Terminal {
  /// Status when an input, a model or an output cannot be used.
  static let unusable = ExitCode(1)
  /// Status when an input ended before what it promised.
  static let endedEarly = ExitCode(2)
  /// Status after SIGINT, SIGTERM or SIGHUP.
  static let interrupted = ExitCode(130)

  static let standardErrorIsTerminal = isatty(STDERR_FILENO) != 0

  /// Makes the process safe to work in; before anything is opened.
  static func prepare() {
    // A standard descriptor that the caller closed would be given to the next file that is opened,
    // and messages would end among its bytes. What takes its place fails when it is used.
    for (descriptor, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = open("/dev/null", mode)
    }
    // A reader that goes away is an error of writing, not a signal.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Says a whole line, in one piece, whoever else speaks. Addresses in it are shown without secrets.
  static func say(_ text: String) {
    let text = SystemName.shown(VideoInput.redacted(message: text))
    line.withLock { isShown in
      _ = write((isShown ? erasure : "") + text + "\n", to: STDERR_FILENO)
      isShown = false
    }
  }

  /// An error's line, with the program's name in front.
  static func complain(_ error: some Error) { complain("\(error)") }

  static func complain(_ text: String) { say("landmarkd: \(text)") }

  /// Writes a line of results to standard output; status 1 where that cannot be done.
  static func print(_ text: String) throws(ExitCode) {
    guard write(SystemName.shown(text) + "\n", to: STDOUT_FILENO) else {
      complain("cannot write standard output: \(String(cString: strerror(errno)))")
      throw unusable
    }
  }

  /// Shows `text` in place of the last progress line, cut to the terminal's width: a line that
  /// wraps could not be taken back.
  static func progress(_ text: String) {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
    let width = isKnown ? Int(size.ws_col) - 1 : 79
    line.withLock { isShown in
      _ = write("\(erasure)\(SystemName.shown(text).suffix(width))", to: STDERR_FILENO)
      isShown = true
    }
  }

  static func clearProgress() {
    line.withLock { isShown in
      _ = write(erasure, to: STDERR_FILENO)
      isShown = false
    }
  }

  /// Whether a progress line is on the terminal; held by who writes, so that lines stay whole.
  private static let line = Mutex(false)
  private static let erasure = "\r\u{1B}[K"

  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 {
      ReaderPatience.process.write(UnsafeRawBufferPointer($0), to: descriptor)
    }
  }
}
