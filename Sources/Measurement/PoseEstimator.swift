import CLNF

/// The pose of a rigid body from where its points are seen: perspective-n-point.
///
/// Minimises the sum of squared reprojection errors (px) over rotation and translation by
/// Levenberg-Marquardt, from a start that is near. The rotation is stepped on its manifold
/// (R <- exp([w]x) R), so there is no gimbal lock. The minimum is the one OpenCV's iterative
/// solvePnP walks to from the same start.
///
/// A value without state: safe on any thread. Allocates nothing.
public struct PoseEstimator: Sendable {
  public let camera: CameraIntrinsics

  /// Three points have up to four poses; from the fourth on a start decides rightly.
  public static let minimumPointCount = 4
  /// Faces need 4 to 8 steps; the rest is room for bad starts.
  static let iterationLimit = 100
  /// Steps below this (radians; share of the distance) end the search: 1e-7 mm at 1 m.
  static let stepTolerance = 1e-10
  /// Steps below this change the cost by less than its last digits.
  private static let roundedTolerance = 1e-6
  /// A squared sine between a parameter's effect and those of the others below which the points
  /// do not tell them apart: all on a line, or all in one spot. Rounding leaves up to 1e-11 of a
  /// zero; faces have 1e-4 and more at 20 m.
  static let smallestPivot = 1e-10

  public init(camera: CameraIntrinsics) {
    self.camera = camera
  }

  /// The pose in which `shape3D` is seen at `landmarks`.
  ///
  /// - Parameters:
  ///   - shape3D: n points in object space, mm, [X0..., Y0..., Z0...].
  ///   - landmarks: where they are seen, px, [x0..., y0...].
  ///   - start: a pose that is near; all points in front of the camera.
  /// - Returns: nil for fewer than four points, for values that are not finite, where a point of
  ///   the start is not in front of the camera, and where the points do not determine the pose.
  ///
  /// Cost: about 50 microseconds for a fitted face of 68 points.
  public func estimate(shape3D: [Double], landmarks: [Double], start: HeadPose) -> HeadPose? {
    let n = landmarks.count / 2
    precondition(
      landmarks.count == 2 * n && shape3D.count == 3 * n,
      "\(shape3D.count) object coordinates do not belong to \(landmarks.count) of the image")
    guard n >= Self.minimumPointCount else { return nil }
    let shape = shape3D.span
    let seen = landmarks.span
    guard Self.spansMoreThanALine(shape) else { return nil }
    var pose = RigidPose(rotation: RotationMatrix(start.rotation), translation: start.translation)
    guard var equations = linearise(shape, seen, at: pose) else { return nil }

    var damping = 1e-3
    for _ in 0..<Self.iterationLimit {
      guard let step = equations.solve(damping: damping, smallestPivot: 0) else { return nil }
      let moved = pose.moved(by: step)
      if let there = linearise(shape, seen, at: moved), there.cost <= equations.cost {
        pose = moved
        equations = there
        damping = max(damping / 10, 1e-12)
      } else {
        damping *= 10
      }
      if pose.isNegligible(step, tolerance: Self.stepTolerance) { break }
    }
    guard let last = equations.solve(damping: 0, smallestPivot: Self.smallestPivot) else {
      return nil
    }
    // So near to the minimum the cost is rounded to what it is there, and cannot tell how far it still is.
    if pose.isNegligible(last, tolerance: Self.roundedTolerance) { pose = pose.moved(by: last) }
    return HeadPose(translation: pose.translation, rotation: EulerAngles(pose.rotation))
  }

  /// Whether points do not all lie on one line or in one spot: else a turn about it cannot be seen. Rounding
  /// hides that from the equations where the line runs almost along a ray.
  private static func spansMoreThanALine(_ shape: Span<Double>) -> Bool {
    let n = shape.count / 3
    let first = SIMD3(shape[0], shape[n], shape[2 * n])
    var (along, longest) = (SIMD3<Double>.zero, 0.0)
    for i in 1..<n {
      let way = SIMD3(shape[i], shape[n + i], shape[2 * n + i]) - first
      let length = (way * way).sum()
      if length > longest { (along, longest) = (way, length) }
    }
    var widest = 0.0
    for i in 1..<n {
      let way = SIMD3(shape[i], shape[n + i], shape[2 * n + i]) - first
      let beside = way - along * ((way * along).sum() / longest)
      widest = max(widest, (beside * beside).sum())
    }
    return widest > leastBreadth * leastBreadth * longest
  }

  /// Of points' extent across the longest way between them, as its share: less is rounding. Faces have 0.5.
  private static let leastBreadth = 1e-9

  /// Residuals and their derivatives at `pose`; nil where a point is not in front of the camera or
  /// the cost is not finite.
  private func linearise(
    _ shape: Span<Double>, _ seen: Span<Double>, at pose: RigidPose
  ) -> NormalEquations6? {
    let n = seen.count / 2
    var equations = NormalEquations6()
    for i in 0..<n {
      let turned = pose.rotation.rotate(SIMD3(shape[i], shape[n + i], shape[2 * n + i]))
      let p = turned + pose.translation
      guard p.z > 0 else { return nil }
      // The ray's slopes; u = fx a + cx, v = fy b + cy.
      let (a, b) = (p.x / p.z, p.y / p.z)
      let (fu, fv) = (camera.fx / p.z, camera.fy / p.z)
      equations.add(
        [
          -fu * a * turned.y, fu * (turned.z + a * turned.x), -fu * turned.y,
          fu, 0, -fu * a,
        ], residual: seen[i] - (camera.fx * a + camera.cx))
      equations.add(
        [
          -fv * (turned.z + b * turned.y), fv * b * turned.x, fv * turned.x,
          0, fv, -fv * b,
        ], residual: seen[n + i] - (camera.fy * b + camera.cy))
    }
    return equations.cost.isFinite ? equations : nil
  }
}

/// A pose with its rotation as a matrix, while it is being sought.
private struct RigidPose {
  var rotation: RotationMatrix
  var translation: SIMD3<Double>

  /// R <- exp([w]x) R and T <- T + t of a step (w, t).
  func moved(by step: InlineArray<6, Double>) -> RigidPose {
    RigidPose(
      rotation: RotationMatrix(axisAngle: SIMD3(step[0], step[1], step[2])) * rotation,
      translation: translation + SIMD3(step[3], step[4], step[5]))
  }

  func isNegligible(_ step: InlineArray<6, Double>, tolerance: Double) -> Bool {
    let w = SIMD3(step[0], step[1], step[2])
    let t = SIMD3(step[3], step[4], step[5])
    return (w * w).sum() < tolerance * tolerance
      && (t * t).sum() < tolerance * tolerance * (translation * translation).sum()
  }
}
