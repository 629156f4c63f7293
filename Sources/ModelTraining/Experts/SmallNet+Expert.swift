import CLNF

extension SmallNet {
  /// The net as an expert of a model.
  func expert(confidence: Double) -> NetExpert {
    func values(_ range: Range<Int>) -> [Float] { range.map { parameters.pointer[$0] } }
    return NetExpert(
      layers: [
        DenseLayer(
          inputs: Self.inputs, outputs: first, weights: values(0..<firstBiases),
          biases: values(firstBiases..<secondWeights)),
        DenseLayer(
          inputs: first, outputs: second, weights: values(secondWeights..<secondBiases),
          biases: values(secondBiases..<lastWeights)),
        DenseLayer(
          inputs: second, outputs: 1, weights: values(lastWeights..<lastBias),
          biases: values(lastBias..<count)),
      ], confidence: confidence)
  }
}

extension NetExpert {
  /// The expert of the mirrored landmark: sees every patch with left and right swapped.
  public func mirrored() -> NetExpert {
    var result = self
    guard let layer = layers.first, layer.inputs == PatchBatch.patchArea else { return result }
    result.layers[0].weights = (0..<layer.outputs).flatMap { unit in
      LandmarkMirror.patch(
        Array(layer.weights[unit * layer.inputs..<(unit + 1) * layer.inputs]),
        size: PatchBatch.patchSize)
    }
    return result
  }
}
