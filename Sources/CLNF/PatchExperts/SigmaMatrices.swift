import CLNFKernels

/// Sigma of every expert of one view at one window size: what turns the neurons' sum into a
/// response between 0 and about 1 (docs/clnf.md section 3, step 3).
///
/// Immutable; safe to share between threads.
final class SigmaMatrices: Sendable {
  /// How the matrices came about.
  enum Kind: String, Sendable {
    /// Sigma = [2 (sum alpha I + sum beta_j S_j)]^-1.
    case edges
    /// Sigma = I / (2 sum alpha): the window size has no components.
    case edgeFree = "edge-free"
  }

  let kind: Kind
  /// w^2.
  let order: Int
  /// Floats from row to row, a multiple of the lane count.
  let stride: Int
  /// n matrices of `order` rows; empty where edge-free.
  let matrices: Buffer<Float>
  /// 1 / (2 sum alpha) for each landmark; 0 where it is not visible.
  let scales: Buffer<Float>

  /// Cost: one inversion of a w^2 x w^2 matrix a visible landmark (a few milliseconds in all at
  /// w = 7, some ten at w = 11).
  init(scale: ExpertScale, view: ExpertView, windowSize: Int) {
    order = windowSize * windowSize
    let lanes = Int(clnf_lane_count)
    stride = (order + lanes - 1) / lanes * lanes
    let experts = view.experts.map { $0?.field }
    scales = Buffer(experts.map { $0.map { Float(1 / (2 * $0.alphaSum)) } ?? 0 })
    let hasBetas = experts.contains { $0.map { !$0.betas.isEmpty } ?? false }
    guard hasBetas, let components = scale.components(windowSize: windowSize) else {
      kind = .edgeFree
      matrices = Buffer(repeating: 0, count: 0)
      return
    }
    kind = .edges
    let block = order * stride
    let all = Buffer<Float>(repeating: 0, count: block * experts.count)
    let precision = Buffer<Double>(repeating: 0, count: order * order)
    let scratch = Buffer<Double>(repeating: 0, count: order * order)
    for (landmark, expert) in experts.enumerated() {
      guard let expert else { continue }
      let target = all.pointer + landmark * block
      Self.fill(precision.pointer, order, expert, components)
      let status = clnf_symmetric_inverse(
        precision.pointer, Int32(order), Int32(stride), scratch.pointer, target)
      if status != 0 {
        // Not positive definite: components of a damaged model. Edge-free keeps responses bounded.
        for i in 0..<order {
          (target + i * stride).update(repeating: 0, count: stride)
          target[i * stride + i] = scales.pointer[landmark]
        }
      }
    }
    matrices = all
  }

  /// 2 (sum alpha I + sum beta_j S_j).
  private static func fill(
    _ precision: UnsafeMutablePointer<Double>, _ order: Int, _ expert: PatchExpert,
    _ components: SigmaComponents
  ) {
    precision.update(repeating: 0, count: order * order)
    for (beta, matrix) in zip(expert.betas, components.matrices) {
      matrix.withUnsafeBufferPointer { matrix in
        for i in 0..<order * order { precision[i] += 2 * beta * Double(matrix[i]) }
      }
    }
    for i in 0..<order { precision[i * (order + 1)] += 2 * expert.alphaSum }
  }
}
