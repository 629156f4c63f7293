/// The pinhole camera that took the frames, in pixels of the frames that are tracked.
///
/// A point (X, Y, Z) in camera space (millimetres, x right, y down, z away from the camera) is
/// seen at (fx X / Z + cx, fy Y / Z + cy); the centre of the top left pixel is (0, 0). Lens
/// distortion is not modelled.
public struct CameraIntrinsics: Sendable, Equatable {
  /// Focal length along x, px, > 0.
  public let fx: Double
  /// Focal length along y, px, > 0.
  public let fy: Double
  /// The principal point's column, px; outside the image where the image was cut out of another.
  public let cx: Double
  /// The principal point's row, px.
  public let cy: Double

  /// What is known of a camera; whatever is nil keeps its default.
  public struct Overrides: Sendable, Equatable, Codable {
    public var fx: Double?
    public var fy: Double?
    public var cx: Double?
    public var cy: Double?

    public init(fx: Double? = nil, fy: Double? = nil, cx: Double? = nil, cy: Double? = nil) {
      self.fx = fx
      self.fy = fy
      self.cx = cx
      self.cy = cy
    }
  }

  /// Takes the four values as they are.
  ///
  /// Throws `MeasurementError.invalidIntrinsic` where one is not finite or a focal length is not
  /// above 0.
  public init(fx: Double, fy: Double, cx: Double, cy: Double) throws(MeasurementError) {
    for (name, value) in [("fx", fx), ("fy", fy)] where !(value.isFinite && value > 0) {
      throw .invalidIntrinsic(name: name, value: value, expected: "a finite number above 0")
    }
    for (name, value) in [("cx", cx), ("cy", cy)] where !value.isFinite {
      throw .invalidIntrinsic(name: name, value: value, expected: "a finite number")
    }
    self.fx = fx
    self.fy = fy
    self.cx = cx
    self.cy = cy
  }

  /// The reference's guess for an unknown camera of `width` x `height` pixels, with whatever is
  /// known put in its place.
  ///
  /// Defaults (docs/reference/clnf.md section 10): both focal lengths are the mean of 500 w/640 and
  /// 500 h/480, a webcam's view of about 65 degrees across; the principal point is (w/2, h/2).
  /// Where one focal length alone is given, the other becomes the same (square pixels).
  ///
  /// Throws `MeasurementError.invalidIntrinsic` for sizes below 1 and for bad overrides.
  public init(
    width: Int, height: Int, overrides: Overrides = Overrides()
  ) throws(MeasurementError) {
    for (name, value) in [("width", width), ("height", height)] where value < 1 {
      throw .invalidIntrinsic(name: name, value: Double(value), expected: "at least 1 px")
    }
    let (w, h) = (Double(width), Double(height))
    let guess = (500 * w / 640 + 500 * h / 480) / 2
    try self.init(
      fx: overrides.fx ?? overrides.fy ?? guess, fy: overrides.fy ?? overrides.fx ?? guess,
      cx: overrides.cx ?? w / 2, cy: overrides.cy ?? h / 2)
  }

  /// Where a point in camera space (mm) is seen, in pixels; nil at or behind the camera.
  @inlinable
  public func project(_ point: SIMD3<Double>) -> (x: Double, y: Double)? {
    guard point.z > 0 else { return nil }
    return (fx * point.x / point.z + cx, fy * point.y / point.z + cy)
  }
}
