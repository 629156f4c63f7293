/// A model that cannot be read: which file, where in it, and what was expected.
public struct ModelError: Error, CustomStringConvertible, Sendable, Equatable {
  /// Where in the file.
  public enum Place: Sendable, Equatable {
    /// Offset of the first byte that could not be used.
    case byte(Int)
    /// Line, from 1.
    case line(Int)
  }

  public let file: String
  public let place: Place?
  public let reason: String

  public init(file: String, place: Place? = nil, reason: String) {
    self.file = file
    self.place = place
    self.reason = reason
  }

  /// One line: control characters, which a damaged file's names may hold, become question marks.
  public var description: String {
    let text =
      switch place {
      case .byte(let offset): "\(file): byte \(offset): \(reason)"
      case .line(let line): "\(file): line \(line): \(reason)"
      case nil: "\(file): \(reason)"
      }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .lineSeparator, .paragraphSeparator: "?"
          default: scalar
          }
        }))
  }
}
