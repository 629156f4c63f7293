import CLNFKernels

extension PointDistributionModel {
  /// How the start's box is taken where landmarks are missing.
  public enum MissingLandmarkBox: Sendable {
    /// The extents of the visible landmarks.
    case visible
    /// The reference toolkit's: x extents over the first nv entries and y extents over the nv
    /// entries after them, of the full stacked vector, missing zeros included
    /// (docs/reference/clnf.md section 2). Only to match its figures.
    case reference
  }

  /// The parameters whose 2D shape is nearest to `landmarks`, the coefficients weighed by their
  /// variances: damped Gauss-Newton of docs/reference/clnf.md section 2.
  ///
  /// Cost: up to 1000 steps of a (6 + m) x (6 + m) system; allocates.
  /// - Parameter landmarks: 2n pixels, stacked. A landmark whose x is exactly 0 is missing.
  /// - Returns: nil where fewer than 3 landmarks are there or they span no area.
  public func parameters(
    landmarks: [Double], box missingBox: MissingLandmarkBox = .visible
  ) -> FaceParameters? {
    let n = landmarkCount
    precondition(landmarks.count == 2 * n, "expected \(2 * n) coordinates")
    let visible = (0..<n).map { landmarks[$0] != 0 }
    guard visible.count(where: { $0 }) >= 3, landmarks.allSatisfy(\.isFinite),
      var parameters = recoveryStart(landmarks, visible, missingBox)
    else { return nil }

    var workspace = RecoveryWorkspace(self) { visible[$0] ? 1 : 0 }
    var previousError = workspace.error(of: parameters, to: landmarks)
    var failures = 0
    for _ in 0..<1000 {
      guard let error = workspace.step(&parameters, towards: landmarks) else { return parameters }
      if error > 0.999 * previousError {
        failures += 1
        if failures == 5 { break }
      }
      previousError = error
    }
    return parameters
  }

  /// The likeliest parameters of landmarks that may each be off by so much: Gauss-Newton on
  /// sum |x_i - proj_i(p)|^2 / s_i^2 + sum q_j^2 / lambda_j.
  ///
  /// Cost: at most 20 steps of a (6 + m) x (6 + m) system, about a millisecond; allocates.
  /// - Parameters:
  ///   - estimate: x and s.
  ///   - start: a pose near the one wanted.
  /// - Returns: nil where something is not finite, or the landmarks do not say where a face is.
  public func parameters(
    nearest estimate: LandmarkEstimate, from start: GlobalParameters
  ) -> FaceParameters? {
    guard estimate.isUsable(count: landmarkCount) else { return nil }
    let deviations = estimate.deviations
    var parameters = FaceParameters(
      global: start, local: [Double](repeating: 0, count: modeCount))
    var workspace = RecoveryWorkspace(self) { 1 / (deviations[$0] * deviations[$0]) }
    for _ in 0..<20 {
      guard let moved = workspace.move(&parameters, towards: estimate.points, by: 1) else {
        return nil
      }
      clamp(global: &parameters.global, local: &parameters.local)
      if moved < 1e-3 { break }
    }
    let isFinite = self.landmarks(parameters).allSatisfy(\.isFinite)
    return isFinite && parameters.global.scale > 0 ? parameters : nil
  }

  private func recoveryStart(
    _ landmarks: [Double], _ visible: [Bool], _ missingBox: MissingLandmarkBox
  ) -> FaceParameters? {
    let n = landmarkCount
    let target: Extents
    switch missingBox {
    case .visible:
      target = Extents(landmarks, n) { visible[$0] }
    case .reference:
      let count = visible.count { $0 }
      var shifted = [Double](repeating: 0, count: 2 * n)
      for i in 0..<count {
        shifted[i] = landmarks[i]
        shifted[n + i] = landmarks[count + i]
      }
      target = Extents(shifted, n) { $0 < count }
    }
    let shape = Extents(mean.array, n) { visible[$0] }
    guard shape.width > 0, shape.height > 0 else { return nil }
    let scale = (target.width / shape.width + target.height / shape.height) / 2
    guard scale > 0, scale.isFinite else { return nil }
    return FaceParameters(
      global: GlobalParameters(scale: scale, tx: target.centerX, ty: target.centerY),
      local: [Double](repeating: 0, count: modeCount))
  }
}

/// Memory of one recovery, and its step.
private struct RecoveryWorkspace: ~Copyable {
  let model: PointDistributionModel
  let kernels = InstructionSet.best.kernels
  var shape: [Double]
  var projected: [Double]
  let equations: ShapeEquations
  var residual: [Double]
  let weights: [Double]
  var scratch: [Double]
  var hessian: [Double]
  var delta: [Double]

  /// - Parameter weight: of landmark i, at least 0.
  init(_ model: PointDistributionModel, weight: (Int) -> Double) {
    let (n, p) = (model.landmarkCount, model.parameterCount)
    self.model = model
    shape = [Double](repeating: 0, count: 3 * n)
    projected = [Double](repeating: 0, count: 2 * n)
    equations = ShapeEquations(model)
    equations.setWeights(weight)
    residual = projected
    scratch = [Double](repeating: 0, count: p)
    weights = (0..<2 * n).map { weight($0 % n) }
    hessian = [Double](repeating: 0, count: p * p)
    delta = [Double](repeating: 0, count: p)
  }

  /// One half step. Returns the L2 norm of the residual over visible landmarks with the new pose
  /// but the shape from before the step, as the reference does; nil where the system is singular.
  mutating func step(_ parameters: inout FaceParameters, towards landmarks: [Double]) -> Double? {
    guard move(&parameters, towards: landmarks, by: 0.5) != nil else { return nil }
    return projectionError(parameters.global, to: landmarks)
  }

  /// A share of a Gauss-Newton step. Returns the largest change of a coefficient or of the place, mm or
  /// px; nil where the system is singular.
  mutating func move(
    _ parameters: inout FaceParameters, towards landmarks: [Double], by share: Double
  ) -> Double? {
    let (n, p) = (model.landmarkCount, model.parameterCount)
    model.shape3D(local: parameters.local, into: &shape)
    model.project(shape: shape, global: parameters.global, into: &projected)
    for i in 0..<2 * n { residual[i] = landmarks[i] - projected[i] }
    equations.fill(
      shape: shape, global: parameters.global, residual: residual, rigid: false,
      kernels: kernels, hessian: &hessian, gradient: &delta)
    for mode in 0..<model.modeCount {
      let precision = 1 / model.variances[mode]
      hessian[(6 + mode) * (p + 1)] += precision
      delta[6 + mode] -= precision * parameters.local[mode]
    }
    guard kernels.pointee.solve(&hessian, Int32(p), &delta, &scratch) == 0 else { return nil }
    for i in 0..<p { delta[i] *= share }
    model.update(global: &parameters.global, local: &parameters.local, delta: delta)
    return delta.dropFirst(4).map(abs).max()
  }

  /// The L2 norm of the residual of `parameters` over visible landmarks.
  mutating func error(of parameters: FaceParameters, to landmarks: [Double]) -> Double {
    model.shape3D(local: parameters.local, into: &shape)
    return projectionError(parameters.global, to: landmarks)
  }

  private mutating func projectionError(
    _ global: GlobalParameters, to landmarks: [Double]
  ) -> Double {
    model.project(shape: shape, global: global, into: &projected)
    var error = 0.0
    for i in weights.indices where weights[i] > 0 {
      let difference = landmarks[i] - projected[i]
      error += difference * difference
    }
    return error.squareRoot()
  }
}
