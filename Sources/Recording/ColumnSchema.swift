import CLNF
import Measurement
import Tracking

/// Columns that are chosen together with `--columns`.
public enum ColumnGroup: String, Sendable, CaseIterable, Codable {
  /// The head pose: pose_Tx ... pose_Rz.
  case pose
  /// Landmarks in the image: x_0 ..., y_0 ...
  case landmarks
  /// Landmarks in camera space: X_0 ..., Y_0 ..., Z_0 ...
  case landmarks3d
  /// The fit's parameters: p_scale ... p_ty, p_0 ...
  case parameters
  /// The tracker's state and the fit's evidence.
  case fit
  /// How likely each landmark is seen and right: c_0 ...
  case confidences
  /// The source's own time stamps.
  case times

  /// What is written where nothing else is asked for: all that costs nothing.
  public static let standard = Set(allCases).subtracting([.confidences])
}

/// The columns of the CSV: their names, their order, their decimals. docs/use/columns.md is written
/// from this file.
///
/// Names and order are those of OpenFace 2.2 for what it and we both compute, then our own columns
/// (state to latency). What is not computed has no column.
public struct ColumnSchema: Sendable, Equatable {
  /// n: 68 for the usual markup.
  public let landmarkCount: Int
  /// m: the shape model's modes.
  public let modeCount: Int
  /// The groups that are written, always in the schema's order.
  public let groups: Set<ColumnGroup>
  /// The first column's name, where rows begin with the name of the image that they are about.
  public let imageColumn: String?
  /// Whether the rows are of a live source: the group `times` then ends with `latency`.
  public let isLive: Bool
  /// Whether the rows are of frames, which have times; else there is no `timestamp` and no `times`.
  public let hasTimes: Bool

  public init(
    landmarkCount: Int, modeCount: Int, groups: Set<ColumnGroup> = ColumnGroup.standard,
    imageColumn: String? = nil, isLive: Bool = false, hasTimes: Bool = true
  ) {
    precondition(landmarkCount >= 0 && modeCount >= 0, "negative number of columns")
    self.landmarkCount = landmarkCount
    self.modeCount = modeCount
    self.groups = hasTimes ? groups : groups.subtracting([.times])
    self.imageColumn = imageColumn
    self.isLive = isLive
    self.hasTimes = hasTimes
  }

  /// The columns' names in order.
  public var names: [String] {
    var names = imageColumn.map { [$0] } ?? []
    names += ["frame", "face_id"] + (hasTimes ? ["timestamp"] : []) + ["confidence", "success"]
    for group in ColumnGroup.allCases where groups.contains(group) {
      names += self.names(of: group)
    }
    return names
  }

  /// The header line, without its newline.
  public var header: String { names.joined(separator: ",") }

  private func names(of group: ColumnGroup) -> [String] {
    func numbered(_ prefix: String, _ count: Int) -> [String] {
      (0..<count).map { "\(prefix)_\($0)" }
    }
    let n = landmarkCount
    return switch group {
    case .pose: ["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"]
    case .landmarks: numbered("x", n) + numbered("y", n)
    case .landmarks3d: numbered("X", n) + numbered("Y", n) + numbered("Z", n)
    case .parameters:
      ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty"] + numbered("p", modeCount)
    case .fit: ["state", "mean_shift", "peak_offset", "likelihood", "iterations"]
    case .confidences: numbered("c", n)
    case .times: ["pts", "time_utc"] + (isLive ? ["latency"] : [])
    }
  }

  /// Appends the row of a frame and its newline. Allocates nothing once `row` has its size.
  ///
  /// Throws `RecordingError.shapeMismatch` where the fit's numbers of values are not the schema's;
  /// `row` is then as before.
  func append(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, image: String = "",
    latencySeconds: Double? = nil, to row: inout ByteWriter
  ) throws(RecordingError) {
    try check(frame, measurement)
    if imageColumn != nil {
      row.append(CSVTable.quoted(image))
      row.endCell()
    }
    row.cell(frame.frameNumber)
    row.cell(frame.faceID)
    if hasTimes { row.cell(frame.timestampSeconds, decimals: Decimals.timestamp) }
    row.cell(frame.confidence, decimals: Decimals.confidence)
    row.cell(frame.success ? 1 : 0)
    for group in ColumnGroup.allCases where groups.contains(group) {
      appendCells(of: group, frame, measurement, to: &row)
    }
    // The group `times` is the last.
    if isLive && groups.contains(.times) {
      row.cell(latencySeconds, decimals: Decimals.timestamp)
    }
    row.cut(to: row.count - 1)
    row.append(UInt8(ascii: "\n"))
  }

