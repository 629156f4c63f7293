import CLNF

extension SmallNet {
  /// The net as layers of a model.
  var layers: [DenseLayer] {
    func values(_ range: Range<Int>) -> [Float] { range.map { parameters.pointer[$0] } }
    return [
      DenseLayer(
        inputs: Self.inputs, outputs: first, weights: values(0..<firstBiases),
        biases: values(firstBiases..<secondWeights)),
      DenseLayer(
        inputs: first, outputs: second, weights: values(secondWeights..<secondBiases),
        biases: values(secondBiases..<lastWeights)),
      DenseLayer(
        inputs: second, outputs: 1, weights: values(lastWeights..<lastBias),
        biases: values(lastBias..<count)),
    ]
  }
}
