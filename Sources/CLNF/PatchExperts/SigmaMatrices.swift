import CLNFKernels

/// Sigma of every expert of one view at one window size: what turns the neurons' sum into a
/// response between 0 and about 1 (docs/reference/clnf.md section 3, step 3).
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
  /// Whether a landmark's matrix is stored as the four blocks of `clnf_kernels.folded_multiply`, as
  /// components allow that do not change when the window is mirrored.
  let isFolded: Bool
  /// Orders of the blocks: the four, or w^2 alone. Rows are padded to whole groups of lanes.
  let blockOrders: [Int]
  /// Floats from one landmark to the next.
  let landmarkStride: Int
  /// Empty where edge-free.
  let matrices: Buffer<Float>
  /// 1 / (2 sum alpha) for each landmark; 0 where it is not visible.
  let scales: Buffer<Float>

  /// Cost: inversions of four matrices of about w^2 / 4 rows a visible landmark (one of w^2 where the
  /// components do not fold): a millisecond in all at w = 9.
  init(scale: ExpertScale, view: ExpertView, windowSize: Int) {
    order = windowSize * windowSize
    let experts = view.experts.map { $0?.field }
    scales = Buffer(experts.map { $0.map { Float(1 / (2 * $0.alphaSum)) } ?? 0 })
    let hasBetas = experts.contains { $0.map { !$0.betas.isEmpty } ?? false }
    guard hasBetas, let components = scale.components(windowSize: windowSize) else {
      kind = .edgeFree
      isFolded = false
      blockOrders = []
      landmarkStride = 0
      matrices = Buffer(repeating: 0, count: 0)
      return
    }
    kind = .edges
    let folded = FoldedComponents(components)
    isFolded = folded != nil
    blockOrders = folded?.orders ?? [order]
    landmarkStride = blockOrders.reduce(0) { $0 + $1 * Self.padded($1) }
    let blocks = folded?.blocks ?? components.matrices.map { [$0.map(Double.init)] }
    let all = Buffer<Float>(repeating: 0, count: landmarkStride * experts.count)
    let largest = blockOrders.max() ?? 0
    let precision = Buffer<Double>(repeating: 0, count: largest * largest)
    let scratch = Buffer<Double>(repeating: 0, count: largest * largest)
    for (landmark, expert) in experts.enumerated() {
      guard let expert else { continue }
      let target = all.pointer + landmark * landmarkStride
      if !Self.invert(expert, blocks, blockOrders, precision, scratch, into: target) {
        // Not positive definite: components of a damaged model. Edge-free keeps responses bounded.
        Self.fillDiagonal(scales.pointer[landmark], blockOrders, target)
      }
    }
    matrices = all
  }

  private static func padded(_ count: Int) -> Int {
    let lanes = Int(clnf_lane_count)
    return (count + lanes - 1) / lanes * lanes
  }

  /// Whether every block of 2 (sum alpha I + sum beta_j S_j) could be inverted.
  /// - Parameter components: by component, by block.
  private static func invert(
    _ expert: PatchExpert, _ components: [[[Double]]], _ orders: [Int],
    _ precision: borrowing Buffer<Double>, _ scratch: borrowing Buffer<Double>,
    into target: UnsafeMutablePointer<Float>
  ) -> Bool {
    var out = target
    for (block, order) in orders.enumerated() {
      let matrix = precision.pointer
      matrix.update(repeating: 0, count: order * order)
      for (beta, component) in zip(expert.betas, components) {
        for i in 0..<order * order { matrix[i] += 2 * beta * component[block][i] }
      }
      for i in 0..<order { matrix[i * (order + 1)] += 2 * expert.alphaSum }
      let status = clnf_symmetric_inverse(
        matrix, Int32(order), Int32(padded(order)), scratch.pointer, out)
      guard status == 0 else { return false }
      out += order * padded(order)
    }
    return true
  }

  private static func fillDiagonal(
    _ value: Float, _ orders: [Int], _ target: UnsafeMutablePointer<Float>
  ) {
    var out = target
    for order in orders {
      out.update(repeating: 0, count: order * padded(order))
      for i in 0..<order { out[i * padded(order) + i] = value }
      out += order * padded(order)
    }
  }
}

/// Sigma components in the basis of sums and differences of mirrored places.
///
/// Reversing the window's rows, or its columns, changes nothing of components that only know which places
/// are neighbours. In that basis they fall apart into four blocks.
private struct FoldedComponents {
  /// Places that are even and odd in rows, by even and odd in columns.
  let orders: [Int]
  /// By component, by block: `order` rows of `order`.
  let blocks: [[[Double]]]

  /// nil where a component changes, or the window has no middle.
  init?(_ components: SigmaComponents) {
    let w = components.windowSize
    guard w % 2 == 1, components.matrices.allSatisfy({ Self.isMirrored($0, w) }) else { return nil }
    let sides = [0..<(w + 1) / 2, (w + 1) / 2..<w]
    let places = sides.flatMap { rows in
      sides.map { columns in rows.flatMap { row in columns.map { row * w + $0 } } }
    }
    orders = places.map(\.count)
    blocks = components.matrices.map { matrix in
      let folded = Self.folded(matrix.map(Double.init), w)
      return places.map { block in
        block.flatMap { a in block.map { b in folded[a * w * w + b] } }
      }
    }
  }

  private static func isMirrored(_ matrix: [Float], _ w: Int) -> Bool {
    let order = w * w
    for a in 0..<order {
      let (row, column) = (a / w, a % w)
      let (upsideDown, reversed) = ((w - 1 - row) * w + column, row * w + w - 1 - column)
      for b in 0..<order {
        let (bRow, bColumn) = (b / w, b % w)
        let value = matrix[a * order + b]
        guard value == matrix[upsideDown * order + (w - 1 - bRow) * w + bColumn],
          value == matrix[reversed * order + bRow * w + w - 1 - bColumn]
        else { return false }
      }
    }
    return true
  }

  /// Q M Q^T, Q folding rows and columns of the window: along each of the four indices in turn.
  private static func folded(_ matrix: [Double], _ w: Int) -> [Double] {
    let root = 0.5.squareRoot()
    let half = w / 2
    var source = matrix
    var target = matrix
    for step in [1, w, w * w, w * w * w] {
      for place in source.indices where place / step % w == 0 {
        target[place] = source[place + half * step]
        for k in 1..<half + 1 {
          let (before, after) = (
            source[place + (half - k) * step], source[place + (half + k) * step]
          )
          target[place + k * step] = root * (after + before)
          target[place + (half + k) * step] = root * (after - before)
        }
      }
      source = target
    }
    return target
  }
}
