import CLNF
import Glibc

/// Where a head is and how it is turned: object space to camera space, X' = R X + T.
///
/// Camera space: origin in the camera, x right, y down, z away from the camera. The object's
/// origin lies near the face's centre. A head that looks straight at the camera along its axis
/// has rotation 0.
public struct HeadPose: Sendable, Equatable {
  /// T, millimetres.
  public var translation: SIMD3<Double>
  /// R as Euler angles, radians, R = Rx Ry Rz: a positive x (pitch) looks down, a positive y (yaw)
  /// to the left of the picture, a positive z (roll) tips the head clockwise in the picture.
  public var rotation: EulerAngles

  public init(translation: SIMD3<Double>, rotation: EulerAngles) {
    self.translation = translation
    self.rotation = rotation
  }

  /// The same head with its rotation measured against the ray from the camera to it: 0 is a head
  /// that looks at the camera from wherever it is. nil where T is 0 (there is no ray).
  ///
  /// docs/reference/clnf.md section 10, "corrected camera pose".
  public func relativeToCamera() -> HeadPose? {
    let t = translation
    guard (t * t).sum() > 0 else { return nil }
    let aim = RotationMatrix(Self.cameraAngles(towards: t))
    return HeadPose(
      translation: t, rotation: EulerAngles(aim * RotationMatrix(rotation)))
  }

  /// The angles (ex, ey, 0) that turn the camera's axis to `t`.
  static func cameraAngles(towards t: SIMD3<Double>) -> EulerAngles {
    EulerAngles(
      x: atan2(t.y, (t.x * t.x + t.z * t.z).squareRoot()),
      y: -atan2(t.x, (t.y * t.y + t.z * t.z).squareRoot()),
      z: 0)
  }

  /// The weak-perspective guess: T0 = ((tx - cx) Z / fx, (ty - cy) Z / fy, Z) with Z = fx / s, and
  /// the fit's own angles. nil for a scale that is not a positive finite number.
  ///
  /// It starts the perspective estimate; the reference calls it the (uncorrected) camera pose.
  init?(approximating global: GlobalParameters, with camera: CameraIntrinsics) {
    let z = camera.fx / global.scale
    guard global.scale > 0, z.isFinite, z > 0 else { return nil }
    translation = SIMD3(
      (global.tx - camera.cx) * z / camera.fx, (global.ty - camera.cy) * z / camera.fy, z)
    rotation = global.rotation
  }

  /// The reference's uncorrected world pose: from the weak-perspective guess, R_camera(ex, ey,
  /// 0)^T Rodrigues(rx, ry, rz).
  ///
  /// It reads Euler angles as an axis-angle vector, a defect that is kept only to compare with the
  /// reference's figures; nothing else may use it.
  static func referenceUncorrectedWorld(_ guess: HeadPose) -> HeadPose {
    let aim = RotationMatrix(cameraAngles(towards: guess.translation))
    let misread = RotationMatrix(
      axisAngle: SIMD3(guess.rotation.x, guess.rotation.y, guess.rotation.z))
    return HeadPose(
      translation: guess.translation, rotation: EulerAngles(aim.transposed * misread))
  }
}
