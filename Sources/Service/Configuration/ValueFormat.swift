import Foundation

/// How a scalar of the configuration is read, and what to say where it cannot be.
struct ValueFormat<Value> {
  /// "a number from 0 to 1".
  let expected: String
  /// Whether messages must not show what stands there.
  var isSecret = false
  let parse: (String) -> Value?

  init(_ expected: String, isSecret: Bool = false, _ parse: @escaping (String) -> Value?) {
    self.expected = expected
    self.isSecret = isSecret
    self.parse = parse
  }
}

extension ValueFormat where Value == Double {
  static func number(_ range: ClosedRange<Double>, _ what: String = "a number") -> Self {
    Self("\(what) from \(plain(range.lowerBound)) to \(plain(range.upperBound))") { text in
      decimal(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A finite number above 0.
  static func positive(_ what: String = "a number") -> Self {
    Self("\(what) above 0") { text in decimal(text).flatMap { $0 > 0 ? $0 : nil } }
  }

  static func finite(_ what: String = "a number") -> Self { Self(what, decimal) }

  /// Seconds: "500ms", "30s", "15m", "1h", "7d"; a bare number is seconds.
  static func duration(_ range: ClosedRange<Double>) -> Self {
    Self(
      "a time from \(durationText(range.lowerBound)) to \(durationText(range.upperBound)), "
        + "such as 500ms, 30s, 15m, 1h or 7d"
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

  fileprivate static func plain(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }

  fileprivate static func durationText(_ seconds: Double) -> String {
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
  static func integer(_ range: ClosedRange<Int>, _ what: String = "a whole number") -> Self {
    Self("\(what) from \(range.lowerBound) to \(range.upperBound)") { text in
      guard text.utf8.allSatisfy({ "+-0123456789".utf8.contains($0) }) else { return nil }
      return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// Bytes: "100MB", "64MiB"; a bare number is bytes.
  static func size(_ range: ClosedRange<Int>) -> Self {
    let units: [(name: String, factor: Double)] = [
      ("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("KiB", 1024), ("MiB", 1_048_576),
      ("GiB", 1_073_741_824),
    ]
    return Self(
      "a size from \(range.lowerBound) B to \(range.upperBound / 1_000_000_000) GB, such as 100MB "
        + "or 64MiB"
    ) { text in
      guard let bytes = ValueFormat<Double>.scaled(text, by: units), bytes.magnitude < 1e15
      else { return nil }
      return range.contains(Int(bytes)) ? Int(bytes) : nil
    }
  }
}

extension ValueFormat where Value == Bool {
  static var flag: Self { Self("true or false") { ["true": true, "false": false][$0] } }
}

extension ValueFormat where Value == String {
  /// Any text of at most 4096 bytes without control characters.
  static func text(_ expected: String) -> Self { Self(expected) { isPlainText($0) ? $0 : nil } }

  /// What names streams in files, addresses and metrics.
  static var streamName: Self {
    Self("1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit") { text in
      let bytes = Array(text.utf8)
      func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte < 128 && (Character(Unicode.Scalar(byte)).isLetter || (48...57).contains(byte))
      }
      guard (1...64).contains(bytes.count), isAlphanumeric(bytes[0]),
        bytes.allSatisfy({ isAlphanumeric($0) || "-_.".utf8.contains($0) })
      else { return nil }
      return text
    }
  }

  static func isPlainText(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 4096 && singleLine(text) == text
  }

  /// A numeric address of an interface, or "localhost".
  static var interfaceAddress: Self {
    Self("an IPv4 or IPv6 address such as 127.0.0.1, or localhost") { text in
      text == "localhost" || NetworkAddress(text) != nil ? text : nil
    }
  }

  /// A host's name or address.
  static var host: Self {
    Self("a host name or an IPv4 or IPv6 address") { text in
      let isName =
        (1...253).contains(text.utf8.count)
        && text.utf8.allSatisfy {
          $0 < 128 && (Character(Unicode.Scalar($0)).isLetter || "-_.0123456789".utf8.contains($0))
        } && !text.hasPrefix("-") && !text.hasPrefix(".")
      return isName || NetworkAddress(text) != nil ? text : nil
    }
  }
}

extension ValueFormat {
  /// One of some words.
  static func choice(_ choices: KeyValuePairs<String, Value>) -> Self {
    let names = choices.map(\.key)
    let list =
      names.count > 1
      ? names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "") : names.joined()
    return Self(list) { text in choices.first { $0.key == text }?.value }
  }

  /// The format, or a word that stands for nothing: "off".
  func orOff(_ word: String = "off") -> ValueFormat<Value?> {
    ValueFormat<Value?>("\(expected), or \(word)", isSecret: isSecret) { text in
      text == word ? .some(nil) : parse(text).map { .some($0) }
    }
  }
}
