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
  /// Lengths of the final mean shifts at the last scale's end, reference px, n; not a number of landmarks
  /// that are not visible there.
  let finalShifts: Buffer<Double>
  /// n each; of landmarks that are not visible nothing.
  let likelihoods: Buffer<Double>
  let peaks: Buffer<Double>
  let peakOffsets: Buffer<Double>

  /// n: the experts' weights at this scale. Where the fit is held to: n weights at a regularisation of 1,
  /// and 2n px; what both ask for together, 2n px.
  let expertWeights: Buffer<Double>
  let anchorWeights: Buffer<Double>
  let anchorPoints: Buffer<Double>
  let residual: Buffer<Double>
  private(set) var isAnchored = false

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
    finalShifts = Buffer(repeating: .nan, count: n)
    likelihoods = Buffer(repeating: 0, count: n)
    peaks = Buffer(repeating: 0, count: n)
    expertWeights = Buffer(repeating: 0, count: n)
    anchorWeights = Buffer(repeating: 0, count: n)
    anchorPoints = Buffer(repeating: 0, count: 2 * n)
    residual = Buffer(repeating: 0, count: 2 * n)
    peakOffsets = Buffer(repeating: 0, count: n)
  }

  func setLocal(_ values: [Double]) {
    shapeIsStale = true
    values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      local.pointer.update(from: start, count: local.count)
    }
  }

  /// Holds the fit that follows to an estimate: as much as its deviations and `weight` say; nil: not.
  func hold(to anchor: LandmarkEstimate?, weight: Double) {
    let n = likelihoods.count
    isAnchored = false
    guard let anchor, weight > 0, anchor.isUsable(count: n) else { return }
    isAnchored = true
    for i in 0..<n {
      anchorWeights.pointer[i] = weight / (anchor.deviations[i] * anchor.deviations[i])
      anchorPoints.pointer[i] = anchor.points[i]
      anchorPoints.pointer[n + i] = anchor.points[n + i]
    }
  }

  /// Holds the pass that follows where the last iteration of the one before was pulled, as much as it was
  /// against the prior, but for landmarks that are to be free: these are held to nothing but the anchor.
  func holdToLastPass(regularisation: Double, free: Range<Int>) {
    let n = likelihoods.count
    let pull = isAnchored ? residual.pointer : meanShiftImage.pointer
    for i in 0..<n {
      if free.contains(i) {
        if !isAnchored { anchorWeights.pointer[i] = 0 }
        continue
      }
      // The weight of the prior falls out: that of the next pass is put in where anchors are weighed.
      let held = isAnchored ? anchorWeights.pointer[i] : 0
      anchorWeights.pointer[i] = expertWeights.pointer[i] / regularisation + held
      anchorPoints.pointer[i] = landmarks.pointer[i] + pull[i]
      anchorPoints.pointer[n + i] = landmarks.pointer[n + i] + pull[n + i]
    }
    isAnchored = true
  }

  /// Mean shifts and the ways to the anchor, each by its weight, in one residual.
  func combine(regularisation: Double) {
    let n = likelihoods.count
    for i in 0..<n {
      let (own, held) = (expertWeights.pointer[i], regularisation * anchorWeights.pointer[i])
      let sum = own + held
      for j in [i, n + i] {
        let way = anchorPoints.pointer[j] - landmarks.pointer[j]
        residual.pointer[j] =
          sum > 0 ? (own * meanShiftImage.pointer[j] + held * way) / sum : 0
      }
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
