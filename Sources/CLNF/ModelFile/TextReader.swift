/// Reads the text files of a model folder: words, line by line, `#` lines left out.
struct TextReader {
  struct Line {
    var number: Int
    var words: [Substring]
  }

  let file: String
  let lines: [Line]
  private var line = 0
  private var word = 0

  init(file: String, bytes: [UInt8]) throws(ModelError) {
    self.file = file
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ModelError(file: file, reason: "is not text; expected a model's text file")
    }
    var lines: [Line] = []
    var number = 0
    // Substring.split sees \r\n as one character; every kind of line end counts one.
    for piece in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let words = piece.split(whereSeparator: \.isWhitespace)
      if let first = words.first, !first.hasPrefix("#") {
        lines.append(Line(number: number, words: words))
      }
    }
    self.lines = lines
  }

  func error(_ reason: String) -> ModelError {
    let place = line < lines.count ? lines[line].number : (lines.last?.number ?? 1)
    return ModelError(file: file, place: .line(place), reason: reason)
  }

  /// Whether every word has been read.
  var isAtEnd: Bool { line >= lines.count }

  private mutating func nextWord(_ what: String) throws(ModelError) -> Substring {
    guard line < lines.count else {
      throw error("the file ends where \(what) was expected")
    }
    let next = lines[line].words[word]
    word += 1
    if word == lines[line].words.count {
      word = 0
      line += 1
    }
    return next
  }

  mutating func integer(_ what: String, in range: ClosedRange<Int>) throws(ModelError) -> Int {
    let before = self
    let text = try nextWord(what)
    guard let value = Int(text), range.contains(value) else {
      throw before.error(
        "\(what) is '\(text.prefix(40))'; expected a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return value
  }

  private mutating func number(_ what: String) throws(ModelError) -> Double {
    let before = self
    let text = try nextWord(what)
    guard let value = Double(text), value.isFinite else {
      throw before.error("\(what) is '\(text.prefix(40))'; expected a finite number")
    }
    return value
  }

  /// A text matrix: rows, columns, type, then the values row by row.
  mutating func matrix(_ what: String) throws(ModelError) -> Matrix {
    let rows = try integer("\(what): rows", in: 0...1_000_000)
    let columns = try integer("\(what): columns", in: 0...1_000_000)
    _ = try integer("\(what): type", in: 0...6)
    var values: [Double] = []
    // Grows with what is there: a size that the file does not have allocates nothing.
    for index in 0..<rows * columns {
      values.append(try number("value \(index) of \(what)"))
    }
    return Matrix(rows: rows, columns: columns, values: values)
  }
}
