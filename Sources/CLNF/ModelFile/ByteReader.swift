/// Reads little-endian values from a file's bytes, never beyond their end.
struct ByteReader {
  let file: String
  private let bytes: [UInt8]
  private(set) var offset = 0

  init(file: String, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
  }

  var remaining: Int { bytes.count - offset }

  func error(_ reason: String, at place: Int? = nil) -> ModelError {
    ModelError(file: file, place: .byte(place ?? offset), reason: reason)
  }

  /// `count` values of `Value`, checked to be there before anything is allocated.
  private mutating func values<Value: BitwiseCopyable>(
    _ count: Int, _ what: String, as type: Value.Type
  ) throws(ModelError) -> [Value] {
    let stride = MemoryLayout<Value>.size
    let (needed, overflow) = count.multipliedReportingOverflow(by: stride)
    guard count >= 0, !overflow, needed <= remaining else {
      throw error(
        "\(what) needs \(overflow ? "too many" : String(needed)) bytes; the file has \(remaining) more"
      )
    }
    let start = offset
    offset += needed
    return bytes.withUnsafeBytes { raw in
      (0..<count).map { raw.loadUnaligned(fromByteOffset: start + $0 * stride, as: Value.self) }
    }
  }

  mutating func int32(_ what: String) throws(ModelError) -> Int {
    Int(Int32(littleEndian: try values(1, what, as: Int32.self)[0]))
  }

  /// An int32 that must lie in `range`.
  mutating func int32(_ what: String, in range: ClosedRange<Int>) throws(ModelError) -> Int {
    let place = offset
    let value = try int32(what)
    guard range.contains(value) else {
      throw error(
        "\(what) is \(value); expected \(range.lowerBound) to \(range.upperBound)", at: place)
    }
    return value
  }

  mutating func float64(_ what: String) throws(ModelError) -> Double {
    let place = offset
    let value = try values(1, what, as: Double.self)[0]
    guard value.isFinite else {
      throw error("\(what) is \(value); expected a finite number", at: place)
    }
    return value
  }

  mutating func float32(_ what: String) throws(ModelError) -> Double {
    let place = offset
    let value = try values(1, what, as: Float.self)[0]
    guard value.isFinite else {
      throw error("\(what) is \(value); expected a finite number", at: place)
    }
    return Double(value)
  }

  /// A binary matrix: int32 rows, columns, type, then the values row by row.
  mutating func matrix(_ what: String) throws(ModelError) -> Matrix {
    let place = offset
    let rows = try int32("\(what): rows", in: 0...1_000_000)
    let columns = try int32("\(what): columns", in: 0...1_000_000)
    let typePlace = offset
    let type = try int32("\(what): type")
    let count = rows * columns
    let values: [Double]
    switch type {
    case 0: values = try self.values(count, what, as: UInt8.self).map(Double.init)
    case 4: values = try self.values(count, what, as: Int32.self).map(Double.init)
    case 5: values = try self.values(count, what, as: Float.self).map(Double.init)
    case 6: values = try self.values(count, what, as: Double.self)
    default:
      throw error(
        "\(what) has values of type \(type); expected 0 (uint8), 4 (int32), 5 (float32) or 6 (float64)",
        at: typePlace)
    }
    guard let bad = values.firstIndex(where: { !$0.isFinite }) else {
      return Matrix(rows: rows, columns: columns, values: values)
    }
    throw error("\(what) has \(values[bad]) as value \(bad); expected finite numbers", at: place)
  }

  /// A matrix that must have this shape.
  mutating func matrix(
    _ what: String, rows: Int, columns: Int
  ) throws(ModelError) -> Matrix {
    let place = offset
    let matrix = try matrix(what)
    guard matrix.rows == rows, matrix.columns == columns else {
      throw error(
        "\(what) is \(matrix.rows) x \(matrix.columns); expected \(rows) x \(columns)", at: place)
    }
    return matrix
  }

  /// The centres of views: a 3 x 1 matrix each, in degrees.
  mutating func viewCenters(_ count: Int) throws(ModelError) -> [EulerAngles] {
    var centers: [EulerAngles] = []
    for view in 0..<count {
      let place = offset
      let degrees = try matrix("the centre of view \(view)").values
      guard degrees.count == 3 else {
        throw error(
          "the centre of view \(view) has \(degrees.count) values; expected 3", at: place)
      }
      let radians = degrees.map { $0 * Double.pi / 180 }
      centers.append(EulerAngles(x: radians[0], y: radians[1], z: radians[2]))
    }
    return centers
  }

  /// Nothing may follow.
  func expectEnd() throws(ModelError) {
    guard remaining == 0 else { throw error("\(remaining) bytes follow the model's last value") }
  }
}

/// A matrix read from a file, row by row.
struct Matrix: Sendable, Equatable {
  var rows: Int
  var columns: Int
  var values: [Double]

  var floats: [Float] { values.map(Float.init) }
}
