/// The head of an HTTP answer: what of it is used.
struct HTTPAnswer: Sendable, Equatable {
  /// 0 before the answer.
  var status = 0
  /// In lower case, without parameters.
  var contentType = ""
  /// Bytes of the body as stated.
  var contentLength: Int64?
  var acceptsRanges = false
  /// Of the whole, where the answer is a part.
  var rangeStart: Int64?
  var entityTag: String?
  var lastModified: String?
  var location: String?

  /// Takes in a header line. A status line begins a new answer: those of redirects, refusals and
  /// "100 Continue" come before the one that counts.
  mutating func take(_ line: Substring) {
    if line.hasPrefix("HTTP/") || line.hasPrefix("ICY ") {
      self = HTTPAnswer()
      let words = line.split(separator: " ", maxSplits: 2)
      status = words.count > 1 ? Int(words[1]) ?? 0 : 0
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = Self.trimmed(line[line.index(after: colon)...])
    switch line[..<colon].lowercased() {
    case "content-type":
      contentType = Self.trimmed(value.prefix { $0 != ";" }[...]).lowercased()
    case "content-length": contentLength = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
    case "accept-ranges": acceptsRanges = value.lowercased() == "bytes"
    case "content-range": rangeStart = Self.rangeStart(value)
    case "etag": entityTag = value
    case "last-modified": lastModified = value
    case "location": location = value
    default: break
    }
  }

  /// "bytes 100-199/1000": 100.
  private static func rangeStart(_ value: String) -> Int64? {
    guard value.lowercased().hasPrefix("bytes ") else { return nil }
    return Int64(trimmed(value.dropFirst(6)).prefix { $0.isNumber })
  }

  private static func trimmed(_ text: Substring) -> String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
    let tail = text.drop(while: isSpace)
    guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(tail[...last])
  }
}

/// What is asked for beside the address.
struct HTTPRequest: Sendable, Equatable {
  /// The first and, where it is not the end, the last byte.
  var firstByte: Int64?
  var lastByte: Int64?
  /// Header lines.
  var headers: [String] = []

  static let plain = HTTPRequest()

  /// "100-199".
  var range: String? { firstByte.map { "\($0)-\(lastByte.map(String.init) ?? "")" } }
}
