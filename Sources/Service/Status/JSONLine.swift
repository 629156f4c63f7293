import FoundationEssentials

/// Values as JSON on one line.
enum JSONLine {
  /// Keys in alphabetic order. Numbers that JSON does not have become text.
  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
    return (try? encoder.encode(value)).map { [UInt8]($0) } ?? Array("{}".utf8)
  }
}
