/// A layer as the kernels read it.
struct PackedLayer: Sendable, Equatable {
  /// `inputs` rows of `outputs`, so that outputs lie side by side.
  enum Weights: Sendable, Equatable {
    /// Bits of 16-bit floats.
    case halves(SharedValues<UInt16>)
    /// Each times its output's step.
    case bytes(SharedValues<Int8>, steps: SharedValues<Float>)

    var precision: NetPrecision {
      if case .halves = self { .halves } else { .bytes }
    }

    var count: Int {
      switch self {
      case .halves(let halves): halves.count
      case .bytes(let bytes, _): bytes.count
      }
    }
  }

  let inputs: Int
  let outputs: Int
  let weights: Weights
  let biases: SharedValues<Float>

  init(inputs: Int, outputs: Int, weights: Weights, biases: SharedValues<Float>) {
    self.inputs = inputs
    self.outputs = outputs
    self.weights = weights
    self.biases = biases
  }

  /// A layer whose weights do not fill its sizes keeps their order: `hasRightSizes` tells.
  init(_ layer: DenseLayer, _ precision: NetPrecision) {
    let fits = Self.fits(layer.inputs, layer.outputs, layer.weights.count)
    let (rows, columns) = fits ? (layer.outputs, layer.inputs) : (1, layer.weights.count)
    let values = Self.transposed(layer.weights, rows: rows, columns: columns)
    self.init(
      inputs: layer.inputs, outputs: layer.outputs,
      weights: precision == .halves
        ? .halves(SharedValues(values.map { Float16($0).bitPattern }))
        : Self.quantised(values, outputs: rows), biases: SharedValues(layer.biases))
  }

  private static func quantised(_ values: [Float], outputs: Int) -> Weights {
    var largest = [Float](repeating: 0, count: outputs)
    for (index, value) in values.enumerated() {
      // What is no number becomes the step, so that it is told.
      let output = index % outputs
      largest[output] = value.isNaN ? .nan : max(largest[output], value.magnitude)
    }
    let steps = largest.map { $0 == 0 ? 1 : $0 / largestByte }
    let bytes = values.enumerated().map { index, value -> Int8 in
      let count = (value / steps[index % outputs]).rounded(.toNearestOrEven)
      return count.isFinite ? Int8(max(-largestByte, min(largestByte, count))) : 0
    }
    return .bytes(SharedValues(bytes), steps: SharedValues(steps))
  }

  private static let largestByte: Float = 127

  /// Whether every number of steps that a byte can hold is finite.
  static func areFinite(_ steps: SharedValues<Float>) -> Bool {
    steps.allSatisfy { (128 * $0).isFinite }
  }

  private static func products(_ bytes: [Int8], _ steps: [Float]) -> [Float] {
    bytes.enumerated().map { Float($1) * steps[$0 % steps.count] }
  }

  var hasRightSizes: Bool {
    if case .bytes(_, let steps) = weights, steps.count != outputs { return false }
    return Self.fits(inputs, outputs, weights.count) && biases.count == outputs
  }

  var isFinite: Bool {
    let areFinite =
      switch weights {
      case .halves(let halves): halves.areFiniteHalves
      case .bytes(_, let steps): Self.areFinite(steps)
      }
    return areFinite && biases.allSatisfy(\.isFinite)
  }

  var layer: DenseLayer {
    let values: [Float] =
      switch weights {
      case .halves(let halves): halves.array.map { Float(Float16(bitPattern: $0)) }
      case .bytes(let bytes, let steps): Self.products(bytes.array, steps.array)
      }
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
