import CLNF

/// A camera far away: x = s (R X)_{0,1} + t.
public struct WeakPerspective: Sendable, Equatable {
  /// px/mm.
  public var scale: Double
  public var rotation: RotationMatrix
  /// px.
  public var translation: SIMD2<Double>

  public init(scale: Double, rotation: RotationMatrix, translation: SIMD2<Double>) {
    self.scale = scale
    self.rotation = rotation
    self.translation = translation
  }

  public func project(_ point: SIMD3<Double>) -> SIMD2<Double> {
    scale * SIMD2((rotation.row0 * point).sum(), (rotation.row1 * point).sum()) + translation
  }

  /// The view that takes 3D points best to image points, least squares with weights: the affine
  /// solution, then the rotation and scale nearest to it.
  ///
  /// nil where the points span no volume. Source: the scaled orthographic start of DeMenthon and
  /// Davis, "Model-Based Object Pose in 25 Lines of Code", IJCV 1995.
  public init?(from points: [SIMD3<Double>], to image: [SIMD2<Double>], weights: [Double]) {
    precondition(points.count == image.count && points.count == weights.count)
    let total = weights.reduce(0, +)
    guard total > 0 else { return nil }
    var (center, target) = (SIMD3<Double>.zero, SIMD2<Double>.zero)
    for i in points.indices {
      center += weights[i] * points[i]
      target += weights[i] * image[i]
    }
    center /= total
    target /= total
    // Normal equations of the two rows of the affine map.
    var square = RotationMatrix([0, 0, 0], [0, 0, 0], [0, 0, 0])
    var (right0, right1) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
    for i in points.indices {
      let (p, q) = (points[i] - center, image[i] - target)
      square.row0 += weights[i] * p.x * p
      square.row1 += weights[i] * p.y * p
      square.row2 += weights[i] * p.z * p
      right0 += weights[i] * q.x * p
      right1 += weights[i] * q.y * p
    }
    guard let inverse = square.inverse else { return nil }
    self.init(
      affine: inverse.rotate(right0), inverse.rotate(right1), center: center, target: target)
  }

  /// The nearest scaled rotation to the affine rows a, b: (A A^T)^(-1/2) A.
  private init?(
    affine a: SIMD3<Double>, _ b: SIMD3<Double>, center: SIMD3<Double>, target: SIMD2<Double>
  ) {
    let (aa, ab, bb) = ((a * a).sum(), (a * b).sum(), (b * b).sum())
    let determinant = aa * bb - ab * ab
    guard determinant > 1e-12 * aa * bb else { return nil }
    // The square root of a symmetric 2 x 2 matrix M is (M + sqrt(det) I) / sqrt(trace + 2 sqrt(det)).
    let root = determinant.squareRoot()
    let spread = (aa + bb + 2 * root).squareRoot()
    let (r00, r01, r11) = ((aa + root) / spread, ab / spread, (bb + root) / spread)
    let row0 = (r11 * a - r01 * b) / root
    let row1 = (r00 * b - r01 * a) / root
    let row2 = SIMD3(
      row0.y * row1.z - row0.z * row1.y, row0.z * row1.x - row0.x * row1.z,
      row0.x * row1.y - row0.y * row1.x)
    scale = (r00 + r11) / 2
    rotation = RotationMatrix(row0, row1, row2)
    translation = target - scale * SIMD2((row0 * center).sum(), (row1 * center).sum())
  }
}

extension RotationMatrix {
  /// The inverse of any 3 x 3 matrix; nil where it is (nearly) singular.
  var inverse: RotationMatrix? {
    func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
    let (c0, c1, c2) = (cross(row1, row2), cross(row2, row0), cross(row0, row1))
    let determinant = (row0 * c0).sum()
    let size = (row0 * row0).sum() * (row1 * row1).sum() * (row2 * row2).sum()
    guard abs(determinant) > 1e-9 * size.squareRoot() else { return nil }
    return RotationMatrix(c0 / determinant, c1 / determinant, c2 / determinant).transposed
  }
}
