import Glibc

/// Why something could not be recorded. `description` is one line that names the file.
public enum RecordingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The system refused: `operation` is a verb ("create", "write"), `code` an errno value.
  case system(operation: String, path: String, code: Int32)
  /// The result exists and replacing it was not asked for. `rows` is the file that holds what was
  /// written meanwhile; nil when it was seen before anything was written.
  case alreadyExists(path: String, rows: String?)
  /// Another process, or another writer of this one, is writing this file.
  case inUse(path: String)
  /// The name belongs to something that is not a regular file and cannot stand for one.
  case notARegularFile(path: String)
  /// The writer was finished or abandoned before.
  case closed(path: String)
  /// A frame does not have the numbers of values that the columns were made for.
  case shapeMismatch(what: String, got: Int, expected: Int)
  /// A setting of an output is out of range; `expected` says what the range is.
  case invalidSetting(name: String, value: String, expected: String)
  /// A receiver cannot be reached: what failed, and why.
  case receiver(target: String, reason: String)
  /// A pipe, terminal or device was to be written while the process was asked to end, and nobody
  /// took the bytes.
  case notRead(path: String)
  /// A value that the file's format cannot express.
  case notRepresentable(path: String, reason: String)

  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      return "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    case .alreadyExists(let path, nil):
      return "\(path) exists; it is replaced only when that is asked for (--force)"
    case .alreadyExists(let path, let rows?):
      return "\(path) was made by someone else meanwhile; the rows are in \(rows)"
    case .inUse(let path):
      return "\(path) is being written by another run or output"
    case .notARegularFile(let path):
      return "\(path) is not a regular file"
    case .closed(let path):
      return "\(path) was already finished"
    case .shapeMismatch(let what, let got, let expected):
      return "a frame has \(got) \(what), the columns are for \(expected)"
    case .invalidSetting(let name, let value, let expected):
      return "\(name) is \(value), expected \(expected)"
    case .receiver(let target, let reason):
      return "cannot send to \(target): \(reason)"
    case .notRead(let path):
      return "cannot write \(path): nobody reads it"
    case .notRepresentable(let path, let reason):
      return "cannot write \(path): \(reason)"
    }
  }

  /// The current `errno` as an error; call it right after what failed.
  package static func current(_ operation: String, _ path: String) -> RecordingError {
    .system(operation: operation, path: path, code: errno)
  }
}
