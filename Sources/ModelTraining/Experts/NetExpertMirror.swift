public struct DenseLayer: Sendable, Equatable {
  public var inputs: Int
  public var outputs: Int
  public var weights: [Float]
  public var biases: [Float]
  public init(inputs: Int, outputs: Int, weights: [Float], biases: [Float]) {
    self.inputs = inputs
    self.outputs = outputs
    self.weights = weights
    self.biases = biases
  }
}
public struct NetExpert: Sendable, Equatable {
  public var layers: [DenseLayer]
  public var confidence: Double
  public init(layers: [DenseLayer], confidence: Double) {
    self.layers = layers
    self.confidence = confidence
  }
}
