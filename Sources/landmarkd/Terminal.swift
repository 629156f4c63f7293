import ArgumentParser
import Foundation

/// What the command says to its user: messages and progress on standard error, never a stack trace.
enum Terminal {
  /// Status when an input, a model or an output cannot be used.
  static let unusable = ExitCode(1)
  /// Status when an input ended before what it promised.
  static let endedEarly = ExitCode(2)
  /// Status after SIGINT or SIGTERM.
  static let interrupted = ExitCode(130)

  static let standardErrorIsTerminal = isatty(STDERR_FILENO) != 0

  static func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// An error's line, with the program's name in front.
  static func complain(_ error: some Error) { complain("\(error)") }

  static func complain(_ text: String) { say("landmarkd: \(text)") }

  /// Shows `text` in place of the last progress line.
  static func progress(_ text: String) {
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
  }

  static func clearProgress() { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
}

/// Turns SIGINT and SIGTERM into a call, once; a second signal ends the process at once.
final class SignalWatch {
  private var sources: [any DispatchSourceSignal] = []

  init(_ action: @escaping @Sendable () -> Void) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: DispatchQueue.global(qos: .userInitiated))
      source.setEventHandler {
        signal(number, SIG_DFL)
        action()
      }
      source.resume()
      sources.append(source)
    }
    // A reader of standard output that goes away is an error of writing, not a signal.
    signal(SIGPIPE, SIG_IGN)
  }
}
