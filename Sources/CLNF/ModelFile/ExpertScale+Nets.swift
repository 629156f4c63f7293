/// Nets in landmarkd's own format (docs/reference/model-format.md): each stored once, mirror images
/// by reference.
extension ExpertScale {
  private struct Place: Hashable {
    var view: Int
    var landmark: Int
  }

  func writeNets(to writer: inout ModelArchiveWriter, prefix: String, mirrorPartners: [Int]) {
    var stored: [NetExpert] = []
    var numbers: [Place: Int] = [:]
    for (view, experts) in views.map(\.experts).enumerated() {
      for (landmark, expert) in experts.enumerated() {
        guard let net = expert?.net else { continue }
        stored.append(net)
        numbers[Place(view: view, landmark: landmark)] = stored.count
      }
    }
    let references = views.indices.flatMap { view in
      views[view].experts.indices.map { landmark in
        guard case .mirrored(let source)? = views[view].experts[landmark] else {
          return numbers[Place(view: view, landmark: landmark)] ?? 0
        }
        return -(numbers[Place(view: source, landmark: mirrorPartners[landmark])] ?? 0)
      }
    }
    let sizes = stored[0].sizes
    writer.add(prefix + "sizes", integers: sizes)
    writer.add(
      prefix + "experts", integers: references, shape: [views.count, views[0].experts.count])
    writer.add(prefix + "confidences", doubles: stored.map(\.confidence))
    for layer in 0..<sizes.count - 1 {
      let layers = stored.map { $0.packedLayers[layer] }
      let shape = [stored.count, sizes[layer], sizes[layer + 1]]
      var (halves, bytes, steps): ([UInt16], [Int8], [Float]) = ([], [], [])
      for packed in layers {
        switch packed.weights {
        case .halves(let values): halves += values.array
        case .bytes(let values, let its):
          bytes += values.array
          steps += its.array
        }
      }
      if bytes.isEmpty {
        writer.add(prefix + "\(layer)/weights", halves: halves, shape: shape)
      } else {
        writer.add(prefix + "\(layer)/weights", signedBytes: bytes, shape: shape)
        writer.add(prefix + "\(layer)/steps", floats: steps, shape: [shape[0], shape[2]])
      }
      writer.add(
        prefix + "\(layer)/biases", floats: layers.flatMap(\.biases.array),
        shape: [stored.count, sizes[layer + 1]])
    }
  }

  static func nets(
    _ archive: ModelArchive, prefix: String, centers: [EulerAngles], mirrorPartners: [Int]
  ) throws(ModelError) -> [ExpertView] {
    let stored = try storedNets(archive, prefix: prefix)
    let name = prefix + "experts"
    let (references, shape) = try archive.integers(name, rank: 2)
    let n = shape[1]
    guard shape[0] == centers.count else {
      throw archive.failure(name, "has \(shape[0]) views; expected \(centers.count)")
    }
    var places = [Place?](repeating: nil, count: stored.count)
    for (index, reference) in references.enumerated() where reference > 0 {
      guard reference <= stored.count, places[reference - 1] == nil else {
        throw archive.failure(
          name, "names net \(reference) of \(stored.count), or names it twice")
      }
      places[reference - 1] = Place(view: index / n, landmark: index % n)
    }
    guard !places.contains(nil) else {
      throw archive.failure(name, "does not name each of \(stored.count) nets")
    }
    var experts: [Expert?] = []
    for (index, reference) in references.enumerated() {
      if reference >= 0 {
        experts.append(reference > 0 ? .net(stored[reference - 1]) : nil)
        continue
      }
      guard reference >= -stored.count, let source = places[-reference - 1],
        mirrorPartners.indices.contains(index % n),
        mirrorPartners[index % n] == source.landmark
      else {
        throw archive.failure(
          name, "has \(reference) for landmark \(index % n), which is no net of its mirror partner")
      }
      experts.append(.mirrored(view: source.view))
    }
    return centers.enumerated().map { view, center in
      ExpertView(center: center, experts: Array(experts[view * n..<(view + 1) * n]))
    }
  }

  /// The nets themselves; their weights stay in the archive's memory.
  private static func storedNets(
    _ archive: ModelArchive, prefix: String
  ) throws(ModelError) -> [NetExpert] {
    let sizes = try archive.integers(prefix + "sizes", rank: 1).values
    guard sizes.count == 4, sizes.allSatisfy({ $0 > 0 }) else {
      throw archive.failure(prefix + "sizes", "is \(sizes); expected 4 numbers above 0")
    }
    let confidences = try archive.doubles(prefix + "confidences", rank: 1).values
    let count = confidences.count
    var layers = [[PackedLayer]](repeating: [], count: count)
    for layer in 0..<3 {
      let (inputs, outputs) = (sizes[layer], sizes[layer + 1])
      let weights = try storedWeights(
        archive, prefix + "\(layer)/", shape: [count, inputs, outputs])
      let (biases, biasShape) = try archive.sharedFloats(prefix + "\(layer)/biases", rank: 2)
      guard biasShape == [count, outputs] else {
        throw archive.failure(
          prefix + "\(layer)/biases", "is \(biasShape); expected \([count, outputs])")
      }
      for net in 0..<count {
        layers[net].append(
          PackedLayer(
            inputs: inputs, outputs: outputs,
            weights: weights(net),
            biases: biases.slice(net * outputs, count: outputs)))
      }
    }
    return zip(layers, confidences).map { NetExpert(packedLayers: $0, confidence: $1) }
  }

  /// The weights of one layer of all nets, `shape`: nets, inputs, outputs; by net.
  private static func storedWeights(
    _ archive: ModelArchive, _ prefix: String, shape expected: [Int]
  ) throws(ModelError) -> (Int) -> PackedLayer.Weights {
    func check(_ name: String, _ shape: [Int], _ expected: [Int]) throws(ModelError) {
      guard shape == expected else {
        throw archive.failure(name, "is \(shape); expected \(expected)")
      }
    }
    let (name, size, outputs) = (prefix + "weights", expected[1] * expected[2], expected[2])
    guard try archive.entry(name).type == .int8 else {
      let (halves, shape) = try archive.halves(name, rank: 3)
      try check(name, shape, expected)
      return { .halves(halves.slice($0 * size, count: size)) }
    }
    let (bytes, shape) = try archive.signedBytes(name, rank: 3)
    try check(name, shape, expected)
    let (steps, stepShape) = try archive.sharedFloats(prefix + "steps", rank: 2)
    try check(prefix + "steps", stepShape, [expected[0], outputs])
    guard PackedLayer.areFinite(steps) else {
      throw archive.failure(prefix + "steps", "has steps so large that weights are not finite")
    }
    return { net in
      .bytes(
        bytes.slice(net * size, count: size), steps: steps.slice(net * outputs, count: outputs))
    }
  }
}
