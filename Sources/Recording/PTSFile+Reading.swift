import FoundationEssentials
import Glibc
import SystemNames
import SystemSupport

/// Why a .pts file cannot be used. `description` is one line that names the file and the line.
public struct PTSReadingError: Error, Sendable, Equatable, CustomStringConvertible {
  public var path: String
  /// From 1; nil where the whole file is meant.
  public var line: Int?
  /// What is wrong and what was expected.
  public var problem: String

  public var description: String {
    "\(path): " + (line.map { "line \($0): " } ?? "") + problem
  }
}

extension PTSFile {
  /// No annotation comes near it: a larger file is no .pts file.
  private static let largestFile = 1 << 20

  /// Reads landmarks, stacked [x0..., y0...], px, and 0-based: the file counts from 1.
  ///
  /// The header (`version:`, `n_points:`) and the braces around the points may be missing; blank
  /// lines and comments (`#` or `//` up to the line's end) are passed over.
  ///
  /// - Parameter count: how many points are expected; nil takes any number above 0.
  ///
  /// Throws `PTSReadingError`: a file that cannot be read, a line that is no point, a number of
  /// points other than `count` or than the header's.
  public static func read(
    _ path: String, count: Int? = nil
  ) throws(PTSReadingError) -> [Double] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw PTSReadingError(path: path, problem: "cannot be read: expected a .pts file")
    }
    guard status.st_size <= largestFile else {
      throw PTSReadingError(
        path: path, problem: "larger than \(largestFile) bytes: expected a .pts file")
    }
    guard let bytes = SystemName.contents(ofFile: path) else {
      throw PTSReadingError(path: path, problem: "cannot be read")
    }
    return try parse(String(decoding: bytes, as: UTF8.self), path: path, count: count)
  }

  /// The points of a file's text; `path` is for messages.
  static func parse(
    _ text: String, path: String, count: Int?
  ) throws(PTSReadingError) -> [Double] {
    var parser = PTSParser(path: path)
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      try parser.take(line, number: index + 1)
    }
    return try parser.finish(count: count)
  }
}

/// Line after line of a .pts file.
private struct PTSParser {
  let path: String
  private var x: [Double] = []
  private var y: [Double] = []
  private var promised: Int?
  private var place = Place.header
  private var lastLine = 0

  /// Before, between and after the braces. A file without braces stays in the header.
  private enum Place { case header, points, end }

  init(path: String) { self.path = path }

  mutating func take(_ whole: Substring, number: Int) throws(PTSReadingError) {
    let line = Self.withoutComment(whole)
    guard !line.isEmpty else { return }
    lastLine = number
    switch (line, place) {
    case ("{", .header) where x.isEmpty: place = .points
    case ("}", .points): place = .end
    case ("{", _), ("}", _), (_, .end):
      throw problem("'\(Self.shown(line))' is out of place: expected points between { and }")
    default:
      if place == .header, x.isEmpty, let colon = line.firstIndex(of: ":") {
        try takeHeader(line[..<colon], line[line.index(after: colon)...])
      } else {
        try takePoint(line)
      }
    }
  }

  func finish(count: Int?) throws(PTSReadingError) -> [Double] {
    guard place != .points else { throw problem("the file ends before its }") }
    guard !x.isEmpty else { throw PTSReadingError(path: path, problem: "no points") }
    if let promised, promised != x.count {
      throw problem("\(x.count) points, the header says \(promised)")
    }
    if let count, count != x.count { throw problem("\(x.count) points, expected \(count)") }
    return x + y
  }

  private mutating func takeHeader(
    _ name: Substring, _ value: Substring
  ) throws(PTSReadingError) {
    let value = value.trimmed()
    switch name.trimmed() {
    case "version": break
    case "n_points":
      guard let number = Int(value), number > 0 else {
        throw problem("n_points is '\(Self.shown(value))', expected a number above 0")
      }
      promised = number
    default:
      throw problem("'\(Self.shown(name))' is not known: expected version or n_points")
    }
  }

  private mutating func takePoint(_ line: some StringProtocol) throws(PTSReadingError) {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let first = Double(words[0]), let second = Double(words[1]),
      first.isFinite, second.isFinite
    else { throw problem("'\(Self.shown(line))' is no point: expected two numbers, x and y") }
    x.append(first - 1)
    y.append(second - 1)
  }

  private func problem(_ text: String) -> PTSReadingError {
    PTSReadingError(path: path, line: lastLine, problem: text)
  }

  private static func withoutComment(_ line: Substring) -> String {
    var end = line.endIndex
    for mark in ["#", "//"] {
      if let found = line.firstRange(of: mark) { end = min(end, found.lowerBound) }
    }
    return line[..<end].trimmed(also: ["\u{FEFF}"])
  }

  /// Text of a file for a message: not longer than a line.
  private static func shown(_ text: some StringProtocol) -> String {
    text.count > 40 ? text.prefix(40) + "..." : String(text)
  }
}
