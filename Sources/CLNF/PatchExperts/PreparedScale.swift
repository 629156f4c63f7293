import CLNFKernels
import Synchronization

/// The experts of one scale in the layout that the kernels read. Immutable but for the Sigma
/// matrices, which are made when a view and window size are first met and then kept; safe to share
/// between threads.
final class PreparedScale: Sendable {
  let patchScaling: Double
  let kernelSize: Int
  let viewCenters: [EulerAngles]
  let views: [PreparedView]
  private let source: ExpertScale
  private let sigmas = Mutex<[SigmaKey: SigmaMatrices]>([:])

  private struct SigmaKey: Hashable {
    let view: Int
    let windowSize: Int
  }

  /// - Parameters:
  ///   - scale: validated.
  ///   - mirrorPartners: of the model.
  init(_ scale: ExpertScale, mirrorPartners: [Int]) {
    source = scale
    patchScaling = scale.patchScaling
    kernelSize = scale.kernelSize
    viewCenters = scale.views.map(\.center)
    let (size, hasNets) = (scale.kernelSize, scale.hasNets)
    views = scale.views.enumerated().map { index, view in
      let nets = view.experts.indices.map {
        scale.net(view: index, landmark: $0, mirrorPartners: mirrorPartners)
      }
      return PreparedView(
        visible: view.experts.map { $0 != nil },
        confidences: zip(view.experts, nets).map { $0?.field?.confidence ?? $1?.confidence ?? 0 },
        experts: hasNets
          ? .nets(PreparedNets(nets, isMirrored: view.experts.map { $0?.isMirrored ?? false }))
          : .fields(PreparedFields(view, kernelSize: size)))
    }
  }

  /// Floats of scratch memory that the experts need for windows of up to `window`.
  func scratchCount(window: Int) -> Int {
    for case .net(let net)? in source.views.lazy.flatMap(\.experts) {
      return PreparedNets.scratch(net, window: window)
    }
    // Folding takes less.
    return clnf_response_scratch(Int32(window), Int32(kernelSize))
  }

  /// The Sigma matrices for a view of patch experts and a window size. The first call for a pair makes them; threads
  /// that need others meanwhile wait.
  func sigma(view: Int, windowSize: Int) -> SigmaMatrices {
    sigmas.withLock { known in
      let key = SigmaKey(view: view, windowSize: windowSize)
      if let matrices = known[key] { return matrices }
      let made = SigmaMatrices(
        scale: source, view: source.views[view], windowSize: windowSize)
      known[key] = made
      return made
    }
  }
}

/// The experts of a view.
final class PreparedView: Sendable {
  /// Whether each landmark has an expert.
  let visible: [Bool]
  /// Confidence of each expert, 0 where there is none.
  let confidences: [Double]
  let experts: Experts

  enum Experts {
    case fields(PreparedFields)
    case nets(PreparedNets)
  }

  init(visible: [Bool], confidences: [Double], experts: Experts) {
    self.visible = visible
    self.confidences = confidences
    self.experts = experts
  }
}

/// The neurons of a view's patch experts, eight side by side.
final class PreparedFields: Sendable {
  /// Groups of eight neurons of each landmark, and where they start in `gains` (times the lane
  /// count) and `weights` (times kernel^2 times the lane count).
  let groupCounts: [Int]
  let firstGroups: [Int]
  /// By group, kernel position, neuron: zero mean, unit norm.
  let weights: Buffer<Float>
  /// 2 alpha by group and neuron; 0 for neurons that do not respond.
  let gains: Buffer<Float>
  let slopes: Buffer<Float>
  let biases: Buffer<Float>

  /// Neurons with a smaller alpha do not respond (docs/reference/clnf.md section 3, step 2).
  static let smallestAlpha = 1e-4

  init(_ view: ExpertView, kernelSize: Int) {
    let lanes = Int(clnf_lane_count)
    let area = kernelSize * kernelSize
    var counts: [Int] = []
    var firsts: [Int] = []
    var total = 0
    let responding = view.experts.map { expert in
      expert?.field?.neurons.filter { $0.alpha > Self.smallestAlpha } ?? []
    }
    for neurons in responding {
      firsts.append(total)
      counts.append((neurons.count + lanes - 1) / lanes)
      total += counts[counts.count - 1]
    }
    let weights = Buffer<Float>(repeating: 0, count: total * area * lanes)
    let gains = Buffer<Float>(repeating: 0, count: total * lanes)
    let slopes = Buffer<Float>(repeating: 0, count: total * lanes)
    let biases = Buffer<Float>(repeating: 0, count: total * lanes)
    for (landmark, neurons) in responding.enumerated() {
      for (index, neuron) in neurons.enumerated() {
        let group = firsts[landmark] + index / lanes
        let lane = index % lanes
        let kernel = Self.normalised(neuron.weights)
        for position in 0..<area {
          weights.pointer[(group * area + position) * lanes + lane] = kernel[position]
        }
        gains.pointer[group * lanes + lane] = Float(2 * neuron.alpha)
        slopes.pointer[group * lanes + lane] = Float(neuron.norm)
        biases.pointer[group * lanes + lane] = Float(neuron.bias)
      }
    }
    groupCounts = counts
    firstGroups = firsts
    self.weights = weights
    self.gains = gains
    self.slopes = slopes
    self.biases = biases
  }

  /// The kernel with its mean taken off, divided by its norm; zeros where it has no variance.
  private static func normalised(_ kernel: [Float]) -> [Float] {
    let mean = kernel.reduce(0) { $0 + Double($1) } / Double(kernel.count)
    let centred = kernel.map { Double($0) - mean }
    let norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return centred.map { norm > 0 ? Float($0 / norm) : 0 }
  }
}
