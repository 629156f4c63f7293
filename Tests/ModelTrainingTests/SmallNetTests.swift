import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// The nets' forward and backward passes against a plain computation in double precision.
struct SmallNetTests {
  static let count = 40

  /// A net with biases that are not 0, and patches with targets.
  static func example() -> (net: SmallNet, batch: PatchBatch, tables: RandomTables) {
    var generator = SeededGenerator(seed: 11)
    let net = SmallNet(first: 12, second: 5)
    net.initialise(using: &generator)
    for i in net.firstBiases..<net.secondWeights {
      net.parameters.pointer[i] = Float(0.3 * generator.normal())
    }
    for i in net.secondBiases..<net.lastWeights {
      net.parameters.pointer[i] = Float(0.3 * generator.normal())
    }
    let batch = PatchBatch(capacity: count)
    for row in 0..<count {
      for i in 0..<SmallNet.inputs { batch.row(row)[i] = Float(generator.normal() / 11) }
      batch.targets.pointer[row] = generator.unitFloat()
    }
    return (net, batch, RandomTables(seed: 4, dropout: 0.25))
  }

  /// The mean cross-entropy in double precision, written out; `mask` by patch and unit.
  static func loss(
    _ net: SmallNet, _ parameters: [Double], _ batch: PatchBatch, mask: (Int, Int) -> Double
  ) -> Double {
    var total = 0.0
    for row in 0..<count {
      let first = (0..<net.first).map { unit in
        let sum = (0..<SmallNet.inputs).reduce(parameters[net.firstBiases + unit]) {
          $0 + parameters[unit * SmallNet.inputs + $1] * Double(batch.row(row)[$1])
        }
        return max(sum, 0) * mask(row, unit)
      }
      let second = (0..<net.second).map { unit in
        let sum = (0..<net.first).reduce(parameters[net.secondBiases + unit]) {
          $0 + parameters[net.secondWeights + unit * net.first + $1] * first[$1]
        }
        return max(sum, 0)
      }
      let sum = (0..<net.second).reduce(parameters[net.lastBias]) {
        $0 + parameters[net.lastWeights + $1] * second[$1]
      }
      let response = 1 / (1 + exp(-sum))
      let target = Double(batch.targets.pointer[row])
      total -= target * log(response) + (1 - target) * log(1 - response)
    }
    return total / Double(count)
  }

  @Test(arguments: [false, true])
  func gradientIsTheLossesSlope(withDropout: Bool) {
    let (net, batch, tables) = Self.example()
    let starts = (0..<Self.count).map { $0 * 731 }
    let pass = SmallNetPass(net: net, capacity: Self.count)
    starts.withUnsafeBufferPointer { starts in
      let dropout = starts.baseAddress.map {
        SmallNetPass.Dropout(
          masks: UnsafePointer(tables.masks.pointer), starts: $0, gain: Float(1 / 0.75))
      }
      pass.forward(batch, count: Self.count, dropout: withDropout ? dropout : nil)
      pass.backward(batch, count: Self.count, dropout: withDropout ? dropout : nil)
    }
    let mask = { (row: Int, unit: Int) in
      withDropout ? Double(tables.masks.pointer[starts[row] + unit]) : 1
    }
    let parameters = net.parameters.array.map(Double.init)
    var largest = 0.0
    for index in 0..<net.count {
      let step = 1e-6
      var (above, below) = (parameters, parameters)
      above[index] += step
      below[index] -= step
      let slope =
        (Self.loss(net, above, batch, mask: mask) - Self.loss(net, below, batch, mask: mask))
        / (2 * step)
      largest = max(largest, abs(slope))
      #expect(abs(slope - Double(pass.gradient.pointer[index])) < 2e-6, "parameter \(index)")
    }
    #expect(largest > 0.01, "the example has no slopes to speak of")
  }

  @Test func crossEntropyOfLogits() {
    for (x, t) in [(0.3, 0.2), (-2, 0.9), (5, 1), (-40, 0)] {
      let p = 1 / (1 + exp(-x))
      let expected = -t * log(p) - (1 - t) * log(max(1 - p, 1e-300))
      #expect(abs(SmallNetPass.crossEntropy(sum: x, target: t) - expected) < 1e-9)
    }
    #expect(SmallNetPass.crossEntropy(sum: 2000, target: 0) == 2000, "no overflow")
  }

  /// The exported layers, run as a model runs them, give the same sums.
  @Test func exportedLayersComputeTheSame() {
    let (net, batch, _) = Self.example()
    let pass = SmallNetPass(net: net, capacity: Self.count)
    pass.forward(batch, count: Self.count)
    #expect(net.layers.map(\.outputs) == [12, 5, 1])
    for row in 0..<Self.count {
      var values = (0..<SmallNet.inputs).map { batch.row(row)[$0] }
      for (index, layer) in net.layers.enumerated() {
        values = (0..<layer.outputs).map { unit in
          let sum = (0..<layer.inputs).reduce(layer.biases[unit]) {
            $0 + layer.weights[unit * layer.inputs + $1] * values[$1]
          }
          return index < 2 ? max(sum, 0) : sum
        }
      }
      #expect(abs(values[0] - pass.sums.pointer[row]) < 1e-4)
    }
  }

  /// Adam's first step is the learning rate against the slope's sign, whatever its size; many
  /// steps find the bottom of a skewed bowl.
  @Test func adamOnABowl() {
    let values = Buffer<Float>([5, -3, 7])
    let slopes = Buffer<Float>(repeating: 0, count: 3)
    var optimiser = AdamOptimiser(count: 3)
    let groups: [AdamOptimiser.Group] = [
      .init(range: 0..<1, rate: 0.1), .init(range: 1..<2, rate: 0.05), .init(range: 2..<3, rate: 0),
    ]
    for step in 0..<3000 {
      slopes.pointer[0] = 200 * (values.pointer[0] - 1)
      slopes.pointer[1] = 0.02 * (values.pointer[1] + 2)
      slopes.pointer[2] = 1
      optimiser.step(values.pointer, gradient: slopes.pointer, groups: groups)
      if step == 0 {
        #expect(abs(values.pointer[0] - 4.9) < 1e-5 && abs(values.pointer[1] + 2.95) < 1e-5)
      }
    }
    #expect(abs(values.pointer[0] - 1) < 0.02 && abs(values.pointer[1] + 2) < 0.02)
    #expect(values.pointer[2] == 7, "a rate of 0 moves nothing")
  }

  @Test func learningRateRisesOnceAndFalls() {
    let cycle = OneCycle(steps: 1000, warmUp: 0.15)
    let shares = (0..<1000).map(cycle.share)
    #expect(abs(shares[0] - 0.04) < 1e-9 && shares[999] < 1e-5)
    #expect(shares.max() == 1 && shares.firstIndex(of: 1) == 150)
    #expect(zip(shares[..<150], shares[1...150]).allSatisfy { $0 < $1 })
    #expect(zip(shares[150...], shares[151...]).allSatisfy { $0 > $1 })
  }
}
