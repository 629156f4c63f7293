import CLNF

/// A perspective camera that looks at a turned head.
public struct SceneCamera: Sendable {
  /// Rows of the rotation from the head's to the camera's axes.
  private let rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)
  /// The point of the head that distance, scale and offset are about, mm.
  public let center: SIMD3<Float>
  /// From the camera to that point, mm.
  public let distance: Float
  /// px per mm at that point.
  public let scale: Float
  /// Where the camera's axis meets the image, px.
  public let middle: SIMD2<Float>
  /// Where that point of the head lies beside the camera's axis, mm.
  public let offset: SIMD2<Float>

  public init(
    rotation: EulerAngles, center: SIMD3<Float>, distance: Float, scale: Float,
    middle: SIMD2<Float>, offset: SIMD2<Float> = .zero
  ) {
    let matrix = RotationMatrix(rotation)
    self.init(
      rows: (SIMD3<Float>(matrix.row0), SIMD3<Float>(matrix.row1), SIMD3<Float>(matrix.row2)),
      center: center, distance: distance, scale: scale, middle: middle, offset: offset)
  }

  /// The same view on a canvas with `factor` times as many pixels a side.
  func enlarged(by factor: Int) -> SceneCamera {
    SceneCamera(
      rows: rows, center: center, distance: distance, scale: scale * Float(factor),
      middle: (middle + 0.5) * Float(factor) - 0.5, offset: offset)
  }

  private init(
    rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>), center: SIMD3<Float>, distance: Float,
    scale: Float, middle: SIMD2<Float>, offset: SIMD2<Float>
  ) {
    self.rows = rows
    self.center = center
    self.distance = distance
    self.scale = scale
    self.middle = middle
    self.offset = offset
  }

  /// A direction of the head in the camera's axes.
  @inline(__always)
  public func turn(_ v: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3((rows.0 * v).sum(), (rows.1 * v).sum(), (rows.2 * v).sum())
  }

  /// A direction of the camera's axes in those of the head.
  public func turnBack(_ v: SIMD3<Float>) -> SIMD3<Float> {
    rows.0 * v.x + rows.1 * v.y + rows.2 * v.z
  }

  /// x, y in px, then the depth behind the middle's plane in mm.
  @inline(__always)
  public func place(_ point: SIMD3<Float>) -> SIMD3<Float> {
    let at = turn(point - center)
    let factor = scale * distance / max(1, distance + at.z)
    return SIMD3(
      middle.x + factor * (at.x + offset.x), middle.y + factor * (at.y + offset.y), at.z)
  }
}
