import Measurement
import Tracking

/// Writes a track as CSV: a header, then a row a frame and face. How they come to a file: `RowFile`.
public final class CSVWriter: RowFile {
  public let schema: ColumnSchema

  /// Starts a file and writes the header.
  ///
  /// - Parameters:
  ///   - path: NAME; `-` is standard output. A device or named pipe is written straight to.
  ///   - force: whether NAME may be replaced. A leftover NAME.partial always is, unless another
  ///     run is writing it.
  ///
  /// Throws `RecordingError`: `alreadyExists`, `inUse`, `notARegularFile`, `system`.
  public convenience init(
    path: String, schema: ColumnSchema, force: Bool = false
  ) throws(RecordingError) {
    try self.init(path: path, schema: schema, force: force, calls: FileCalls())
  }

  init(
    path: String, schema: ColumnSchema, force: Bool, calls: FileCalls
  ) throws(RecordingError) {
    self.schema = schema
    try super.init(path: path, header: schema.header, force: force, calls: calls)
  }

  /// Adds the row of one face in one frame; `image` is written where the schema names images.
  /// Allocates nothing after the first buffer's worth.
  ///
  /// Throws `shapeMismatch` (the file is as before, and can be gone on with), and whatever `flush`
  /// throws.
  public func write(
    _ frame: TrackedFrame, _ measurement: FaceMeasurement, image: String = ""
  ) throws(RecordingError) {
    try add { (row) throws(RecordingError) in
      try schema.append(frame, measurement, image: image, to: &row)
    }
  }
}
