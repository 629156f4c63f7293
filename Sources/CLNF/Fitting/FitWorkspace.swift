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
  /// Row weights of the normal equations, 2n; 0 where not visible.
  let weights: Buffer<Double>
  /// (6 + m) columns of 2n.
  let jacobian: Buffer<Double>
  let hessian: Buffer<Double>
  let delta: Buffer<Double>
  /// 2n.
  let rowScratch: Buffer<Double>
  /// Two kernels' columns of the largest window.
  let kernelScratch: Buffer<Double>
  /// n.
  let likelihoods: Buffer<Double>

  init(model: FaceModel, largestWindow: Int) {
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
    weights = Buffer(repeating: 0, count: 2 * n)
    jacobian = Buffer(repeating: 0, count: 2 * n * columns)
    hessian = Buffer(repeating: 0, count: columns * columns)
    delta = Buffer(repeating: 0, count: columns)
    rowScratch = Buffer(repeating: 0, count: 2 * n)
    kernelScratch = Buffer(repeating: 0, count: 2 * largestWindow)
    likelihoods = Buffer(repeating: 0, count: n)
  }

  func setLocal(_ values: [Double]) {
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

  /// The 3D shape of q and its projection.
  func updateShape(_ model: PointDistributionModel, _ global: GlobalParameters) {
    model.fillShape3D(local: local.pointer, into: shape.pointer)
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

  /// 1 for visible landmarks, or `factor` times their expert's confidence where `factor` is not 0.
  func setWeights(_ view: PreparedView, factor: Double) {
    let n = view.visible.count
    for i in 0..<n {
      let weight = view.visible[i] ? (factor > 0 ? factor * view.confidences[i] : 1) : 0
      weights.pointer[i] = weight
      weights.pointer[n + i] = weight
    }
  }
}
