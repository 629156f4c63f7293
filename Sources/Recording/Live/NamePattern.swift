/// The names of a log's files: text with the stream's name and a time in UTC in it.
struct NamePattern: Sendable {
  enum Piece: Sendable, Equatable {
    case text(String)
    case time(TimeField)
  }

  enum TimeField: Character, Sendable {
    case year = "Y"
    case month = "m"
    case day = "d"
    case dayOfYear = "j"
    case hour = "H"
    case minute = "M"
    case second = "S"

    var width: Int {
      switch self {
      case .year: 4
      case .dayOfYear: 3
      default: 2
      }
    }
  }

  let pattern: String
  /// Up to where a counter goes, and the extension after it.
  private let stem: [Piece]
  private let ending: [Piece]

  /// Throws `invalidSetting` for an empty pattern, a folder's name and an unknown code.
  init(_ pattern: String, stream: String) throws(RecordingError) {
    self.pattern = pattern
    guard !pattern.isEmpty, !pattern.hasSuffix("/"), !pattern.utf8.contains(0) else {
      throw .invalidSetting(name: "path", value: "'\(pattern)'", expected: "the path of a file")
    }
    let slash = pattern.lastIndex(of: "/")
    let name = slash.map { pattern.index(after: $0) } ?? pattern.startIndex
    let dot = pattern[name...].lastIndex(of: ".") ?? pattern.endIndex
    // A leading dot is no extension.
    let split = dot == name ? pattern.endIndex : dot
    let file = Self.fileName(of: stream)
    stem = try Self.pieces(of: pattern[..<split], stream: file, pattern)
    ending = try Self.pieces(of: pattern[split...], stream: file, pattern)
  }

  /// A pattern that is a path as it stands, with no codes in it.
  init(path: String) {
    pattern = path
    stem = [.text(path)]
    ending = []
  }

  /// The path for a time; `counter` 0 is the name itself, others are put before the extension.
  func path(at utcSeconds: Double, counter: Int = 0) -> String {
    let time = UTCTimestamp.Fields(secondsSince1970: utcSeconds)
    return Self.text(of: stem, time) + (counter == 0 ? "" : "-\(counter)")
      + Self.text(of: ending, time)
  }

  /// What the parts of the path are made of, folder by folder; the last lacks counter and extension.
  /// A path from the root begins with an empty part.
  var components: [[Piece]] {
    var components: [[Piece]] = [[]]
    for piece in stem {
      guard case .text(let text) = piece else {
        components[components.count - 1].append(piece)
        continue
      }
      for (index, part) in text.split(separator: "/", omittingEmptySubsequences: false).enumerated()
      {
        if index > 0 { components.append([]) }
        if !part.isEmpty { components[components.count - 1].append(.text(String(part))) }
      }
    }
    return components
  }

  /// Whether a file's name, without its folder, is one that the last part of the pattern gives, at
  /// any time and with any counter.
  func matches(fileName: String) -> Bool {
    var rest = Array(fileName)[...]
    guard Self.consume(components.last ?? [], from: &rest) else { return false }
    if rest.first == "-", let digit = rest.dropFirst().first, digit.isDigit {
      rest.removeFirst()
      while let digit = rest.first, digit.isDigit { rest.removeFirst() }
    }
    return Self.consume(ending, from: &rest) && rest.isEmpty
  }

  /// Whether a folder's name is one that a part of the pattern gives, at any time.
  static func matches(folderName: String, _ component: [Piece]) -> Bool {
    var rest = Array(folderName)[...]
    return consume(component, from: &rest) && rest.isEmpty
  }

  /// Throws where two periods of `seconds` could have the same name.
  func checkDistinct(every seconds: Int) throws(RecordingError) {
    let fields = (stem + ending).compactMap { piece -> TimeField? in
      if case .time(let field) = piece { field } else { nil }
    }
    var missing: [String] = []
    if !fields.contains(.year) { missing.append("%Y") }
    if !fields.contains(.dayOfYear) {
      if !fields.contains(.month) { missing.append("%m") }
      if !fields.contains(.day) { missing.append("%d") }
    }
    for (field, period) in [(TimeField.hour, 86_400), (.minute, 3600), (.second, 60)]
    where seconds % period != 0 && !fields.contains(field) {
      missing.append("%\(field.rawValue)")
    }
    guard missing.isEmpty else {
      throw .invalidSetting(
        name: "path", value: "'\(pattern)'",
        expected: "\(missing.joined(separator: ", ")) as well: with a new file every "
          + "\(seconds) seconds, two would have the same name")
    }
  }

  private static func pieces(
    of text: Substring, stream: String, _ pattern: String
  ) throws(RecordingError) -> [Piece] {
    var pieces: [Piece] = []
    var literal = ""
    var rest = text
    while let character = rest.popFirst() {
      if character == "{", rest.hasPrefix("stream}") {
        rest.removeFirst("stream}".count)
        literal += stream
        continue
      }
      guard character == "%" else {
        literal.append(character)
        continue
      }
      let code = rest.popFirst()
      if code == "%" {
        literal.append("%")
      } else if let field = code.flatMap(TimeField.init(rawValue:)) {
        if !literal.isEmpty { pieces.append(.text(literal)) }
        literal = ""
        pieces.append(.time(field))
      } else {
        throw .invalidSetting(
          name: "path", value: "'\(pattern)'",
          expected: "only %Y %m %d %j %H %M %S %% after a percent sign")
      }
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
    return pieces
  }

  private static func text(of pieces: [Piece], _ time: UTCTimestamp.Fields) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .time(let field): time.digits(of: field)
      }
    }.joined()
  }

  private static func consume(_ pieces: [Piece], from rest: inout ArraySlice<Character>) -> Bool {
    for piece in pieces {
      switch piece {
      case .text(let text):
        guard rest.starts(with: text) else { return false }
        rest.removeFirst(text.count)
      case .time(let field):
        guard rest.prefix(field.width).count(where: \.isDigit) == field.width else { return false }
        rest.removeFirst(field.width)
      }
    }
    return true
  }

  /// A stream's name as a part of a file's name: no folders, nothing hidden, no line breaks.
  private static func fileName(of stream: String) -> String {
    let clean = String(
      stream.map { character in
        let isControl = character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
        return isControl || character == "/" ? "_" : character
      })
    return clean.hasPrefix(".") ? "_" + clean.dropFirst() : clean
  }
}

extension Character {
  fileprivate var isDigit: Bool { self >= "0" && self <= "9" && isASCII }
}

extension UTCTimestamp.Fields {
  fileprivate func digits(of field: NamePattern.TimeField) -> String {
    let value =
      switch field {
      case .year: year
      case .month: month
      case .day: day
      case .dayOfYear: dayOfYear
      case .hour: hour
      case .minute: minute
      case .second: second
      }
    let digits = String(value)
    return String(repeating: "0", count: max(0, field.width - digits.count)) + digits
  }
}
