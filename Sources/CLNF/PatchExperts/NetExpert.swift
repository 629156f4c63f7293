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
/// Weights are kept as 16-bit floats (IEEE 754 binary16, rounded to nearest even), possibly in the
/// memory of the file they were read from.
public struct NetExpert: Sendable, Equatable {
  /// How far the expert is to be trusted, >= 0; enters the fit's weights.
  public var confidence: Double
  let packedLayers: [PackedLayer]

  /// Rounds the weights to 16 bits. Sizes are checked by `ExpertScale.validate`.
  public init(layers: [DenseLayer], confidence: Double) {
    self.init(packedLayers: layers.map(PackedLayer.init), confidence: confidence)
  }

  init(packedLayers: [PackedLayer], confidence: Double) {
    self.packedLayers = packedLayers
    self.confidence = confidence
  }

  /// The layers with their weights as rounded. Allocates.
  public var layers: [DenseLayer] { packedLayers.map(\.layer) }

  /// k^2, H1, H2 and 1.
  public var sizes: [Int] { [inputs] + packedLayers.map(\.outputs) }

  var inputs: Int { packedLayers.first?.inputs ?? 0 }
}

/// A layer as the kernels read it.
struct PackedLayer: Sendable, Equatable {
  let inputs: Int
  let outputs: Int
  /// Bits of 16-bit floats: `inputs` rows of `outputs`, so that outputs lie side by side.
  let weights: SharedValues<UInt16>
  let biases: SharedValues<Float>

  init(
    inputs: Int, outputs: Int, weights: SharedValues<UInt16>, biases: SharedValues<Float>
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.weights = weights
    self.biases = biases
  }

  /// A layer whose weights do not fill its sizes keeps their order: `hasRightSizes` tells.
  init(_ layer: DenseLayer) {
    let fits = Self.fits(layer.inputs, layer.outputs, layer.weights.count)
    let (rows, columns) = fits ? (layer.outputs, layer.inputs) : (1, layer.weights.count)
    self.init(
      inputs: layer.inputs, outputs: layer.outputs,
      weights: SharedValues(
        Self.transposed(layer.weights, rows: rows, columns: columns).map {
          Float16($0).bitPattern
        }), biases: SharedValues(layer.biases))
  }

  var hasRightSizes: Bool {
    Self.fits(inputs, outputs, weights.count) && biases.count == outputs
  }

  var isFinite: Bool { weights.areFiniteHalves && biases.allSatisfy(\.isFinite) }

  var layer: DenseLayer {
    let values = weights.array.map { Float(Float16(bitPattern: $0)) }
    let fits = Self.fits(inputs, outputs, values.count)
    return DenseLayer(
      inputs: inputs, outputs: outputs,
      weights: fits ? Self.transposed(values, rows: inputs, columns: outputs) : values,
      biases: biases.array)
  }

  private static func fits(_ inputs: Int, _ outputs: Int, _ count: Int) -> Bool {
    let (product, overflow) = inputs.multipliedReportingOverflow(by: outputs)
    return inputs > 0 && outputs > 0 && !overflow && product == count
  }

  private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
  }
}
