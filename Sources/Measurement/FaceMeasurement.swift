import CLNF
import Tracking

/// Against what the head's rotation is given.
public enum PoseAxes: String, Sendable, CaseIterable {
  /// The camera's axes.
  case world
  /// The line of sight from the camera to the head.
  case camera
}

/// What is derived of one face's fit in one frame.
///
/// A measurer fills the same value for frame after frame; its array then keeps its memory.
public struct FaceMeasurement: Sendable, Equatable {
  /// The head in the camera's axes. nil without a fit, and where none fits.
  public var headPose: HeadPose?
  /// The same translation with the rotation against the ray from the camera to the head.
  public var cameraRelativePose: HeadPose?
  /// Landmarks in camera space, mm, [X0..., Y0..., Z0...]; empty without a fit.
  public var landmarks3D: [Double] = []

  /// Which of the two poses is written.
  public var poseAxes = PoseAxes.world

  public init() {}

  /// The pose that rows have.
  public var writtenPose: HeadPose? {
    switch poseAxes {
    case .world: headPose
    case .camera: cameraRelativePose
    }
  }

  /// Forgets the face but keeps the memory and the axes.
  public mutating func clear() {
    headPose = nil
    cameraRelativePose = nil
    landmarks3D.removeAll(keepingCapacity: true)
  }
}

/// Makes a `FaceMeasurement` of a frame's fit: 3D landmarks and head pose (docs/reference/clnf.md
/// section 10).
///
/// A value without state: safe on any thread.
public struct FaceMeasurer: Sendable {
  public let camera: CameraIntrinsics
  private let estimator: PoseEstimator

  public init(camera: CameraIntrinsics) {
    self.camera = camera
    estimator = PoseEstimator(camera: camera)
  }

  /// Measures the face of `frame`; a frame without a fit clears `measurement`.
  ///
  /// - Parameters:
  ///   - shape3D: the fit's shape in object space: n points of mean + V q, not rotated, mm,
  ///     [X0..., Y0..., Z0...]; not read where the frame has no fit.
  ///   - measurement: overwritten as a whole.
  ///
  /// Cost: about 60 microseconds for 68 points; allocates nothing once `measurement` has held a
  /// face of the same number of points.
  public func measure(
    frame: TrackedFrame, shape3D: [Double], into measurement: inout FaceMeasurement
  ) {
    measurement.clear()
    guard frame.hasFit,
      let guess = HeadPose(approximating: frame.global, with: camera)
    else { return }
    let n = frame.landmarks.count / 2
    precondition(
      frame.landmarks.count == 2 * n && shape3D.count == 3 * n,
      "\(shape3D.count) object coordinates do not belong to \(frame.landmarks.count) of the image")
    placeLandmarks(frame, shape3D, into: &measurement.landmarks3D)
    measurement.headPose = estimator.estimate(
      shape3D: shape3D, landmarks: frame.landmarks, start: guess)
    measurement.cameraRelativePose = measurement.headPose?.relativeToCamera()
  }

  /// Z_i = fx / s + (R X_i)_z; X_i and Y_i on the ray through the landmark.
  private func placeLandmarks(
    _ frame: TrackedFrame, _ shape3D: [Double], into points: inout [Double]
  ) {
    let n = frame.landmarks.count / 2
    let rotation = RotationMatrix(frame.global.rotation)
    let distance = camera.fx / frame.global.scale
    let shape = shape3D.span
    let seen = frame.landmarks.span
    for _ in 0..<3 * n { points.append(0) }
    var placed = points.mutableSpan
    for i in 0..<n {
      let turned = rotation.rotate(SIMD3(shape[i], shape[n + i], shape[2 * n + i]))
      let z = distance + turned.z
      placed[i] = z * (seen[i] - camera.cx) / camera.fx
      placed[n + i] = z * (seen[n + i] - camera.cy) / camera.fy
      placed[2 * n + i] = z
    }
  }
}
