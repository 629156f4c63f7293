import CLNF

/// The parameters of a net 121 - H1 - H2 - 1 (ReLU, ReLU, logistic), in one piece of memory.
final class SmallNet {
  let first: Int
  let second: Int
  let parameters: Buffer<Float>

  /// Where each part begins. Weights are one row a unit.
  let firstBiases: Int
  let secondWeights: Int
  let secondBiases: Int
  let lastWeights: Int
  let lastBias: Int
  let count: Int

  static let inputs = PatchBatch.patchArea

  /// All parameters 0.
  init(first: Int, second: Int) {
    self.first = first
    self.second = second
    firstBiases = first * Self.inputs
    secondWeights = firstBiases + first
    secondBiases = secondWeights + second * first
    lastWeights = secondBiases + second
    lastBias = lastWeights + second
    count = lastBias + 1
    parameters = Buffer(repeating: 0, count: count)
  }

  /// Draws the parameters so that every unit begins with sums of about 1 (after Glorot and Bengio,
  /// AISTATS 2010): inputs have unit norm, half of the hidden units are 0.
  func initialise(using generator: inout SeededGenerator) {
    let values = parameters.pointer
    for i in 0..<count { values[i] = 0 }
    for i in 0..<firstBiases { values[i] = Float(generator.normal()) }
    let secondScale = 1.4 / Double(first).squareRoot()
    for i in secondWeights..<secondBiases { values[i] = Float(secondScale * generator.normal()) }
    let lastScale = 1 / Double(second).squareRoot()
    for i in lastWeights..<lastBias { values[i] = Float(lastScale * generator.normal()) }
    // Most places are not the landmark.
    values[lastBias] = -1
  }
}
