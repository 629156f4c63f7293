import CLNF
import Foundation

/// One way through a net and back for a batch of patches, and the memory for it.
final class SmallNetPass {
  let net: SmallNet
  let capacity: Int
  private let firstUnits: Buffer<Float>
  private let secondUnits: Buffer<Float>
  /// The sums before the last logistic, one a patch.
  let sums: Buffer<Float>
  private let firstErrors: Buffer<Float>
  private let secondErrors: Buffer<Float>
  private let errors: Buffer<Float>
  /// The derivative of the mean cross-entropy by each parameter.
  let gradient: Buffer<Float>

  /// Which of the first layer's units are left out, for each patch: where its row of a table begins.
  struct Dropout {
    var masks: UnsafePointer<Float>
    var starts: UnsafePointer<Int>
    /// What the units that stay are multiplied by.
    var gain: Float
  }

  init(net: SmallNet, capacity: Int) {
    self.net = net
    self.capacity = capacity
    firstUnits = Buffer(repeating: 0, count: capacity * net.first)
    secondUnits = Buffer(repeating: 0, count: capacity * net.second)
    sums = Buffer(repeating: 0, count: capacity)
    firstErrors = Buffer(repeating: 0, count: capacity * net.first)
    secondErrors = Buffer(repeating: 0, count: capacity * net.second)
    errors = Buffer(repeating: 0, count: capacity)
    gradient = Buffer(repeating: 0, count: net.count)
  }

  /// Fills `sums` for the first `count` patches.
  func forward(_ batch: PatchBatch, count: Int, dropout: Dropout? = nil) {
    precondition(count <= capacity && count <= batch.capacity, "more patches than memory")
    let (first, second) = (net.first, net.second)
    let inputs = self.inputs(batch, count)
    let firstOut = MatrixView(firstUnits.pointer, rows: count, columns: first)
    DenseAlgebra.multiply(inputs, firstWeights(net.parameters).transposed, into: firstOut)
    let firstBiases = net.parameters.pointer + net.firstBiases
    for row in 0..<count {
      let units = firstUnits.pointer + row * first
      if let dropout {
        let mask = dropout.masks + dropout.starts[row]
        RowLoops.rectify(units, biases: firstBiases, mask: mask, count: first)
      } else {
        RowLoops.rectify(units, biases: firstBiases, count: first)
      }
    }
    let secondOut = MatrixView(secondUnits.pointer, rows: count, columns: second)
    DenseAlgebra.multiply(firstOut, secondWeights(net.parameters).transposed, into: secondOut)
    let secondBiases = net.parameters.pointer + net.secondBiases
    for row in 0..<count {
      RowLoops.rectify(
        secondUnits.pointer + row * second, biases: secondBiases, count: second)
    }
    let last = MatrixView(net.parameters.pointer + net.lastWeights, rows: second, columns: 1)
    DenseAlgebra.multiply(
      secondOut, last, into: MatrixView(sums.pointer, rows: count, columns: 1))
    let bias = net.parameters.pointer[net.lastBias]
    for row in 0..<count { sums.pointer[row] += bias }
  }

  /// Fills `gradient` after `forward` of the same patches and dropout.
  func backward(_ batch: PatchBatch, count: Int, dropout: Dropout? = nil) {
    let (first, second) = (net.first, net.second)
    let slopes = gradient.pointer
    slopes.update(repeating: 0, count: net.count)
    let scale = 1 / Float(count)
    for row in 0..<count {
      let error = scale * (Self.logistic(sums.pointer[row]) - batch.targets.pointer[row])
      errors.pointer[row] = error
      slopes[net.lastBias] += error
    }
    let errorRow = MatrixView(errors.pointer, rows: 1, columns: count)
    let firstOut = MatrixView(firstUnits.pointer, rows: count, columns: first)
    let secondOut = MatrixView(secondUnits.pointer, rows: count, columns: second)
    DenseAlgebra.multiply(
      errorRow, secondOut, into: MatrixView(slopes + net.lastWeights, rows: 1, columns: second))

    let last = net.parameters.pointer + net.lastWeights
    let secondBiases = slopes + net.secondBiases
    for row in 0..<count {
      let back = secondErrors.pointer + row * second
      RowLoops.scale(last, by: errors.pointer[row], into: back, count: second)
      RowLoops.passBack(
        back, units: secondUnits.pointer + row * second, gain: 1, sums: secondBiases,
        count: second)
    }
    let secondBack = MatrixView(secondErrors.pointer, rows: count, columns: second)
    DenseAlgebra.multiply(secondBack.transposed, firstOut, into: secondWeights(gradient))

    let firstBack = MatrixView(firstErrors.pointer, rows: count, columns: first)
    DenseAlgebra.multiply(secondBack, secondWeights(net.parameters), into: firstBack)
    let firstBiases = slopes + net.firstBiases
    // A unit that was left out is 0, like one that ReLU stopped: neither passes anything back.
    let gain = dropout?.gain ?? 1
    for row in 0..<count {
      RowLoops.passBack(
        firstErrors.pointer + row * first, units: firstUnits.pointer + row * first, gain: gain,
        sums: firstBiases, count: first)
    }
    DenseAlgebra.multiply(
      firstBack.transposed, inputs(batch, count), into: firstWeights(gradient))
  }

  private func inputs(_ batch: PatchBatch, _ count: Int) -> MatrixView {
    MatrixView(
      batch.inputs.pointer, rows: count, columns: SmallNet.inputs, stride: PatchBatch.stride)
  }

  private func firstWeights(_ values: borrowing Buffer<Float>) -> MatrixView {
    MatrixView(values.pointer, rows: net.first, columns: SmallNet.inputs)
  }

  private func secondWeights(_ values: borrowing Buffer<Float>) -> MatrixView {
    MatrixView(values.pointer + net.secondWeights, rows: net.second, columns: net.first)
  }

  static func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

  /// -t log s(x) - (1 - t) log(1 - s(x)), s the logistic, without loss at large |x|.
  static func crossEntropy(sum x: Double, target t: Double) -> Double {
    max(x, 0) - t * x + log1p(exp(-abs(x)))
  }
}
