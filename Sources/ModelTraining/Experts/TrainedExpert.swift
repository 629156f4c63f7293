import CLNF

/// An expert and how good it is.
struct TrainedExpert: Sendable, Equatable {
  /// As trained: a net's layers 121 -> H1 -> H2 -> 1, not yet rounded to the model's 8 bits; or a
  /// field's kernels and biases, 121 -> K, and its alphas, K -> 1.
  var layers: [DenseLayer]
  /// From 0.01 to 1: the share of the cross-entropy that the expert explains; 1 where nothing was
  /// held out to tell.
  var confidence: Double
  var figures: ExpertFigures

  /// The expert in a model. Its weight in a fit is the square of its confidence: landmarks that are
  /// known well pull harder, so that lids and lips move against the prior.
  var expert: Expert {
    if layers.count == 2 { return .field(field(mirrored: false)) }
    return .net(NetExpert(layers: layers, confidence: confidence * confidence))
  }

  /// The expert of the mirrored landmark.
  /// - Parameter view: where the model has the expert itself.
  func mirrored(view: Int) -> Expert {
    layers.count == 2 ? .field(field(mirrored: true)) : .mirrored(view: view)
  }

  private func field(mirrored: Bool) -> PatchExpert {
    let (kernels, alphas) = (layers[0], layers[1].weights)
    let neurons = alphas.indices.map { k in
      var weights = Array(
        kernels.weights[k * kernels.inputs..<(k + 1) * kernels.inputs])
      if mirrored { weights = Self.mirrored(weights) }
      let mean = weights.reduce(0, +) / Float(weights.count)
      let norm = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
      return PatchNeuron(
        weights: weights, norm: Double(norm), bias: Double(kernels.biases[k]),
        alpha: Double(alphas[k]))
    }
    return PatchExpert(neurons: neurons, betas: [], confidence: confidence * confidence)
  }

  /// A patch row by row, its columns in reverse order.
  static func mirrored(_ patch: [Float]) -> [Float] {
    let size = PatchBatch.patchSize
    return patch.indices.map { patch[$0 / size * size + size - 1 - $0 % size] }
  }
}
