import Glibc

extension PointDistributionModel {
  /// Adds an update to parameters: scale, translation and coefficients are added; the rotation is
  /// multiplied from the right by the orthonormalised I + [w]x (docs/reference/clnf.md section 2).
  ///
  /// The nearest rotation to I + [w]x is the one about w by atan |w|: along w the matrix is the
  /// identity, across it a rotation by that angle times sqrt(1 + |w|^2).
  /// - Parameter delta: 6 values, or 6 + m where `local` is given.
  func update(
    global: inout GlobalParameters, local: UnsafeMutablePointer<Double>?,
    delta: UnsafePointer<Double>
  ) {
    global.scale += delta[0]
    let w = SIMD3(delta[1], delta[2], delta[3])
    let length = (w * w).sum().squareRoot()
    if length > 0 {
      let turn = RotationMatrix(axis: w / length, angle: atan(length))
      global.rotation = EulerAngles(RotationMatrix(global.rotation) * turn)
    }
    global.tx += delta[4]
    global.ty += delta[5]
    if let local {
      for mode in 0..<modeCount { local[mode] += delta[6 + mode] }
    }
  }

  /// Keeps coefficients within 3 standard deviations and angles within pi/2. Returns whether a
  /// coefficient was beyond.
  @discardableResult
  func clamp(global: inout GlobalParameters, local: UnsafeMutablePointer<Double>) -> Bool {
    var isClamped = false
    for mode in 0..<modeCount {
      let limit = 3 * variances[mode].squareRoot()
      let kept = max(-limit, min(limit, local[mode]))
      isClamped = isClamped || kept != local[mode]
      local[mode] = kept
    }
    let right = Double.pi / 2
    global.rotation.x = max(-right, min(right, global.rotation.x))
    global.rotation.y = max(-right, min(right, global.rotation.y))
    global.rotation.z = max(-right, min(right, global.rotation.z))
    return isClamped
  }
}
