/// Small tables that are written in one go.
public enum CSVTable {
  /// Writes a header and rows of cells to `path` (`-`: standard output), whole or not at all.
  /// Cells are quoted where they must be (RFC 4180).
  ///
  /// Throws `RecordingError` as `CSVWriter`.
  public static func write(
    header: [String], rows: [[String]], to path: String, force: Bool = false
  ) throws(RecordingError) {
    var bytes = ByteWriter(capacity: 1 << 14)
    for row in [header] + rows {
      precondition(row.count == header.count, "a row of \(row.count) cells")
      for (index, cell) in row.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(quoted(cell))
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    try WholeFile.write([UInt8](bytes.bytes), to: path, force: force)
  }

  /// `text` as a CSV cell: in quotes where it holds a comma, a quote or a line end.
  static func quoted(_ text: String) -> String {
    let special = text.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard special else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}
