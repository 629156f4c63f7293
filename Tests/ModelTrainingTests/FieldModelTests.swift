import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Fields against a plain computation in double precision.
struct FieldModelTests {
  static let count = 40

  static func example() -> (model: FieldModel, batch: PatchBatch) {
    var generator = SeededGenerator(seed: 11)
    let model = FieldModel(neurons: 4, capacity: count)
    for i in 0..<model.count { model.parameters[i] = Float(0.6 * generator.normal()) }
    let batch = PatchBatch(capacity: count)
    for row in 0..<count {
      for i in 0..<FieldModel.inputs { batch.row(row)[i] = Float(generator.normal() / 11) }
      batch.targets.pointer[row] = generator.unitFloat()
    }
    return (model, batch)
  }

  static func response(_ parameters: [Double], _ patch: (Int) -> Double) -> Double {
    let (inputs, neurons) = (FieldModel.inputs, parameters.count / (FieldModel.inputs + 2))
    let powers = (0..<neurons).map { exp(parameters[neurons * (inputs + 1) + $0]) }
    var response = 0.0
    for k in 0..<neurons {
      let sum = (0..<inputs).reduce(parameters[neurons * inputs + k]) {
        $0 + parameters[k * inputs + $1] * patch($1)
      }
      response += powers[k] / powers.reduce(0, +) / (1 + exp(-sum))
    }
    return response
  }

  static func loss(_ parameters: [Double], _ batch: PatchBatch) -> Double {
    (0..<count).reduce(0.0) { total, row in
      let response = response(parameters) { Double(batch.row(row)[$0]) }
      let target = Double(batch.targets.pointer[row])
      return total - (target * log(response) + (1 - target) * log(1 - response)) / Double(count)
    }
  }

  @Test func gradientIsTheLossesSlope() {
    let (model, batch) = Self.example()
    var generator = SeededGenerator(seed: 1)
    model.differentiate(batch, using: &generator)
    let parameters = (0..<model.count).map { Double(model.parameters[$0]) }
    var largest = 0.0
    for index in 0..<model.count {
      let step = 1e-6
      var (above, below) = (parameters, parameters)
      above[index] += step
      below[index] -= step
      let slope = (Self.loss(above, batch) - Self.loss(below, batch)) / (2 * step)
      largest = max(largest, abs(slope))
      #expect(abs(slope - Double(model.gradient[index])) < 2e-6, "parameter \(index)")
    }
    #expect(largest > 0.01, "the example has no slopes to speak of")
  }

  /// The neurons of the model file respond as the field did in training; mirrored ones to mirrored
  /// patches.
  @Test(arguments: [false, true])
  func exportedNeuronsRespondTheSame(mirrored: Bool) throws {
    let (model, batch) = Self.example()
    let figures = ExpertFigures(
      trainingCrops: 1, validationCrops: 1, crossEntropy: 0, floor: 0, constant: 1,
      medianDistance: 0, missShare: 0)
    let trained = TrainedExpert(layers: model.layers, confidence: 0.5, figures: figures)
    let field = try #require(
      (mirrored ? trained.mirrored(view: 3) : trained.expert).field)
    #expect(abs(field.alphaSum - 1) < 1e-6 && field.betas.isEmpty && field.confidence == 0.25)
    let parameters = (0..<model.count).map { Double(model.parameters[$0]) }
    for row in 0..<Self.count {
      var patch = (0..<FieldModel.inputs).map { batch.row(row)[$0] }
      let mean = patch.reduce(0, +) / 121
      patch = patch.map { $0 - mean }
      let norm = patch.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let seen = mirrored ? TrainedExpert.mirrored(patch) : patch
      let response = field.neurons.reduce(0.0) { sum, neuron in
        let kernelMean = neuron.weights.reduce(0, +) / 121
        let dot = zip(neuron.weights, seen).reduce(Float(0)) {
          $0 + ($1.0 - kernelMean) * $1.1
        }
        // norm times the correlation coefficient: the kernel's own norm cancels.
        return sum + neuron.alpha / (1 + exp(-(Double(dot / norm) + neuron.bias)))
      }
      let expected = Self.response(parameters) { Double(patch[$0] / norm) }
      #expect(abs(response - expected) < 1e-5)
    }
  }
}
