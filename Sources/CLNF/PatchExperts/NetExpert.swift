/// One fully connected layer, y = W x + b.
public struct DenseLayer: Sendable, Equatable {
  public var inputs: Int
  public var outputs: Int
  /// W: `outputs` rows of `inputs`.
  public var weights: [Float]
  /// b: `outputs`.
  public var biases: [Float]

  public init(inputs: Int, outputs: Int, weights: [Float], biases: [Float]) {
    self.inputs = inputs
    self.outputs = outputs
    self.weights = weights
    self.biases = biases
  }
}

/// A small net as a patch expert: how likely a landmark is in the middle of a square of pixels.
///
/// Three layers, k^2 -> H1 -> H2 -> 1, k odd. The input is the k x k patch, row by row, its mean taken
/// off, divided by its L2 norm; zeros where its squared deviations sum to <= 1e-6 k^2. Between the
/// layers max(0, y); the response is 1 / (1 + exp(-y)) of the last, 0 ... 1. There is no Sigma.
///
/// Weights are kept as 8-bit integers or 16-bit floats (`NetPrecision`), possibly in the memory of the file
/// they were read from.
public struct NetExpert: Sendable, Equatable {
  /// How far the expert is to be trusted, >= 0; enters the fit's weights.
  public var confidence: Double
  let packedLayers: [PackedLayer]

  /// Rounds the weights. Sizes are checked by `ExpertScale.validate`.
  public init(layers: [DenseLayer], confidence: Double, precision: NetPrecision = .bytes) {
    self.init(
      packedLayers: layers.map { PackedLayer($0, precision) }, confidence: confidence)
  }

  init(packedLayers: [PackedLayer], confidence: Double) {
    self.packedLayers = packedLayers
    self.confidence = confidence
  }

  /// The layers with their weights as rounded. Allocates.
  public var layers: [DenseLayer] { packedLayers.map(\.layer) }

  /// How its layers' weights are kept.
  var precisions: [NetPrecision] { packedLayers.map(\.weights.precision) }

  /// The net with its weights kept so; those that are already stay as they are. Allocates.
  public func with(precision: NetPrecision) -> NetExpert {
    let layers = packedLayers.map { packed in
      packed.weights.precision == precision ? packed : PackedLayer(packed.layer, precision)
    }
    return NetExpert(packedLayers: layers, confidence: confidence)
  }

  /// k^2, H1, H2 and 1.
  public var sizes: [Int] { [inputs] + packedLayers.map(\.outputs) }

  var inputs: Int { packedLayers.first?.inputs ?? 0 }
}

/// How a net's weights are kept.
public enum NetPrecision: Sendable, Equatable {
  /// IEEE 754 binary16, rounded to nearest even.
  case halves
  /// Signed integers from -127 to 127, each times its output's step: the output's largest weight is 127
  /// steps. Half the size; a weight is off by half a step at most.
  case bytes
}
