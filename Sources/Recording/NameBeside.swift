import Glibc
import SystemNames

/// Names of the files that stand beside a result: its partial, its report.
public enum NameBeside {
  /// Where the file with `ending` beside `result` belongs: `out.csv` has `out.csv.partial`.
  ///
  /// Where that name would have more bytes than its folder takes (255 as a rule), the end of the
  /// result's name gives way to a digest of the whole name, so that two long names that differ
  /// only at their ends have different files beside them. Asks the system for the folder's bound.
  public static func path(of result: String, ending: String) -> String {
    let slash = result.utf8.lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map { result.utf8.index(after: $0) } ?? result.startIndex
    let folder = String(result[..<start])
    var name = result[start...]
    let longest = longestName(in: folder.isEmpty ? "." : folder)
    guard length(name) + ending.utf8.count > longest else { return result + ending }
    let tail = "~" + digest(name) + ending
    // Whole characters: half of one would be no text.
    while !name.isEmpty, length(name) + tail.utf8.count > longest { name.removeLast() }
    return "\(folder)\(name)\(tail)"
  }

  private static func length(_ name: Substring) -> Int { SystemName.bytes(String(name)).count }

  /// Bytes that a name in `folder` may have.
  private static func longestName(in folder: String) -> Int {
    let stated = pathconf(folder, Int32(_PC_NAME_MAX))
    return stated > 0 ? stated : 255
  }

  /// FNV-1a over the name's bytes, 16 hexadecimal digits: tells names apart, protects nothing.
  private static func digest(_ name: Substring) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in SystemName.bytes(String(name)) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
