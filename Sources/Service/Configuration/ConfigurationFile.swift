import Glibc
import SystemNames

/// A configuration file's bytes and text, bounded and checked.
enum ConfigurationFile {
  private typealias Place = ConfigurationMistake.Place

  /// Why a file's bytes cannot be had, as a clause.
  struct Unreadable: Error {
    let problem: String
  }

  /// nil where they cannot be had, with the reason in `list`.
  static func bytes(of path: String, into list: MistakeList) -> [UInt8]? {
    do throws(Unreadable) {
      return try read(path, atMost: ConfigurationDocument.largestFile).bytes
    } catch {
      list.add(nil, "", error.problem, expected: "a YAML file that can be read")
      return nil
    }
  }

  /// A regular file's bytes and mode.
  static func read(
    _ path: String, atMost limit: Int, what: String = "configuration"
  ) throws(Unreadable) -> (bytes: [UInt8], mode: mode_t) {
    // Without O_NONBLOCK a FIFO would be waited for.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Unreadable(problem: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Unreadable(problem: "is not a regular file")
    }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw Unreadable(problem: "cannot be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      filled += count
    }
    guard filled <= limit else {
      throw Unreadable(problem: "has more than \(limit) bytes, the most that a \(what) may have")
    }
    bytes.removeLast(bytes.count - filled)
    return (bytes, status.st_mode)
  }

  /// nil where the bytes are no UTF-8, with the first wrong place in `list`.
  static func text(_ bytes: [UInt8], into list: MistakeList) -> String? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let rest = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    if let text = String(validating: rest, as: UTF8.self) { return text }
    let good = longestText(rest)
    // By scalars: "\r\n" is one character.
    let lines = good.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    list.add(
      Place(line: lines.count, column: 1 + (lines.last?.count ?? 0)), "",
      "is not UTF-8: byte \(hexadecimal(rest[good.utf8.count]))", expected: "text in UTF-8")
    return nil
  }

  /// As much of the beginning as is UTF-8.
  private static func longestText(_ bytes: [UInt8]) -> String {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var text = String.UnicodeScalarView()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { text.append(scalar) }
    return String(text)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "0x" + (digits.count < 2 ? "0" : "") + digits
  }
}
