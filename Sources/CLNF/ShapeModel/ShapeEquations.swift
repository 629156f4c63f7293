import CLNFKernels

/// The normal equations of a shape model for landmarks of given weights (docs/reference/clnf.md
/// section 5, step 6).
///
/// What depends on the weights alone is kept from one iteration, and from one frame, to the next. Holds
/// its memory; one thread at a time.
final class ShapeEquations {
  private let model: PointDistributionModel
  private let weights: Buffer<Double>
  private let pairs: Buffer<Double>
  private let sums: Buffer<Double>
  private let scratch: Buffer<Double>
  private var sumsAreOfWeights = false

  init(_ model: PointDistributionModel) {
    let (n, m) = (model.landmarkCount, model.modeCount)
    self.model = model
    weights = Buffer(repeating: 0, count: n)
    pairs = Buffer(repeating: 0, count: 6 * (m * (m + 1) / 2))
    sums = Buffer(repeating: 0, count: 3 * m)
    scratch = Buffer(repeating: 0, count: clnf_equations_scratch(Int32(n), Int32(m)))
  }

  /// Gives landmark i the weight `weight(i)`, >= 0. Cheap where no weight changes.
  func setWeights(_ weight: (Int) -> Double) {
    for i in 0..<weights.count {
      let new = weight(i)
      if weights.pointer[i] != new {
        weights.pointer[i] = new
        sumsAreOfWeights = false
      }
    }
  }

  /// J^T W J (its lower triangle) and J^T W r. No allocation.
  /// - Parameters:
  ///   - shape: the 3D shape, 3n, mm.
  ///   - residual: 2n, px.
  ///   - rigid: only the pose's 6 columns.
  ///   - hessian: (6 + m)^2, or 36, row by row.
  ///   - gradient: 6 + m, or 6.
  func fill(
    shape: UnsafePointer<Double>, global: GlobalParameters, residual: UnsafePointer<Double>,
    rigid: Bool, kernels: UnsafePointer<clnf_kernels>, hessian: UnsafeMutablePointer<Double>,
    gradient: UnsafeMutablePointer<Double>
  ) {
    let (n, m) = (Int32(model.landmarkCount), Int32(model.modeCount))
    if !rigid, !sumsAreOfWeights {
      kernels.pointee.shape_sums(
        model.modes.pointer, n, m, weights.pointer, scratch.pointer, pairs.pointer, sums.pointer)
      sumsAreOfWeights = true
    }
    let rotation = RotationMatrix(global.rotation)
    let (r0, r1, r2) = (rotation.row0, rotation.row1, rotation.row2)
    var pose = clnf_pose(
      scale: global.scale,
      rotation: (r0.x, r0.y, r0.z, r1.x, r1.y, r1.z, r2.x, r2.y, r2.z))
    var system = clnf_shape_system(
      landmarks: n, modes: rigid ? 0 : m, vectors: model.modes.pointer, pairs: pairs.pointer,
      sums: sums.pointer, weights: weights.pointer)
    kernels.pointee.normal_equations(
      &system, &pose, shape, residual, scratch.pointer, hessian, gradient)
  }
}
