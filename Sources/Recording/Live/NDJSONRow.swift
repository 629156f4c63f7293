import Measurement
import Tracking

/// A row as a JSON object on one line: the same values as the CSV's, with the same decimals, in the
/// same groups. docs/use/outputs.md has the keys. What has no value is null.
struct NDJSONRow {
  /// The groups that are written, always in the CSV's order.
  let groups: Set<ColumnGroup>

  /// Appends the line of a frame. Allocates nothing once `line` has its size.
  func append(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext,
    latencySeconds: Double?, to line: inout ByteWriter
  ) {
    line.append("{\"stream\":")
    line.append(jsonString: context.stream)
    line.append(",\"frame\":")
    line.append(Int64(frame.frameNumber))
    line.append(",\"face_id\":")
    line.append(Int64(frame.faceID))
    line.append(",\"timestamp\":")
    line.append(json: frame.timestampSeconds, decimals: Decimals.timestamp)
    line.append(",\"confidence\":")
    line.append(json: frame.confidence, decimals: Decimals.confidence)
    line.append(",\"success\":")
    if frame.success { line.append("true") } else { line.append("false") }
    line.append(",\"width\":")
    line.append(Int64(context.width))
    line.append(",\"height\":")
    line.append(Int64(context.height))
    for group in ColumnGroup.allCases where groups.contains(group) {
      append(group, frame, measurement, latencySeconds, to: &line)
    }
    line.append("}\n")
  }

  private func append(
    _ group: ColumnGroup, _ frame: TrackedFrame, _ measurement: FaceMeasurement,
    _ latencySeconds: Double?, to line: inout ByteWriter
  ) {
    switch group {
    case .pose: appendPose(frame.hasFit ? measurement.writtenPose : nil, to: &line)
    case .landmarks:
      line.append(",\"landmarks\":")
      line.append(
        points: frame.hasFit ? frame.landmarks : [], dimensions: 2, decimals: Decimals.pixels)
    case .landmarks3d:
      line.append(",\"landmarks3d\":")
      line.append(
        points: frame.hasFit ? measurement.landmarks3D : [], dimensions: 3,
        decimals: Decimals.millimetres)
    case .parameters: appendParameters(frame, to: &line)
    case .fit: appendFit(frame, to: &line)
    case .confidences: appendConfidences(frame, to: &line)
    case .times: appendTimes(frame, latencySeconds, to: &line)
    }
  }

  private func appendPose(_ pose: HeadPose?, to line: inout ByteWriter) {
    guard let pose else { return line.append(",\"pose\":null") }
    line.append(",\"pose\":{\"translation\":[")
    for axis in 0..<3 {
      if axis > 0 { line.append(UInt8(ascii: ",")) }
      line.append(json: pose.translation[axis], decimals: Decimals.millimetres)
    }
    line.append("],\"rotation\":[")
    line.append(json: pose.rotation.x, decimals: Decimals.radians)
    line.append(UInt8(ascii: ","))
    line.append(json: pose.rotation.y, decimals: Decimals.radians)
    line.append(UInt8(ascii: ","))
    line.append(json: pose.rotation.z, decimals: Decimals.radians)
    line.append("]}")
  }

  private func appendParameters(_ frame: TrackedFrame, to line: inout ByteWriter) {
    guard frame.hasFit else { return line.append(",\"parameters\":null") }
    let global = frame.global
    line.append(",\"parameters\":{\"scale\":")
    line.append(json: global.scale, decimals: Decimals.parameters)
    line.append(",\"rotation\":[")
    line.append(json: global.rotation.x, decimals: Decimals.parameters)
    line.append(UInt8(ascii: ","))
    line.append(json: global.rotation.y, decimals: Decimals.parameters)
    line.append(UInt8(ascii: ","))
    line.append(json: global.rotation.z, decimals: Decimals.parameters)
    line.append("],\"translation\":[")
    line.append(json: global.tx, decimals: Decimals.parameters)
    line.append(UInt8(ascii: ","))
    line.append(json: global.ty, decimals: Decimals.parameters)
    line.append("],\"modes\":[")
    for (index, value) in frame.local.enumerated() {
      if index > 0 { line.append(UInt8(ascii: ",")) }
      line.append(json: value, decimals: Decimals.parameters)
    }
    line.append("]}")
  }

  private func appendFit(_ frame: TrackedFrame, to line: inout ByteWriter) {
    line.append(",\"state\":\"")
    line.append(frame.state.rawValue)
    line.append("\",\"mean_shift\":")
    line.append(json: frame.hasFit ? frame.meanShift : .nan, decimals: Decimals.evidence)
    line.append(",\"peak_offset\":")
    line.append(json: frame.hasFit ? frame.peakOffset : .nan, decimals: Decimals.evidence)
    line.append(",\"likelihood\":")
    line.append(json: frame.hasFit ? frame.likelihood : .nan, decimals: Decimals.evidence)
    line.append(",\"iterations\":")
    if frame.hasFit { line.append(Int64(frame.iterations)) } else { line.append("null") }
  }

  private func appendConfidences(_ frame: TrackedFrame, to line: inout ByteWriter) {
    line.append(",\"confidences\":")
    guard frame.hasFit, !frame.landmarkConfidences.isEmpty else { return line.append("null") }
    line.append(UInt8(ascii: "["))
    for (index, value) in frame.landmarkConfidences.enumerated() {
      if index > 0 { line.append(UInt8(ascii: ",")) }
      line.append(json: value, decimals: Decimals.confidence)
    }
    line.append(UInt8(ascii: "]"))
  }

  private func appendTimes(
    _ frame: TrackedFrame, _ latencySeconds: Double?, to line: inout ByteWriter
  ) {
    line.append(",\"pts\":")
    if let pts = frame.presentationTimestamp { line.append(pts) } else { line.append("null") }
    line.append(",\"time_utc\":")
    line.append(UInt8(ascii: "\""))
    let start = line.count
    if let utc = frame.utcSeconds { UTCTimestamp.append(utc, to: &line) }
    if line.count > start {
      line.append(UInt8(ascii: "\""))
    } else {
      line.cut(to: start - 1)
      line.append("null")
    }
    line.append(",\"latency\":")
    line.append(json: latencySeconds ?? .nan, decimals: Decimals.timestamp)
  }
}

extension ByteWriter {
  /// The number, or null where it is not finite.
  mutating func append(json value: Double, decimals: Int) {
    if value.isFinite { append(value, decimals: decimals) } else { append("null") }
  }

  /// Points that are stored [x0..., y0..., ...] as [[x0,y0,...],...]; null where there are none.
  fileprivate mutating func append(points: [Double], dimensions: Int, decimals: Int) {
    let count = points.count / dimensions
    guard count > 0 else { return append("null") }
    for index in 0..<count {
      append(index == 0 ? "[[" : ",[" as StaticString)
      for dimension in 0..<dimensions {
        if dimension > 0 { append(UInt8(ascii: ",")) }
        append(json: points[dimension * count + index], decimals: decimals)
      }
      append(UInt8(ascii: "]"))
    }
    append(UInt8(ascii: "]"))
  }

  /// Text in quotes, with JSON's escapes.
  mutating func append(jsonString text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0..<32:
        append("\\u00")
        for digit in [byte >> 4, byte & 15] {
          append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }
}
