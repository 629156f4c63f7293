import Glibc

/// A rotation of 3-space, kept as the rows of its matrix.
public struct RotationMatrix: Sendable, Equatable {
  public var row0: SIMD3<Double>
  public var row1: SIMD3<Double>
  public var row2: SIMD3<Double>

  public init(_ row0: SIMD3<Double>, _ row1: SIMD3<Double>, _ row2: SIMD3<Double>) {
    self.row0 = row0
    self.row1 = row1
    self.row2 = row2
  }

  public static let identity = RotationMatrix([1, 0, 0], [0, 1, 0], [0, 0, 1])

  /// R = Rx Ry Rz of Euler angles in radians (docs/reference/clnf.md section 2).
  public init(_ angles: EulerAngles) {
    let (s1, c1) = (sin(angles.x), cos(angles.x))
    let (s2, c2) = (sin(angles.y), cos(angles.y))
    let (s3, c3) = (sin(angles.z), cos(angles.z))
    row0 = SIMD3(c2 * c3, -c2 * s3, s2)
    row1 = SIMD3(c1 * s3 + c3 * s1 * s2, c1 * c3 - s1 * s2 * s3, -c2 * s1)
    row2 = SIMD3(s1 * s3 - c1 * c3 * s2, c3 * s1 + c1 * s2 * s3, c1 * c2)
  }

  /// The rotation by `angle` radians about the unit vector `axis` (Rodrigues).
  public init(axis: SIMD3<Double>, angle: Double) {
    let (x, y, z) = (axis.x, axis.y, axis.z)
    let (s, c) = (sin(angle), cos(angle))
    let t = 1 - c
    row0 = SIMD3(t * x * x + c, t * x * y - s * z, t * x * z + s * y)
    row1 = SIMD3(t * x * y + s * z, t * y * y + c, t * y * z - s * x)
    row2 = SIMD3(t * x * z - s * y, t * y * z + s * x, t * z * z + c)
  }

  /// The rotation by |v| radians about v; the identity for v = 0.
  public init(axisAngle v: SIMD3<Double>) {
    let angle = (v * v).sum().squareRoot()
    self = angle > 0 ? RotationMatrix(axis: v / angle, angle: angle) : .identity
  }

  public static func * (a: RotationMatrix, b: RotationMatrix) -> RotationMatrix {
    func row(_ r: SIMD3<Double>) -> SIMD3<Double> { r.x * b.row0 + r.y * b.row1 + r.z * b.row2 }
    return RotationMatrix(row(a.row0), row(a.row1), row(a.row2))
  }

  public var transposed: RotationMatrix {
    RotationMatrix(
      [row0.x, row1.x, row2.x], [row0.y, row1.y, row2.y], [row0.z, row1.z, row2.z])
  }

  /// R v.
  public func rotate(_ v: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3((row0 * v).sum(), (row1 * v).sum(), (row2 * v).sum())
  }
}

/// Rotation angles in radians about x, y and z; R = Rx(x) Ry(y) Rz(z).
///
/// x is pitch, y yaw, z roll, in the axes of the image: x right, y down, z away from the camera.
public struct EulerAngles: Sendable, Equatable {
  public var x: Double
  public var y: Double
  public var z: Double

  public init(x: Double, y: Double, z: Double) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// The angles of `matrix`, |y| <= pi/2.
  ///
  /// Through a unit quaternion with a non-negative real part, as the reference does. At
  /// y = +-pi/2 the split between x and z is not unique (gimbal lock); there z is 0.
  public init(_ r: RotationMatrix) {
    let q = UnitQuaternion(r)
    let sinY = max(-1, min(1, 2 * (q.w * q.y + q.x * q.z)))
    y = asin(sinY)
    // cos y sin x and cos y cos x.
    let sinX = 2 * (q.w * q.x - q.y * q.z)
    let cosX = q.w * q.w - q.x * q.x - q.y * q.y + q.z * q.z
    guard sinX * sinX + cosX * cosX > Self.smallestCosine * Self.smallestCosine else {
      x = 2 * atan2(q.x, q.w)
      z = 0
      return
    }
    x = atan2(sinX, cosX)
    z = atan2(
      2 * (q.w * q.z - q.x * q.y), q.w * q.w + q.x * q.x - q.y * q.y - q.z * q.z)
  }

  /// Where cos y is smaller, rounding decides more about x and z than the rotation does.
  private static let smallestCosine = 1e-7
}

/// w + xi + yj + zk of length 1.
struct UnitQuaternion {
  var w, x, y, z: Double

  /// Shepperd's method: divides by the largest of the four components, so it is accurate for
  /// every rotation, half turns included.
  init(_ r: RotationMatrix) {
    let trace = r.row0.x + r.row1.y + r.row2.z
    if trace >= r.row0.x && trace >= r.row1.y && trace >= r.row2.z {
      let s = 2 * max(0, 1 + trace).squareRoot()
      self.init(
        w: s / 4, x: (r.row2.y - r.row1.z) / s, y: (r.row0.z - r.row2.x) / s,
        z: (r.row1.x - r.row0.y) / s)
    } else if r.row0.x >= r.row1.y && r.row0.x >= r.row2.z {
      let s = 2 * max(0, 1 + r.row0.x - r.row1.y - r.row2.z).squareRoot()
      self.init(
        w: (r.row2.y - r.row1.z) / s, x: s / 4, y: (r.row0.y + r.row1.x) / s,
        z: (r.row0.z + r.row2.x) / s)
    } else if r.row1.y >= r.row2.z {
      let s = 2 * max(0, 1 + r.row1.y - r.row0.x - r.row2.z).squareRoot()
      self.init(
        w: (r.row0.z - r.row2.x) / s, x: (r.row0.y + r.row1.x) / s, y: s / 4,
        z: (r.row1.z + r.row2.y) / s)
    } else {
      let s = 2 * max(0, 1 + r.row2.z - r.row0.x - r.row1.y).squareRoot()
      self.init(
        w: (r.row1.x - r.row0.y) / s, x: (r.row0.z + r.row2.x) / s, y: (r.row1.z + r.row2.y) / s,
        z: s / 4)
    }
  }

  private init(w: Double, x: Double, y: Double, z: Double) {
    let length = (w * w + x * x + y * y + z * z).squareRoot()
    let scale = (w < 0 ? -1 : 1) / length
    (self.w, self.x, self.y, self.z) = (w * scale, x * scale, y * scale, z * scale)
  }
}

/// Weak-perspective pose: x = scale (R X)_xy + translation (docs/reference/clnf.md section 1).
public struct GlobalParameters: Sendable, Equatable {
  /// px per mm, > 0.
  public var scale: Double
  /// Radians.
  public var rotation: EulerAngles
  /// px.
  public var tx: Double
  public var ty: Double

  public init(
    scale: Double, rotation: EulerAngles = EulerAngles(x: 0, y: 0, z: 0), tx: Double, ty: Double
  ) {
    self.scale = scale
    self.rotation = rotation
    self.tx = tx
    self.ty = ty
  }
}
