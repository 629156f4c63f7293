/// Whole lines in one piece of memory, each with the time it was made.
struct LineBatch: ~Copyable {
  /// The text. Append a line here, newline included, then call `endLine`.
  var bytes = ByteWriter(capacity: 1 << 13)
  /// Where each line ends, after its newline.
  private var ends: [Int] = []
  /// When each line was made, seconds since 1970-01-01T00:00:00Z.
  private var times: [Double] = []

  /// Lines.
  var count: Int { ends.count }

  /// Makes what was appended to `bytes` a line.
  mutating func endLine(at utcSeconds: Double) {
    ends.append(bytes.count)
    times.append(utcSeconds)
  }

  /// Forgets the lines but keeps the memory.
  mutating func clear() {
    bytes.clear()
    ends.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
  }

  /// Where a line begins in the text; for `count` where the text ends.
  func start(of line: Int) -> Int { line == 0 ? 0 : ends[line - 1] }

  func length(of line: Int) -> Int { ends[line] - start(of: line) }

  func utcSeconds(of line: Int) -> Double { times[line] }

  /// The text of some lines, valid until the batch changes.
  func text(of lines: Range<Int>) -> UnsafeRawBufferPointer {
    guard !lines.isEmpty else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(
      rebasing: bytes.bytes[start(of: lines.lowerBound)..<start(of: lines.upperBound)])
  }
}
