import Session
import VideoInput

/// One mistake in a configuration file.
public struct ConfigurationMistake: Sendable, Equatable, CustomStringConvertible {
  /// A place in the file's text; both count from 1, columns in Unicode scalars.
  public struct Place: Sendable, Equatable, Comparable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }

    public static func < (a: Place, b: Place) -> Bool {
      (a.line, a.column) < (b.line, b.column)
    }
  }

  /// The file as the user named it.
  public let file: String
  /// nil where the file as a whole cannot be used.
  public let place: Place?
  /// The key with those around it, "streams[1].outputs[0].rotate-every"; empty for the whole file.
  public let key: String
  /// What is wrong, as a clause: `is "1x"`.
  public let problem: String
  /// What would have been right.
  public let expected: String

  /// `FILE:LINE:COLUMN: key: problem; expected ...`, one line.
  public var description: String {
    var text = file
    if let place { text += ":\(place.line):\(place.column)" }
    if !key.isEmpty { text += ": \(key)" }
    return singleLine("\(text): \(problem); expected \(expected)")
  }
}

/// A configuration that cannot be used, with everything that is wrong with it.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// At least one, in the order of the file.
  public let mistakes: [ConfigurationMistake]

  /// A line for each mistake.
  public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

/// Collects the mistakes of one file while it is read.
final class MistakeList {
  let file: String
  private(set) var mistakes: [ConfigurationMistake] = []
  private(set) var warnings: [ConfigurationMistake] = []

  init(file: String) { self.file = file }

  func add(
    _ place: ConfigurationMistake.Place?, _ key: String, _ problem: String, expected: String
  ) {
    mistakes.append(made(place, key, problem, expected))
  }

  func warn(
    _ place: ConfigurationMistake.Place?, _ key: String, _ problem: String, expected: String
  ) {
    warnings.append(made(place, key, problem, expected))
  }

  /// What other modules say may cite an address.
  private func made(
    _ place: ConfigurationMistake.Place?, _ key: String, _ problem: String, _ expected: String
  ) -> ConfigurationMistake {
    ConfigurationMistake(
      file: file, place: place, key: key, problem: VideoInput.redacted(message: problem),
      expected: expected)
  }

  /// nil where nothing was wrong.
  var error: ConfigurationError? {
    guard !mistakes.isEmpty else { return nil }
    // Stable: mistakes of one place stay in the order in which they were found.
    let order = mistakes.enumerated().sorted { a, b in
      let (first, second) = (a.element.place, b.element.place)
      guard let first, let second, first != second else { return a.offset < b.offset }
      return first < second
    }
    return ConfigurationError(mistakes: order.map(\.element))
  }
}

/// `text` without line breaks and other control characters: a message has to stay one line.
func singleLine(_ text: String) -> String {
  String(
    String.UnicodeScalarView(text.unicodeScalars.map { $0.breaksLine ? "?" : $0 }))
}
