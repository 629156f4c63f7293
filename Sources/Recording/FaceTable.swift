import CLNF
import FaceFinding

/// Writes the faces that were found as a table: a row a face, and one for a frame without a face. How
/// rows come to a file: `RowFile`. docs/use/columns.md has the columns.
public final class FaceTable: RowFile {
  /// How a row is written. The values are the same, with the same decimals.
  public enum Format: Sendable, Equatable {
    /// A header, then cells; those without a value are empty.
    case csv
    /// A JSON object a line; what has no value is null.
    case ndjson

    /// What a file's name asks for: NDJSON where it ends in .ndjson.
    public init(path: String) {
      self = path.lowercased().hasSuffix(".ndjson") ? .ndjson : .csv
    }
  }

  /// Where faces were looked for.
  public struct Place: Sendable, Equatable {
    /// The input's name as it may be shown.
    public var image: String
    /// Number of the frame in the input, from 1.
    public var frame: Int
    /// Since the first one; nil for images, which have no time.
    public var seconds: Double?

    public init(image: String, frame: Int = 1, seconds: Double? = nil) {
      self.image = image
      self.frame = frame
      self.seconds = seconds
    }
  }

  public let format: Format

  /// The columns of the CSV in order.
  public static let columnNames: [String] =
    ["image", "frame", "timestamp", "face", "score", "x", "y", "width", "height"]
    + pointNames.flatMap { ["x_\($0)", "y_\($0)"] }

  /// In the order of `FacePoints.all`.
  static let pointNames = [
    "right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner",
  ]

  /// Starts a file; a CSV with its header.
  ///
  /// - Parameters:
  ///   - path: NAME; `-` is standard output. A device or named pipe is written straight to.
  ///   - force: whether NAME may be replaced. A leftover NAME.partial always is, unless another
  ///     run is writing it.
  ///
  /// Throws `RecordingError`: `alreadyExists`, `inUse`, `notARegularFile`, `system`.
  public convenience init(
    path: String, format: Format, force: Bool = false
  ) throws(RecordingError) {
    try self.init(path: path, format: format, force: force, calls: FileCalls())
  }

  init(path: String, format: Format, force: Bool, calls: FileCalls) throws(RecordingError) {
    self.format = format
    let header = format == .csv ? Self.columnNames.joined(separator: ",") : nil
    try super.init(path: path, header: header, force: force, calls: calls)
  }

  /// Adds the rows of a frame: one a face in the order given, numbered from 0; one without a face
  /// where there is none.
  ///
  /// - Parameter faces: boxes and points in pixels of the frame, (0, 0) the centre of the top left one.
  ///   What is not finite has no value in the table.
  ///
  /// Throws what `flush` throws.
  public func write(_ faces: [DetectedFace], at place: Place) throws(RecordingError) {
    if faces.isEmpty { try write(nil, number: 0, at: place) }
    for (number, face) in faces.enumerated() { try write(face, number: number, at: place) }
  }

  private func write(
    _ face: DetectedFace?, number: Int, at place: Place
  ) throws(RecordingError) {
    try add { (row) throws(RecordingError) in
      switch format {
      case .csv: appendCells(face, number, place, to: &row)
      case .ndjson: appendObject(face, number, place, to: &row)
      }
      row.append(UInt8(ascii: "\n"))
    }
  }

  // MARK: CSV

  private func appendCells(
    _ face: DetectedFace?, _ number: Int, _ place: Place, to row: inout ByteWriter
  ) {
    row.append(CSVTable.quoted(place.image))
    row.endCell()
    row.cell(place.frame)
    row.cell(place.seconds, decimals: Decimals.timestamp)
    if face != nil { row.append(Int64(number)) }
    row.endCell()
    row.cell(face?.confidence, decimals: Decimals.confidence)
    let box = face?.box
    for value in [box?.x, box?.y, box?.width, box?.height] {
      row.cell(value, decimals: Decimals.pixels)
    }
    let points = face?.points?.all
    for index in Self.pointNames.indices {
      row.cell(points?[index].x, decimals: Decimals.pixels)
      row.cell(points?[index].y, decimals: Decimals.pixels)
    }
    // Without the last comma.
    row.cut(to: row.count - 1)
  }

  // MARK: NDJSON

  private func appendObject(
    _ face: DetectedFace?, _ number: Int, _ place: Place, to row: inout ByteWriter
  ) {
    row.append("{\"image\":")
    row.append(jsonString: place.image)
    row.append(",\"frame\":")
    row.append(Int64(place.frame))
    row.append(",\"timestamp\":")
    row.append(json: place.seconds ?? .nan, decimals: Decimals.timestamp)
    guard let face else {
      return row.append(",\"face\":null,\"score\":null,\"box\":null,\"points\":null}")
    }
    row.append(",\"face\":")
    row.append(Int64(number))
    row.append(",\"score\":")
    row.append(json: face.confidence, decimals: Decimals.confidence)
    row.append(",\"box\":{\"x\":")
    row.append(json: face.box.x, decimals: Decimals.pixels)
    row.append(",\"y\":")
    row.append(json: face.box.y, decimals: Decimals.pixels)
    row.append(",\"width\":")
    row.append(json: face.box.width, decimals: Decimals.pixels)
    row.append(",\"height\":")
    row.append(json: face.box.height, decimals: Decimals.pixels)
    row.append("},\"points\":")
    append(face.points, to: &row)
    row.append(UInt8(ascii: "}"))
  }

  private func append(_ points: FacePoints?, to row: inout ByteWriter) {
    guard let points else { return row.append("null") }
    for (index, (name, point)) in zip(Self.pointNames, points.all).enumerated() {
      row.append(index == 0 ? "{" : "," as StaticString)
      row.append(jsonString: name)
      row.append(":[")
      row.append(json: point.x, decimals: Decimals.pixels)
      row.append(UInt8(ascii: ","))
      row.append(json: point.y, decimals: Decimals.pixels)
      row.append(UInt8(ascii: "]"))
    }
    row.append(UInt8(ascii: "}"))
  }
}
