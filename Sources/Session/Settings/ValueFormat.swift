import FoundationEssentials
import SystemSupport

/// How a value is read from text, how it is written, and what to say where it cannot be read.
public struct ValueFormat<Value>: Sendable {
  /// "a number from 0 to 1": what follows "expected".
  public let expected: String
  /// "0 to 1": the same as short as it goes; empty where there is nothing to say.
  public let range: String
  /// Whether messages must not show what stands there.
  public var isSecret = false
  /// What an element must be where the text is a list with commas, which a configuration may also
  /// write as a list of its own; nil for single values.
  public var element: Element?
  let text: @Sendable (Value) -> String
  /// nil for what is no value.
  public let parse: @Sendable (String) -> Value?

  public struct Element: Sendable {
    public let expected: String
    public let isRight: @Sendable (String) -> Bool
  }

  /// - Parameter text: writes a value as `parse` reads it.
  public init(
    _ expected: String, range: String = "", isSecret: Bool = false, element: Element? = nil,
    text: @escaping @Sendable (Value) -> String = { "\($0)" },
    _ parse: @escaping @Sendable (String) -> Value?
  ) {
    self.expected = expected
    self.range = range
    self.isSecret = isSecret
    self.element = element
    self.text = text
    self.parse = parse
  }
}

extension ValueFormat where Value == Double {
  public static func number(
    _ range: ClosedRange<Double>, _ what: String = "a number"
  ) -> Self {
    let range = (range, text: "\(plain(range.lowerBound)) to \(plain(range.upperBound))")
    return Self("\(what) from \(range.text)", range: range.text, text: plain) { text in
      decimal(text).flatMap { range.0.contains($0) ? $0 : nil }
    }
  }

  /// A finite number above 0.
  public static func positive(_ what: String = "a number") -> Self {
    Self("\(what) above 0", range: "above 0", text: plain) { text in
      decimal(text).flatMap { $0 > 0 ? $0 : nil }
    }
  }

  public static func finite(_ what: String = "a number") -> Self {
    Self(what, text: plain) { decimal($0) }
  }

  /// Seconds: "500ms", "30s", "15m", "1h", "7d"; a bare number is seconds.
  /// - Parameter isOpen: whether the upper bound is so far away that nobody need be told.
  public static func duration(_ range: ClosedRange<Double>, isOpen: Bool = false) -> Self {
    let least = durationText(range.lowerBound)
    let words = isOpen ? "\(least) or more" : "\(least) to \(durationText(range.upperBound))"
    return Self(
      "a time\(isOpen ? "," : " from") \(words), such as 500ms, 30s, 15m, 1h or 7d", range: words,
      text: durationText
    ) { text in
      scaled(text, by: durationUnits).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A decimal number; neither hexadecimal nor infinite.
  static func decimal(_ text: String) -> Double? {
    guard !text.isEmpty, text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) }),
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }

  /// Without zeros behind the point.
  @Sendable static func plain(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }

  @Sendable fileprivate static func durationText(_ seconds: Double) -> String {
    let fitting = durationUnits.filter { $0.factor <= seconds }
      .max { $0.factor < $1.factor }
    guard let unit = fitting else { return plain(seconds) + "s" }
    return plain(seconds / unit.factor) + unit.name
  }

  fileprivate static var durationUnits: [(name: String, factor: Double)] {
    [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]
  }

  /// A number with one of the units' names behind it, or without any.
  fileprivate static func scaled(
    _ text: String, by units: [(name: String, factor: Double)]
  ) -> Double? {
    let name = String(text.reversed().prefix { $0.isLetter }.reversed())
    guard let number = decimal(String(text.dropLast(name.count))) else { return nil }
    guard !name.isEmpty else { return number }
    return units.first { $0.name == name }.map { number * $0.factor }
  }
}

extension ValueFormat where Value == Int {
  /// - Parameter isOpen: whether the upper bound is so far away that nobody need be told.
  public static func integer(
    _ range: ClosedRange<Int>, _ what: String = "a whole number", isOpen: Bool = false
  ) -> Self {
    let words =
      isOpen ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    return Self("\(what)\(isOpen ? "," : " from") \(words)", range: words) { text in
      guard text.utf8.allSatisfy({ "+-0123456789".utf8.contains($0) }) else { return nil }
      return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// Bytes: "100MB", "64MiB"; a bare number is bytes.
  public static func size(_ range: ClosedRange<Int>) -> Self {
    let units: [(name: String, factor: Double)] = [
      ("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("KiB", 1024), ("MiB", 1_048_576),
      ("GiB", 1_073_741_824),
    ]
    let words = "\(range.lowerBound) B to \(range.upperBound / 1_000_000_000) GB"
    return Self("a size from \(words), such as 100MB or 64MiB", range: words) { text in
      guard let bytes = ValueFormat<Double>.scaled(text, by: units), bytes.magnitude < 1e15
      else { return nil }
      return range.contains(Int(bytes)) ? Int(bytes) : nil
    }
  }
}

extension ValueFormat where Value == Bool {
  public static var flag: Self {
    Self("true or false", range: "true, false") { ["true": true, "false": false][$0] }
  }
}

extension ValueFormat where Value == String {
  /// Any text of at most 4096 bytes without control characters.
  public static func text(_ expected: String) -> Self {
    Self(expected, text: \.self) { isPlainText($0) ? $0 : nil }
  }

  /// The name of a file or folder: any that the system takes. In a configuration it is plain text.
  public static func path(_ expected: String) -> Self {
    Self(expected, text: \.self) { $0.isEmpty ? nil : $0 }
  }

  /// 1 to 4096 bytes without control characters and line separators.
  public static func isPlainText(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 4096 && !text.unicodeScalars.contains(where: \.breaksLine)
  }
}

extension Unicode.Scalar {
  /// Whether it ends a line, or is another control character: no name has it, and no message.
  package var breaksLine: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension ValueFormat {
  /// One of some words.
  public static func choice(_ choices: KeyValuePairs<String, Value>) -> Self
  where Value: Equatable & Sendable {
    let choices = choices.map { (name: $0.key, value: $0.value) }
    let names = choices.map(\.name)
    let list =
      names.count > 1
      ? names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "") : names.joined()
    return Self(
      list, range: names.joined(separator: ", "),
      text: { value in choices.first { $0.value == value }?.name ?? "" }
    ) { text in choices.first { $0.name == text }?.value }
  }

  /// Values with commas between them, which a configuration may also write as a list.
  /// - Parameter make: what the elements come to; nil where they do not fit together.
  public static func list<One>(
    _ expected: String, range: String = "", of one: ValueFormat<One>,
    text: @escaping @Sendable (Value) -> String = { "\($0)" },
    _ make: @escaping @Sendable ([One]) -> Value?
  ) -> Self {
    let element = Element(expected: one.expected) { one.parse($0) != nil }
    return Self(expected, range: range, element: element, text: text) { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        .map { one.parse($0.trimmed()) }
      let values = parts.compactMap(\.self)
      return values.count == parts.count ? make(values) : nil
    }
  }

  /// The format, or a word that stands for nothing: "off".
  public func orOff(_ word: String = "off") -> ValueFormat<Value?> {
    ValueFormat<Value?>(
      "\(expected), or \(word)", range: range.isEmpty ? word : "\(range), or \(word)",
      isSecret: isSecret, text: { [text] value in value.map(text) ?? word }
    ) { [parse] text in
      text == word ? .some(nil) : parse(text).map { .some($0) }
    }
  }
}
