import CLNFKernels
import Glibc

/// What a thread needs to compute one response map after another.
struct MapMemory: ~Copyable {
  let area: Buffer<Float>
  let neuronSum: Buffer<Float>
  let scratch: Buffer<Float>

  /// - Parameter scales: of the model whose maps are wanted.
  init(largestWindow: Int, scales: [PreparedScale]) {
    let size = largestWindow + (scales.map(\.kernelSize).max() ?? 1) - 1
    area = Buffer(repeating: 0, count: size * size)
    neuronSum = Buffer(repeating: 0, count: largestWindow * largestWindow)
    scratch = Buffer(
      repeating: 0, count: scales.map { $0.scratchCount(window: largestWindow) }.max() ?? 0)
  }
}

/// The maps of one request. Each landmark's is computed apart, by any thread, with the same result.
struct MapWork {
  let pixels: UnsafePointer<UInt8>
  let width, height: Int32
  /// 2n pixels, stacked.
  let landmarks: UnsafePointer<Double>
  let landmarkCount: Int
  let request: ResponseMaps.Request
  /// For experts that are fields.
  let sigma: SigmaMatrices?
  /// Where the maps go, and whether there are any.
  let responses: UnsafeMutablePointer<Float>
  let visible: UnsafeMutablePointer<Bool>

  /// Fills one landmark's map.
  func compute(_ landmark: Int, _ memory: borrowing MapMemory) {
    let experts = request.scale.views[request.view]
    let window = request.windowSize
    let map = responses + landmark * window * window
    let looks = experts.visible[landmark] && request.looking.contains(landmark)
    visible[landmark] = looks
    guard looks else {
      map.update(repeating: 0, count: window * window)
      return
    }
    sample(landmark, memory)
    switch experts.experts {
    case .fields(let fields):
      guard let sigma else { break }
      sumNeurons(landmark, fields, memory)
      spread(landmark, sigma, memory, into: map)
    case .nets(let nets):
      request.kernels.pointee.net_response(
        memory.area.pointer, Int32(window), nets.nets.pointer + landmark, memory.scratch.pointer,
        map)
    }
    Self.raise(map, count: window * window, to: request.exponent)
  }

  /// The landmark's area of interest in the image, in reference axes.
  func sample(_ landmark: Int, _ memory: borrowing MapMemory) {
    request.kernels.pointee.sample_area(
      pixels, width, height, Float(landmarks[landmark]),
      Float(landmarks[landmarkCount + landmark]), Float(request.toImage.a),
      Float(request.toImage.b), Int32(request.windowSize + request.scale.kernelSize - 1),
      memory.area.pointer)
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

  /// The response of one patch expert's neurons to the area of interest.
  func sumNeurons(_ landmark: Int, _ experts: PreparedFields, _ memory: borrowing MapMemory) {
    let lanes = Int(clnf_lane_count)
    let first = experts.firstGroups[landmark]
    let kernelArea = request.scale.kernelSize * request.scale.kernelSize
    request.kernels.pointee.neuron_sum(
      memory.area.pointer, Int32(request.windowSize), Int32(request.scale.kernelSize),
      Int32(experts.groupCounts[landmark]), experts.weights.pointer + first * kernelArea * lanes,
      experts.gains.pointer + first * lanes, experts.slopes.pointer + first * lanes,
      experts.biases.pointer + first * lanes, memory.scratch.pointer, memory.neuronSum.pointer)
  }

  /// The field's response: the neurons' through Sigma, from 0 on.
  func spread(
    _ landmark: Int, _ sigma: SigmaMatrices, _ memory: borrowing MapMemory,
    into map: UnsafeMutablePointer<Float>
  ) {
    let kernels = request.kernels.pointee
    let count = request.windowSize * request.windowSize
    switch sigma.kind {
    case .edges:
      let matrix = sigma.matrices.pointer + landmark * sigma.landmarkStride
      if sigma.isFolded {
        kernels.folded_multiply(
          matrix, Int32(request.windowSize), memory.neuronSum.pointer, memory.scratch.pointer, map)
      } else {
        kernels.symmetric_multiply(
          matrix, Int32(sigma.order), Int32(sigma.landmarkStride / sigma.order),
          memory.neuronSum.pointer, map)
      }
    case .edgeFree:
      let scale = sigma.scales.pointer[landmark]
      for i in 0..<count { map[i] = scale * memory.neuronSum.pointer[i] }
    }
    var lowest: Float = 0
    for i in 0..<count { lowest = min(lowest, map[i]) }
    if lowest < 0 {
      for i in 0..<count { map[i] -= lowest }
    }
  }
}
