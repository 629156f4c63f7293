import CLNFKernels
import Foundation

extension PointDistributionModel {
  /// The Jacobian of the 2n projected coordinates. No allocation.
  ///
  /// Columns: scale; rotations wx, wy, wz about the current rotation, R' = R (I + [w]x); tx, ty;
  /// then the modes (docs/clnf.md section 2). `rigid` fills the first six only.
  /// - Parameters:
  ///   - shape: the 3D shape, 3n, mm.
  ///   - jacobian: 6 + m (or 6) columns of 2n values, column after column.
  func jacobian(
    shape: UnsafePointer<Double>, global: GlobalParameters, rigid: Bool,
    kernels: UnsafePointer<clnf_kernels>, into jacobian: UnsafeMutablePointer<Double>
  ) {
    let n = landmarkCount
    let rotation = RotationMatrix(global.rotation)
    let s = global.scale
    for axis in 0..<2 {
      let r = axis == 0 ? rotation.row0 : rotation.row1
      let column = jacobian + axis * n
      for i in 0..<n {
        let (x, y, z) = (shape[i], shape[n + i], shape[2 * n + i])
        column[i] = r.x * x + r.y * y + r.z * z
        column[2 * n + i] = s * (y * r.z - z * r.y)
        column[4 * n + i] = -s * (x * r.z - z * r.x)
        column[6 * n + i] = s * (x * r.y - y * r.x)
        column[8 * n + i] = axis == 0 ? 1 : 0
        column[10 * n + i] = axis == 0 ? 0 : 1
      }
    }
    if rigid { return }
    var rows = (s * rotation.row0, s * rotation.row1)
    withUnsafeBytes(of: &rows) { bytes in
      // SIMD3<Double> takes the room of four.
      let values = bytes.bindMemory(to: Double.self)
      guard let row0 = values.baseAddress else { return }
      for mode in 0..<modeCount {
        kernels.pointee.mode_column(
          modes.pointer + mode * 3 * n, Int32(n), row0, row0 + 4,
          jacobian + (6 + mode) * 2 * n)
      }
    }
  }

  /// Adds an update to parameters: scale, translation and coefficients are added; the rotation is
  /// multiplied from the right by the orthonormalised I + [w]x (docs/clnf.md section 2).
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

  /// Keeps coefficients within 3 standard deviations and angles within pi/2.
  func clamp(global: inout GlobalParameters, local: UnsafeMutablePointer<Double>) {
    for mode in 0..<modeCount {
      let limit = 3 * variances[mode].squareRoot()
      local[mode] = max(-limit, min(limit, local[mode]))
    }
    let right = Double.pi / 2
    global.rotation.x = max(-right, min(right, global.rotation.x))
    global.rotation.y = max(-right, min(right, global.rotation.y))
    global.rotation.z = max(-right, min(right, global.rotation.z))
  }
}
