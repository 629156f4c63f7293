/// Small files that are written in one go.
public enum WholeFile {
  /// Writes `bytes` to `path` (`-`: standard output), atomically: the file appears whole or, with
  /// an error, not at all. An existing file is replaced only with `force`.
  public static func write(
    _ bytes: [UInt8], to path: String, force: Bool
  ) throws(RecordingError) {
    try write(bytes, to: path, force: force, calls: FileCalls())
  }

  static func write(
    _ bytes: [UInt8], to path: String, force: Bool, calls: FileCalls
  ) throws(RecordingError) {
    let file = try OutputFile(path, force: force, calls: calls)
    do throws(RecordingError) {
      try bytes.span.withUnsafeBytes { (bytes) throws(RecordingError) in try file.write(bytes) }
      try file.publish()
    } catch {
      file.discard()
      // What was written is gone with the partial.
      if case .alreadyExists(let path, _) = error { throw .alreadyExists(path: path, rows: nil) }
      throw error
    }
  }
}