  private func appendCells(
    of group: ColumnGroup, _ frame: TrackedFrame, _ measurement: FaceMeasurement,
    to row: inout ByteWriter
  ) {
    let fit = frame.hasFit
    switch group {
    case .pose:
      let pose = fit ? measurement.writtenPose : nil
      for axis in 0..<3 { row.cell(pose?.translation[axis], decimals: Decimals.millimetres) }
      row.cell(pose?.rotation.x, decimals: Decimals.radians)
      row.cell(pose?.rotation.y, decimals: Decimals.radians)
      row.cell(pose?.rotation.z, decimals: Decimals.radians)
    case .landmarks:
      row.cells(
        fit ? frame.landmarks : nil, count: 2 * landmarkCount, decimals: Decimals.pixels)
    case .landmarks3d:
      let known = fit && !measurement.landmarks3D.isEmpty
      row.cells(
        known ? measurement.landmarks3D : nil, count: 3 * landmarkCount,
        decimals: Decimals.millimetres)
    case .parameters:
      let global = fit ? frame.global : nil
      row.cell(global?.scale, decimals: Decimals.parameters)
      row.cell(global?.rotation.x, decimals: Decimals.parameters)
      row.cell(global?.rotation.y, decimals: Decimals.parameters)
      row.cell(global?.rotation.z, decimals: Decimals.parameters)
      row.cell(global?.tx, decimals: Decimals.parameters)
      row.cell(global?.ty, decimals: Decimals.parameters)
      row.cells(fit ? frame.local : nil, count: modeCount, decimals: Decimals.parameters)
    case .fit:
      row.append(frame.state.rawValue)
      row.endCell()
      row.cell(fit ? frame.meanShift : nil, decimals: Decimals.evidence)
      row.cell(fit ? frame.peakOffset : nil, decimals: Decimals.evidence)
      row.cell(fit ? frame.likelihood : nil, decimals: Decimals.evidence)
      if fit { row.append(Int64(frame.iterations)) }
      row.endCell()
    case .confidences:
      let known = fit && !frame.landmarkConfidences.isEmpty
      row.cells(
        known ? frame.landmarkConfidences : nil, count: landmarkCount,
        decimals: Decimals.confidence)
    case .times:
      if let pts = frame.presentationTimestamp { row.append(pts) }
      row.endCell()
      if let utc = frame.utcSeconds { UTCTimestamp.append(utc, to: &row) }
      row.endCell()
    }
  }

  /// Throws `RecordingError.shapeMismatch` where the fit's numbers of values are not the schema's.
  func check(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement
  ) throws(RecordingError) {
    guard frame.hasFit else { return }
    let n = landmarkCount
    guard frame.landmarks.count == 2 * n else {
      throw .shapeMismatch(
        what: "landmark coordinates", got: frame.landmarks.count, expected: 2 * n)
    }
    let judged = frame.landmarkConfidences.count
    guard judged == 0 || judged == n else {
      throw .shapeMismatch(what: "landmarks' confidences", got: judged, expected: n)
    }
    guard frame.local.count == modeCount else {
      throw .shapeMismatch(
        what: "shape coefficients", got: frame.local.count, expected: modeCount)
    }
    let count3D = measurement.landmarks3D.count
    guard count3D == 0 || count3D == 3 * n else {
      throw .shapeMismatch(what: "3D landmark coordinates", got: count3D, expected: 3 * n)
    }
  }
}

/// Digits after the point. Landmarks: a fit repeats to about 0.001 px; millimetres: 0.01 mm is
/// below what a pixel's thousandth is worth at 1 m.
enum Decimals {
  static let timestamp = 6
  static let confidence = 4
  static let pixels = 3
  static let millimetres = 2
  static let radians = 5
  static let parameters = 5
  static let evidence = 4
}

extension ByteWriter {
  mutating func endCell() { append(UInt8(ascii: ",")) }

  mutating func cell(_ value: Int) {
    append(Int64(value))
    endCell()
  }

  mutating func cell(_ value: Double?, decimals: Int) {
    if let value { append(value, decimals: decimals) }
    endCell()
  }

  /// `count` cells: the values, or empty ones.
  fileprivate mutating func cells(_ values: [Double]?, count: Int, decimals: Int) {
    guard let values else {
      for _ in 0..<count { endCell() }
      return
    }
    for index in 0..<count { cell(values[index], decimals: decimals) }
  }
}
