/// Landmarks of one picture in the iBUG annotation format (.pts).
///
/// The format counts pixels from 1: the centre of the top left pixel is (1, 1), where everything
/// else here has (0, 0).
public enum PTSFile {
  /// Writes `landmarks` ([x0..., y0...], px) to `path` (`-`: standard output), whole or not at all,
  /// with six decimals.
  ///
  /// Throws `RecordingError`: `notRepresentable` for coordinates that are not finite (the format
  /// has no missing points), else as `CSVWriter`.
  public static func write(
    _ landmarks: [Double], to path: String, force: Bool = false
  ) throws(RecordingError) {
    let n = landmarks.count / 2
    precondition(landmarks.count == 2 * n, "an x without a y")
    var text = ByteWriter(capacity: 64 + 32 * n)
    text.append("version: 1\nn_points: \(n)\n{\n")
    for i in 0..<n {
      guard landmarks[i].isFinite, landmarks[n + i].isFinite else {
        throw .notRepresentable(path: path, reason: "landmark \(i) has no place")
      }
      text.append(landmarks[i] + 1, decimals: 6)
      text.append(UInt8(ascii: " "))
      text.append(landmarks[n + i] + 1, decimals: 6)
      text.append(UInt8(ascii: "\n"))
    }
    text.append("}\n")
    try WholeFile.write([UInt8](text.bytes), to: path, force: force)
  }
}
