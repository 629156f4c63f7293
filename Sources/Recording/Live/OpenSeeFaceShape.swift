import CLNF
import Glibc

/// The 3D landmarks of a face, as OpenSeeFace sees them.
struct OpenSeeFaceShape {
  /// Camera space, mm, 68 of them, [X0..., Y0..., Z0...].
  private let landmarks: [Double]
  /// Of the head, object space to camera space.
  let rotation: RotationMatrix

  /// The outer eye corners are 90 mm apart in our faces and 0.65962 units in OpenSeeFace's.
  static let millimetresPerUnit = 90 / 0.65962

  /// The shape of the eye (Soukupova and Cech 2016, its height over its width) that counts as closed
  /// and as open: in our clips open eyes have 0.22 to 0.25, and in blinks it falls to 0.09 to 0.15.
  private static let closedEye = 0.10
  private static let openEye = 0.22
  /// The gap between the inner lips over the distance of the outer eye corners, likewise: 0.02 to
  /// 0.05 for closed mouths, 0.24 for the widest of the clips.
  private static let closedMouth = 0.05
  private static let openMouth = 0.25
  /// The depth of an eyeball's centre behind its lids over the eye's width; OpenSeeFace's figure.
  private static let ballDepth = 0.385

  init(_ landmarks3D: [Double], rotation: RotationMatrix) {
    precondition(
      landmarks3D.count == 3 * OpenSeeFacePacket.landmarkCount, "not a face of 68 landmarks")
    landmarks = landmarks3D
    self.rotation = rotation
  }

  /// Where the face's frame has its origin, camera space, mm.
  var noseTip: SIMD3<Double> { cameraPoint(30) }

  /// A landmark in the face's frame as it is sent: x to the picture's left for a face that looks at
  /// the camera, y down, z into the head; from the tip of the nose, in units.
  func facePoint(_ index: Int) -> SIMD3<Double> {
    let inObject = rotation.transposed.rotate(cameraPoint(index) - noseTip)
    return SIMD3(-inObject.x, inObject.y, inObject.z) / Self.millimetresPerUnit
  }

  /// Between the corners of the eye whose landmarks begin at `first` (36: the person's right one).
  func middle(ofEyeAt first: Int) -> SIMD3<Double> {
    (facePoint(first) + facePoint(first + 3)) / 2
  }

  /// The eyeball's centre, straight behind the middle of the eye.
  func ball(ofEyeAt first: Int) -> SIMD3<Double> {
    let width = distance(first, first + 3) / Self.millimetresPerUnit
    return middle(ofEyeAt: first) + SIMD3(0, 0, Self.ballDepth * width)
  }

  /// 0: closed, 1: open.
  func openness(ofEyeAt first: Int) -> Float {
    let height = (distance(first + 1, first + 5) + distance(first + 2, first + 4)) / 2
    return Self.share(
      height / distance(first, first + 3), from: Self.closedEye, to: Self.openEye)
  }

  /// 0: closed, 1: wide open.
  var mouthOpenness: Float {
    Self.share(distance(62, 66) / distance(36, 45), from: Self.closedMouth, to: Self.openMouth)
  }

  private func cameraPoint(_ index: Int) -> SIMD3<Double> {
    let n = OpenSeeFacePacket.landmarkCount
    return SIMD3(landmarks[index], landmarks[n + index], landmarks[2 * n + index])
  }

  private func distance(_ a: Int, _ b: Int) -> Double {
    let difference = cameraPoint(a) - cameraPoint(b)
    return (difference * difference).sum().squareRoot()
  }

  /// 0 at `low`, 1 at `high`, no less and no more; 0 for what is not a number.
  private static func share(_ value: Double, from low: Double, to high: Double) -> Float {
    let share = (value - low) / (high - low)
    return share.isNaN ? 0 : Float(min(max(share, 0), 1))
  }
}

/// A head's pose as OpenSeeFace's solver finds it.
///
/// It takes (row, column) for (x, y), and puts the head behind the camera: its camera axes are up,
/// left and backward in ours, and its rotation is W R with W = [0 1 0; 1 0 0; 0 0 -1]. A head that
/// looks at the camera has Euler angles of 180, 0 and 90 degrees.
struct OpenSeeFacePose {
  /// x, y, z, w of the inverse of W R; the largest of them is positive.
  let quaternion: SIMD4<Double>
  /// W R = Rz Ry Rx, degrees, as OpenCV's RQDecomp3x3 takes it apart.
  let eulerDegrees: SIMD3<Double>
  /// The nose's tip, units.
  let translation: SIMD3<Double>

  /// - Parameters:
  ///   - rotation: of the head, object space to camera space.
  ///   - noseTip: camera space, mm.
  init(_ rotation: RotationMatrix, noseTip: SIMD3<Double>) {
    let solved = RotationMatrix(rotation.row1, rotation.row0, -rotation.row2)
    quaternion = Self.inverseQuaternion(of: solved)
    let (row0, row1, row2) = (solved.row0, solved.row1, solved.row2)
    eulerDegrees =
      SIMD3(
        atan2(row2.y, row2.z), atan2(-row2.x, (row2.y * row2.y + row2.z * row2.z).squareRoot()),
        atan2(row1.x, row0.x)) * (180 / .pi)
    translation =
      SIMD3(-noseTip.y, -noseTip.x, -noseTip.z) / OpenSeeFaceShape.millimetresPerUnit
  }

  /// Shepperd's method: by the largest component, which is positive then.
  private static func inverseQuaternion(of m: RotationMatrix) -> SIMD4<Double> {
    let trace = m.row0.x + m.row1.y + m.row2.z
    let largest = max(trace, m.row0.x, m.row1.y, m.row2.z)
    let q: SIMD4<Double>
    if largest == trace {
      q = SIMD4(m.row1.z - m.row2.y, m.row2.x - m.row0.z, m.row0.y - m.row1.x, 1 + trace)
    } else if largest == m.row0.x {
      q = SIMD4(
        1 + 2 * m.row0.x - trace, m.row0.y + m.row1.x, m.row2.x + m.row0.z, m.row1.z - m.row2.y)
    } else if largest == m.row1.y {
      q = SIMD4(
        m.row0.y + m.row1.x, 1 + 2 * m.row1.y - trace, m.row1.z + m.row2.y, m.row2.x - m.row0.z)
    } else {
      q = SIMD4(
        m.row2.x + m.row0.z, m.row1.z + m.row2.y, 1 + 2 * m.row2.z - trace, m.row0.y - m.row1.x)
    }
    let length = (q * q).sum().squareRoot()
    return q / length
  }
}
