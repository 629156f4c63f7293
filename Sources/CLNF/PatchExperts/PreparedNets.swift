import CLNFKernels

/// The nets of a view as the kernel reads them. Their weights stay where they are.
final class PreparedNets: @unchecked Sendable {
  /// By landmark; only those of visible landmarks are filled.
  let nets: Buffer<clnf_net>
  /// Owns what `nets` point to.
  private let owners: [NetExpert?]

  /// - Parameters:
  ///   - experts: validated, nil where the landmark is not visible.
  ///   - isMirrored: whether a landmark's expert is the mirror image of its net.
  init(_ experts: [NetExpert?], isMirrored: [Bool]) {
    owners = experts
    nets = Buffer(
      zip(experts, isMirrored).map { expert, isMirrored in
        expert.map { Self.kernelNet($0, isMirrored) } ?? clnf_net()
      })
  }

  private static func kernelNet(_ expert: NetExpert, _ isMirrored: Bool) -> clnf_net {
    func layer(_ layer: PackedLayer) -> clnf_layer {
      var packed = clnf_layer()
      (packed.inputs, packed.outputs) = (Int32(layer.inputs), Int32(layer.outputs))
      packed.biases = layer.biases.pointer
      switch layer.weights {
      case .halves(let halves): packed.halves = halves.pointer
      case .bytes(let bytes, let steps):
        (packed.bytes, packed.steps) = (bytes.pointer, steps.pointer)
      }
      return packed
    }
    let layers = expert.packedLayers
    return clnf_net(
      kernel: Int32(ExpertScale.side(expert.inputs)), mirrored: isMirrored,
      layers: (layer(layers[0]), layer(layers[1]), layer(layers[2])))
  }

  /// Floats of scratch memory that a net needs.
  static func scratch(_ net: NetExpert, window: Int) -> Int {
    var net = kernelNet(net, false)
    return clnf_net_scratch(&net, Int32(window))
  }
}
