import CLNFKernels

/// The memory of a fitter, made once. n landmarks, m modes.
final class FitWorkspace {
  /// q, m.
  let local: Buffer<Double>
  /// 3n, mm.
  let shape: Buffer<Double>
  /// Current, previous and base 2D shapes and the reference frame's, 2n each.
  let landmarks: Buffer<Double>
  let previous: Buffer<Double>
  let base: Buffer<Double>
  let reference: Buffer<Double>
  /// The landmarks in the coordinates of the reduced region, 2n.
  let regionLandmarks: Buffer<Double>
  /// Landmarks' places in their windows, 2n.
  let offsets: Buffer<Double>
  let meanShiftReference: Buffer<Double>
  let meanShiftImage: Buffer<Double>
  /// Of each scale: weights, and what is made of them, stay the same from frame to frame.
  let equations: [ShapeEquations]
  let hessian: Buffer<Double>
  let delta: Buffer<Double>
  /// 6 + m.
  let solveScratch: Buffer<Double>
  /// n.
  let likelihoods: Buffer<Double>

  /// Whether `shape` is of other coefficients than `local`.
  private var shapeIsStale = true

  init(model: FaceModel) {
    let n = model.landmarkCount
    let columns = model.shapeModel.parameterCount
    local = Buffer(repeating: 0, count: model.shapeModel.modeCount)
    shape = Buffer(repeating: 0, count: 3 * n)
    landmarks = Buffer(repeating: 0, count: 2 * n)
    previous = Buffer(repeating: 0, count: 2 * n)
    base = Buffer(repeating: 0, count: 2 * n)
    reference = Buffer(repeating: 0, count: 2 * n)
    regionLandmarks = Buffer(repeating: 0, count: 2 * n)
    offsets = Buffer(repeating: 0, count: 2 * n)
    meanShiftReference = Buffer(repeating: 0, count: 2 * n)
    meanShiftImage = Buffer(repeating: 0, count: 2 * n)
    equations = model.scales.map { _ in ShapeEquations(model.shapeModel) }
    hessian = Buffer(repeating: 0, count: columns * columns)
    delta = Buffer(repeating: 0, count: columns)
    solveScratch = Buffer(repeating: 0, count: columns)
    likelihoods = Buffer(repeating: 0, count: n)
  }

  func setLocal(_ values: [Double]) {
    shapeIsStale = true
    values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      local.pointer.update(from: start, count: local.count)
    }
  }

  func copyLocal(into values: inout [Double]) {
    for mode in 0..<local.count { values[mode] = local.pointer[mode] }
  }

  func copyLandmarks(into values: inout [Double]) {
    if values.count != landmarks.count {
      values = [Double](repeating: 0, count: landmarks.count)
    }
    for i in 0..<landmarks.count { values[i] = landmarks.pointer[i] }
  }

  var localIsFinite: Bool {
    for mode in 0..<local.count where !local.pointer[mode].isFinite { return false }
    return true
  }

  /// q^T Lambda^-1 q.
  func mahalanobis(_ variances: [Double]) -> Double {
    var sum = 0.0
    for mode in 0..<local.count {
      sum += local.pointer[mode] * local.pointer[mode] / variances[mode]
    }
    return sum
  }

  /// To be called where `local` has been written to.
  func localHasChanged() { shapeIsStale = true }

  /// The 3D shape of q, where q has changed, and its projection.
  func updateShape(
    _ model: PointDistributionModel, _ global: GlobalParameters,
    kernels: UnsafePointer<clnf_kernels>
  ) {
    if shapeIsStale {
      model.fillShape3D(local: local.pointer, into: shape.pointer, kernels: kernels)
      shapeIsStale = false
    }
    model.project(shape: shape.pointer, global: global, into: landmarks.pointer)
  }

  func rememberBase() { base.pointer.update(from: landmarks.pointer, count: landmarks.count) }

  func rememberPrevious() {
    previous.pointer.update(from: landmarks.pointer, count: landmarks.count)
  }

  /// L2 norm over all coordinates, px.
  func distanceToPrevious() -> Double {
    var sum = 0.0
    for i in 0..<landmarks.count {
      let difference = landmarks.pointer[i] - previous.pointer[i]
      sum += difference * difference
    }
    return sum.squareRoot()
  }
}
