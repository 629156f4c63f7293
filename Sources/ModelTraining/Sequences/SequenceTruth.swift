import CLNF
import Foundation

/// What is true of every frame of a drawn sequence, as kept in a CSV file.
public struct SequenceTruth: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    /// From 1.
    public var frame: Int
    /// Seconds from the first frame.
    public var timestamp: Double
    /// Of the head in the camera's axes, radians, R = Rx Ry Rz.
    public var rotation: EulerAngles
    /// How far apart the outer eye corners would be seen at the head's distance if it were not
    /// turned: their distance in space times the px a mm, px.
    public var eyeDistance: Double
    /// 68 points, stacked, px: the centre of the top left pixel is (0, 0).
    public var landmarks: [Double]
    /// Which of them the head itself does not hide.
    public var visible: [Bool]

    public init(frame: Int, timestamp: Double, face: RenderedFace) {
      self.frame = frame
      self.timestamp = timestamp
      rotation = face.rotation
      let eyes = face.shape[45] - face.shape[36]
      eyeDistance = Double((eyes * eyes).sum().squareRoot() * face.pixelsPerMillimetre)
      landmarks = face.landmarks.map { Double($0.x) } + face.landmarks.map { Double($0.y) }
      visible = face.visible
    }

    fileprivate init?(_ cells: [Substring]) {
      let values = cells.compactMap { Double($0) }
      guard cells.count == SequenceTruth.header.count, values.count == cells.count,
        values.allSatisfy(\.isFinite), let frame = Int(exactly: values[0]), values[5] > 0
      else { return nil }
      self.frame = frame
      timestamp = values[1]
      rotation = EulerAngles(x: values[2], y: values[3], z: values[4])
      eyeDistance = values[5]
      landmarks = Array(values[6..<142])
      visible = values[142...].map { $0 > 0 }
    }

    /// As `header` names them; angles to 1e-5, pixels to 0.01.
    public var cells: [String] {
      [String(frame), String(format: "%.6f", timestamp)]
        + [rotation.x, rotation.y, rotation.z].map { String(format: "%.5f", $0) }
        + ([eyeDistance] + landmarks).map { String(format: "%.2f", $0) }
        + visible.map { $0 ? "1" : "0" }
    }
  }

  public var rows: [Row]

  public init(rows: [Row]) { self.rows = rows }

  /// Names as those of a tracked face, where there are such.
  public static let header: [String] =
    ["frame", "timestamp", "pose_Rx", "pose_Ry", "pose_Rz", "eye_distance"]
    + ["x", "y", "visible"].flatMap { name in (0..<68).map { "\(name)_\($0)" } }

  /// Reads a file.
  /// - Throws: `MaterialError` for one that cannot be read or is not such a table.
  public static func read(_ path: String) throws(MaterialError) -> SequenceTruth {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw MaterialError(path, "cannot be read: \(error.localizedDescription)")
    }
    var lines = text.split(whereSeparator: \.isNewline)
    let names = lines.isEmpty ? [] : lines.removeFirst().split(separator: ",").map(String.init)
    guard names == header, !lines.isEmpty else {
      throw MaterialError(path, "expected a row of names from frame to visible_67, and rows below")
    }
    var rows: [Row] = []
    for (index, line) in lines.enumerated() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard let row = Row(cells) else {
        throw MaterialError(
          path, "row \(index + 1): expected \(header.count) finite numbers, a frame first")
      }
      rows.append(row)
    }
    return SequenceTruth(rows: rows)
  }
}
