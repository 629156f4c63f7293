import CLNF
import Foundation

/// A CCNF patch expert without edges while it is trained: the mean of some sigmoids of correlations,
/// weighted by alphas that sum to 1. What the nets are compared with.
///
/// Response: sum_k alpha_k s(w_k x + b_k), x the patch without its mean and of unit norm, so that
/// |w_k| is the neuron's norm; alpha = softmax(a).
final class FieldModel: ResponseModel {
  let neurons: Int
  private let capacity: Int
  private let values: Buffer<Float>
  private let slopes: Buffer<Float>
  private let units: Buffer<Float>
  private let errors: Buffer<Float>
  private let logits: Buffer<Float>

  static let inputs = PatchBatch.patchArea
  /// Largest learning rates, of the kernels and of everything else.
  private static let kernelRate = 0.12
  private static let otherRate = 0.05
  /// Responses are kept this far from 0 and 1 where their logarithm is taken.
  private static let margin: Float = 1e-5

  /// - Parameter capacity: patches at once.
  init(neurons: Int, capacity: Int) {
    self.neurons = neurons
    self.capacity = capacity
    values = Buffer(repeating: 0, count: neurons * (Self.inputs + 2))
    slopes = Buffer(repeating: 0, count: neurons * (Self.inputs + 2))
    units = Buffer(repeating: 0, count: capacity * neurons)
    errors = Buffer(repeating: 0, count: capacity * neurons)
    logits = Buffer(repeating: 0, count: capacity)
  }

  var count: Int { neurons * (Self.inputs + 2) }
  var parameters: UnsafeMutablePointer<Float> { values.pointer }
  var gradient: UnsafeMutablePointer<Float> { slopes.pointer }
  var sums: UnsafeMutablePointer<Float> { logits.pointer }
  private var biases: Int { neurons * Self.inputs }
  private var shares: Int { biases + neurons }

  func initialise(using generator: inout SeededGenerator) {
    for i in 0..<biases { values.pointer[i] = Float(0.3 * generator.normal()) }
    for i in biases..<shares { values.pointer[i] = -1 }
    for i in shares..<count { values.pointer[i] = 0 }
  }

  func respond(_ batch: PatchBatch, count: Int) {
    precondition(count <= capacity && count <= batch.capacity, "more patches than memory")
    DenseAlgebra.multiply(
      patches(batch, count), kernels(values).transposed,
      into: MatrixView(units.pointer, rows: count, columns: neurons))
    let alphas = self.alphas
    for row in 0..<count {
      let own = units.pointer + row * neurons
      var response: Float = 0
      for k in 0..<neurons {
        own[k] = SmallNetPass.logistic(own[k] + values.pointer[biases + k])
        response += alphas[k] * own[k]
      }
      response = max(Self.margin, min(1 - Self.margin, response))
      logits.pointer[row] = log(response / (1 - response))
    }
  }

  func differentiate(_ batch: PatchBatch, using generator: inout SeededGenerator) {
    let count = batch.capacity
    respond(batch, count: count)
    slopes.pointer.update(repeating: 0, count: self.count)
    let alphas = self.alphas
    var byAlpha = [Float](repeating: 0, count: neurons)
    for row in 0..<count {
      let (own, back) = (units.pointer + row * neurons, errors.pointer + row * neurons)
      let response = SmallNetPass.logistic(logits.pointer[row])
      let error =
        (response - batch.targets.pointer[row]) / (response * (1 - response) * Float(count))
      for k in 0..<neurons {
        back[k] = error * alphas[k] * own[k] * (1 - own[k])
        slopes.pointer[biases + k] += back[k]
        byAlpha[k] += error * own[k]
      }
    }
    let mean = zip(alphas, byAlpha).reduce(0) { $0 + $1.0 * $1.1 }
    for k in 0..<neurons { slopes.pointer[shares + k] = alphas[k] * (byAlpha[k] - mean) }
    DenseAlgebra.multiply(
      MatrixView(errors.pointer, rows: count, columns: neurons).transposed,
      patches(batch, count), into: kernels(slopes))
  }

  func groups(share: Double) -> [AdamOptimiser.Group] {
    [
      .init(range: 0..<biases, rate: Float(Self.kernelRate * share)),
      .init(range: biases..<count, rate: Float(Self.otherRate * share)),
    ]
  }

  /// Kernels and biases; then the alphas.
  var layers: [DenseLayer] {
    [
      DenseLayer(
        inputs: Self.inputs, outputs: neurons, weights: (0..<biases).map { values.pointer[$0] },
        biases: (biases..<shares).map { values.pointer[$0] }),
      DenseLayer(inputs: neurons, outputs: 1, weights: alphas, biases: [0]),
    ]
  }

  private var alphas: [Float] {
    let largest = (shares..<count).reduce(-Float.infinity) { max($0, values.pointer[$1]) }
    let powers = (shares..<count).map { exp(values.pointer[$0] - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  private func patches(_ batch: PatchBatch, _ count: Int) -> MatrixView {
    MatrixView(
      batch.inputs.pointer, rows: count, columns: Self.inputs, stride: PatchBatch.stride)
  }

  private func kernels(_ memory: borrowing Buffer<Float>) -> MatrixView {
    MatrixView(memory.pointer, rows: neurons, columns: Self.inputs)
  }
}
