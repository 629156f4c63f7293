import CLNFKernels
import Foundation

/// The response maps of all landmarks at one scale, and the memory to compute them.
///
/// Map i holds w x w responses, row by row, of landmark i; (w - 1) / 2 is where the landmark was.
/// Made once for the largest window; `compute` then allocates nothing but the Sigma matrices of a
/// view and window size that are met for the first time.
struct ResponseMaps: ~Copyable {
  private(set) var windowSize = 0
  private(set) var view = 0
  private(set) var sigmaKind = SigmaMatrices.Kind.edgeFree
  /// n maps of w^2 each, one after the other; zeros where the landmark is not visible.
  let responses: Buffer<Float>
  /// 1 for each landmark of the view that has an expert, else 0.
  let visible: Buffer<Bool>
  let landmarkCount: Int
  let largestWindow: Int
  private let area: Buffer<Float>
  private let neuronSum: Buffer<Float>
  private let scratch: Buffer<Float>

  /// - Parameter scales: of the model whose maps are wanted.
  init(landmarkCount: Int, largestWindow: Int, scales: [PreparedScale]) {
    self.landmarkCount = landmarkCount
    self.largestWindow = largestWindow
    let largestKernel = scales.map(\.kernelSize).max() ?? 1
    let size = largestWindow + largestKernel - 1
    responses = Buffer(repeating: 0, count: landmarkCount * largestWindow * largestWindow)
    visible = Buffer(repeating: false, count: landmarkCount)
    area = Buffer(repeating: 0, count: size * size)
    neuronSum = Buffer(repeating: 0, count: largestWindow * largestWindow)
    scratch = Buffer(
      repeating: 0, count: scales.map { $0.scratchCount(window: largestWindow) }.max() ?? 0)
  }

  /// Where and how to look.
  struct Request {
    var scale: PreparedScale
    var view: Int
    var windowSize: Int
    /// From reference to image axes (B of docs/clnf.md section 4).
    var toImage: Similarity
    /// Responses are raised to this power, > 0.
    var exponent = 1.0
    var kernels: UnsafePointer<clnf_kernels>
  }

  /// Fills the maps around `landmarks` (2n pixels, stacked) of `image` (not empty).
  mutating func compute(
    image: borrowing GreyImage, landmarks: UnsafePointer<Double>, _ request: Request
  ) {
    let window = request.windowSize
    precondition(window <= largestWindow, "the window is larger than the maps' memory")
    windowSize = window
    view = request.view
    let experts = request.scale.views[request.view]
    sigmaKind = .edgeFree
    var sigma: SigmaMatrices?
    if case .fields = experts.experts {
      sigma = request.scale.sigma(view: request.view, windowSize: window)
      sigmaKind = sigma?.kind ?? .edgeFree
    }
    let (width, height) = (Int32(image.width), Int32(image.height))
    image.withSamples { samples in
      guard let pixels = samples.baseAddress else { return }
      for landmark in 0..<landmarkCount {
        visible.pointer[landmark] = experts.visible[landmark]
        let map = responses.pointer + landmark * window * window
        guard experts.visible[landmark] else {
          map.update(repeating: 0, count: window * window)
          continue
        }
        request.kernels.pointee.sample_area(
          pixels, width, height, Float(landmarks[landmark]),
          Float(landmarks[landmarkCount + landmark]), Float(request.toImage.a),
          Float(request.toImage.b), Int32(window + request.scale.kernelSize - 1), area.pointer)
        switch experts.experts {
        case .fields(let fields):
          if let sigma { respond(landmark, fields, sigma, request, into: map) }
        case .nets(let nets):
          request.kernels.pointee.net_response(
            area.pointer, Int32(window), nets.nets.pointer + landmark, scratch.pointer, map)
        }
        Self.raise(map, count: window * window, to: request.exponent)
      }
    }
  }

  private static func raise(
    _ map: UnsafeMutablePointer<Float>, count: Int, to exponent: Double
  ) {
    switch exponent {
    case 1: break
    case 2: for i in 0..<count { map[i] *= map[i] }
    default: for i in 0..<count { map[i] = Float(pow(Double(map[i]), exponent)) }
    }
  }

  /// The response of one patch expert to the area of interest.
  private func respond(
    _ landmark: Int, _ experts: PreparedFields, _ sigma: SigmaMatrices, _ request: Request,
    into map: UnsafeMutablePointer<Float>
  ) {
    let lanes = Int(clnf_lane_count)
    let first = experts.firstGroups[landmark]
    let kernelArea = request.scale.kernelSize * request.scale.kernelSize
    let kernels = request.kernels.pointee
    kernels.neuron_sum(
      area.pointer, Int32(request.windowSize), Int32(request.scale.kernelSize),
      Int32(experts.groupCounts[landmark]), experts.weights.pointer + first * kernelArea * lanes,
      experts.gains.pointer + first * lanes, experts.slopes.pointer + first * lanes,
      experts.biases.pointer + first * lanes, scratch.pointer, neuronSum.pointer)
    let count = request.windowSize * request.windowSize
    switch sigma.kind {
    case .edges:
      let matrix = sigma.matrices.pointer + landmark * sigma.landmarkStride
      if sigma.isFolded {
        kernels.folded_multiply(
          matrix, Int32(request.windowSize), neuronSum.pointer, scratch.pointer, map)
      } else {
        kernels.symmetric_multiply(
          matrix, Int32(sigma.order), Int32(sigma.landmarkStride / sigma.order),
          neuronSum.pointer, map)
      }
    case .edgeFree:
      let scale = sigma.scales.pointer[landmark]
      for i in 0..<count { map[i] = scale * neuronSum.pointer[i] }
    }
    var lowest: Float = 0
    for i in 0..<count { lowest = min(lowest, map[i]) }
    if lowest < 0 {
      for i in 0..<count { map[i] -= lowest }
    }
  }
}
