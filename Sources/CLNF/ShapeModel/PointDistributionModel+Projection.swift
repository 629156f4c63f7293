import CLNFKernels

extension PointDistributionModel {
  /// The 3D shape mean + V q. Cost: 3nm multiplications, no allocation.
  /// - Parameters:
  ///   - local: q, m coefficients.
  ///   - shape: 3n values in mm, overwritten.
  func fillShape3D(
    local: UnsafePointer<Double>, into shape: UnsafeMutablePointer<Double>,
    kernels: UnsafePointer<clnf_kernels> = InstructionSet.best.kernels
  ) {
    kernels.pointee.combine(
      mean.pointer, modes.pointer, Int32(modeCount), Int32(3 * landmarkCount), local, shape)
  }

  /// Weak-perspective projection of a 3D shape: x = s (R X)_xy + t. No allocation.
  /// - Parameters:
  ///   - shape: 3n, mm.
  ///   - landmarks: 2n pixels, overwritten.
  func project(
    shape: UnsafePointer<Double>, global: GlobalParameters,
    into landmarks: UnsafeMutablePointer<Double>
  ) {
    let n = landmarkCount
    let rotation = RotationMatrix(global.rotation)
    let (row0, row1) = (global.scale * rotation.row0, global.scale * rotation.row1)
    for i in 0..<n {
      let (x, y, z) = (shape[i], shape[n + i], shape[2 * n + i])
      landmarks[i] = row0.x * x + row0.y * y + row0.z * z + global.tx
      landmarks[n + i] = row1.x * x + row1.y * y + row1.z * z + global.ty
    }
  }

  /// The 3D shape of coefficients `local` (m): 3n values in mm, stacked. Allocates the result.
  public func shape3D(local: [Double]) -> [Double] {
    precondition(local.count == modeCount, "expected \(modeCount) coefficients")
    var shape = [Double](repeating: 0, count: 3 * landmarkCount)
    fillShape3D(local: local, into: &shape)
    return shape
  }

  /// As `shape3D(local:)`, into an array that is reused. Allocates only if `shape` has another
  /// length than 3n.
  public func shape3D(local: [Double], into shape: inout [Double]) {
    precondition(local.count == modeCount, "expected \(modeCount) coefficients")
    if shape.count != 3 * landmarkCount {
      shape = [Double](repeating: 0, count: 3 * landmarkCount)
    }
    shape.withUnsafeMutableBufferPointer { shape in
      local.withUnsafeBufferPointer { local in
        guard let shape = shape.baseAddress, let local = local.baseAddress else { return }
        fillShape3D(local: local, into: shape)
      }
    }
  }

  /// The 2D shape of `parameters`: 2n pixels, stacked. Allocates the result.
  public func landmarks(_ parameters: FaceParameters) -> [Double] {
    let shape = shape3D(local: parameters.local)
    var landmarks = [Double](repeating: 0, count: 2 * landmarkCount)
    project(shape: shape, global: parameters.global, into: &landmarks)
    return landmarks
  }

  /// The pose whose projected 3D shape fills `box`: extents averaged over both axes for the scale,
  /// centre on centre (docs/reference/clnf.md section 2). `local` is not changed. Allocates.
  public func globalParameters(
    box: FaceBox, local: [Double], rotation: EulerAngles
  ) -> GlobalParameters {
    let unit = FaceParameters(
      global: GlobalParameters(scale: 1, rotation: rotation, tx: 0, ty: 0), local: local)
    let points = landmarks(unit)
    let extents = Extents(points, landmarkCount) { _ in true }
    let scale = (box.width / extents.width + box.height / extents.height) / 2
    return GlobalParameters(
      scale: scale, rotation: rotation, tx: box.center.x - scale * extents.centerX,
      ty: box.center.y - scale * extents.centerY)
  }
}

/// The axis-parallel extents of some points of a stacked 2D shape.
package struct Extents {
  package var minX = Double.infinity
  package var maxX = -Double.infinity
  package var minY = Double.infinity
  package var maxY = -Double.infinity

  package init(_ points: [Double], _ n: Int, where included: (Int) -> Bool) {
    for i in 0..<n where included(i) {
      minX = min(minX, points[i])
      maxX = max(maxX, points[i])
      minY = min(minY, points[n + i])
      maxY = max(maxY, points[n + i])
    }
  }

  package var width: Double { maxX - minX }
  package var height: Double { maxY - minY }
  package var centerX: Double { (minX + maxX) / 2 }
  package var centerY: Double { (minY + maxY) / 2 }
}

/// Everything that places a face in an image: pose and shape coefficients.
public struct FaceParameters: Sendable, Equatable {
  public var global: GlobalParameters
  /// q, one coefficient a mode, mm.
  public var local: [Double]

  public init(global: GlobalParameters, local: [Double]) {
    self.global = global
    self.local = local
  }
}
