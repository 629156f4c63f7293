import Glibc
import SystemNames

/// The names of a list.
struct InputList {
  struct Entry: Sendable {
    var name: String
    /// "LIST:LINE", or of names with NUL behind each "LIST, name N".
    var place: String
  }

  private(set) var entries: [Entry] = []

  /// - Parameter path: `-` is standard input.
  /// - Returns: nil, and `errno`, where it cannot be read.
  init?(_ path: String) {
    guard var bytes = SystemName.contents(ofFile: path == "-" ? "/dev/stdin" : path) else {
      return nil
    }
    let shown = path == "-" ? "standard input" : path
    guard !bytes.contains(0) else {
      for (index, name) in bytes.split(separator: 0, omittingEmptySubsequences: false).enumerated()
      where !name.isEmpty {
        entries.append(Entry(name: SystemName.text(name), place: "\(shown), name \(index + 1)"))
      }
      return
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard let first = line.first, first != UInt8(ascii: "#"), line != [0x0D] else { continue }
      entries.append(Entry(name: Self.name(line), place: "\(shown):\(index + 1)"))
    }
  }

  /// A carriage return at the end is the name's only where a file has such a name.
  private static func name(_ line: ArraySlice<UInt8>) -> String {
    let name = SystemName.text(line)
    guard line.last == 0x0D, access(name, F_OK) != 0 else { return name }
    return SystemName.text(line.dropLast())
  }
}
