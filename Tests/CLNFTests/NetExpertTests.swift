import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Nets as values, and what is refused.
struct NetExpertTests {
  private func layers(_ sizes: [Int] = [9, 4, 2, 1]) -> [DenseLayer] {
    (0..<sizes.count - 1).map { layer in
      let (inputs, outputs) = (sizes[layer], sizes[layer + 1])
      return DenseLayer(
        inputs: inputs, outputs: outputs,
        weights: (0..<inputs * outputs).map { Float($0) / 8 - 1 },
        biases: [Float](repeating: 0.25, count: outputs))
    }
  }

  @Test(arguments: [NetPrecision.halves, .bytes])
  func layersComeBackInTheirOrder(precision: NetPrecision) {
    // Eighths up to 16 are 16-bit floats; where the largest of an output is 127 eighths, they are its steps.
    var given = layers()
    for layer in given.indices {
      for output in 0..<given[layer].outputs {
        given[layer].weights[output * given[layer].inputs] = -127 / 8
      }
    }
    func net(_ layers: [DenseLayer], confidence: Double = 0.5) -> NetExpert {
      NetExpert(layers: layers, confidence: confidence, precision: precision)
    }
    #expect(net(given).layers == given && net(given).sizes == [9, 4, 2, 1])
    #expect(net(given) == net(given) && net(given) != net(given, confidence: 0.6))
    var other = given
    other[1].weights[3] += 1
    #expect(net(given) != net(other))
    let changed = net(given).with(precision: precision == .halves ? .bytes : .halves)
    #expect(changed != net(given) && changed.layers == given)
    #expect(changed.with(precision: precision) == net(given))
  }

  /// An output's largest weight is 127 of its steps, and no weight is off by more than half of one.
  @Test func bytesAreRoundedByTheirOutputsStep() {
    var generator = SeededGenerator(seed: TestSeed.of(414))
    let sizes = [121, 48, 16, 1]
    let given = (0..<3).map { layer in
      let (inputs, outputs) = (sizes[layer], sizes[layer + 1])
      return DenseLayer(
        inputs: inputs, outputs: outputs,
        weights: (0..<inputs * outputs).map { index in
          // Outputs differ much in size.
          Float(generator.normal() * exp(Double(index / inputs % 7) - 3))
        }, biases: (0..<outputs).map { _ in Float(generator.normal()) })
    }
    let kept = NetExpert(layers: given, confidence: 1, precision: .bytes)
    for (before, after) in zip(given, kept.layers) {
      #expect(after.biases == before.biases)
      for output in 0..<before.outputs {
        let range = output * before.inputs..<(output + 1) * before.inputs
        let (was, has) = (Array(before.weights[range]), Array(after.weights[range]))
        let largest = was.map(\.magnitude).max() ?? 0
        let far = zip(was, has).map { abs($0 - $1) }.max() ?? 0
        #expect(far <= 0.501 * largest / 127 && far > 0)
        // 127 times a 127th of it, each rounded once.
        let most = has.map(\.magnitude).max() ?? 0
        #expect(abs(most - largest) <= 2 * largest.ulp)
      }
    }
    #expect(kept.with(precision: .bytes) == kept)
    // Rounded once more they stay where they are, but for the last digit of a step.
    let again = NetExpert(layers: kept.layers, confidence: 1, precision: .bytes)
    for (once, twice) in zip(kept.layers, again.layers) {
      for (a, b) in zip(once.weights, twice.weights) { #expect(abs(a - b) <= 1e-6 * abs(a)) }
    }
  }

  @Test func anOutputWithoutWeightsStaysOne() {
    var given = layers()
    for index in 0..<9 { given[0].weights[index] = 0 }
    let net = NetExpert(layers: given, confidence: 1, precision: .bytes)
    #expect(net.layers[0].weights[..<9].allSatisfy { $0 == 0 })
    #expect(net.packedLayers.filter { !$0.isFinite }.isEmpty)
  }

  /// Between 1 and 2 16-bit floats lie 2^-10 apart; halfway goes to the even one.
  @Test func weightsAreRoundedToNearestEven() {
    var given = layers()
    given[0].weights[0] = 1 + 0x1p-11
    given[0].weights[1] = 1 + 3 * 0x1p-11
    given[0].weights[2] = 0x1p-24
    given[0].biases[0] = 1 + 0x1p-20
    let net = NetExpert(layers: given, confidence: 1, precision: .halves)
    #expect(net.layers[0].weights[0] == 1 && net.layers[0].weights[1] == 1 + 0x1p-9)
    #expect(net.layers[0].weights[2] == 0x1p-24)
    #expect(net.layers[0].biases[0] == 1 + 0x1p-20, "biases keep their digits")
    #expect(NetExpert(layers: net.layers, confidence: 1, precision: .halves) == net)
  }

  private func scale(_ experts: [[Expert?]]) -> ExpertScale {
    ExpertScale(
      patchScaling: 0.5,
      views: experts.map {
        ExpertView(center: EulerAngles(x: 0, y: 0, z: 0), experts: $0)
      }, components: [])
  }

  private func net(
    _ sizes: [Int] = [9, 4, 2, 1], precision: NetPrecision = .bytes,
    _ change: (inout [DenseLayer]) -> Void = { _ in }
  ) -> Expert {
    var layers = layers(sizes)
    change(&layers)
    return .net(NetExpert(layers: layers, confidence: 1, precision: precision))
  }

  private func expectRefused(
    _ scale: ExpertScale, partners: [Int] = [1, 0], _ words: String
  ) {
    let error = #expect(throws: ModelDataError.self, "\(words)") {
      try scale.validate(landmarkCount: 2, mirrorPartners: partners)
    }
    guard let description = error?.description else { return }
    #expect(description.contains(words), "\(description)")
  }

  @Test func netsThatCannotBeUsedAreRefused() throws {
    try scale([[net(), nil]]).validate(landmarkCount: 2)
    try scale([[net([9, 256, 256, 1]), nil]]).validate(landmarkCount: 2)
    expectRefused(scale([[net([9, 4, 1]), nil]]), "2 layers; expected 3")
    expectRefused(
      scale([[net([8, 4, 2, 1]), nil]]), "8 inputs; expected the square of an odd size")
    expectRefused(scale([[net([16, 4, 2, 1]), nil]]), "16 inputs")
    expectRefused(scale([[net([65 * 65, 1, 1, 1]), nil]]), "4225 inputs")
    expectRefused(scale([[net([9, 257, 2, 1]), nil]]), "257, 2 and 1 outputs")
    expectRefused(scale([[net([9, 4, 257, 1]), nil]]), "4, 257 and 1 outputs")
    expectRefused(scale([[net([9, 4, 2, 2]), nil]]), "4, 2 and 2 outputs")
    expectRefused(scale([[net { $0[0].weights.removeLast() }, nil]]), "layer 0")
    expectRefused(scale([[net { $0[2].biases.append(0) }, nil]]), "2 biases; expected 1 x 2 and 1")
    expectRefused(scale([[net { $0[1].outputs = -2 }, nil]]), "layer 1")
    expectRefused(
      scale([
        [
          net {
            $0[1] = DenseLayer(
              inputs: 5, outputs: 2, weights: [Float](repeating: 0, count: 10), biases: [0, 0])
          }, nil,
        ]
      ]), "5 inputs; the layer before has 4 outputs")
    for precision in [NetPrecision.halves, .bytes] {
      for bad in [Float.nan, .infinity] {
        expectRefused(
          scale([[net(precision: precision) { $0[0].weights[5] = bad }, nil]]), "not finite")
      }
    }
    expectRefused(scale([[net(precision: .halves) { $0[0].weights[5] = 1e6 }, nil]]), "not finite")
    expectRefused(
      scale([[net(precision: .halves), net(precision: .bytes)]]), "the nets before have")
    expectRefused(scale([[net { $0[1].biases[0] = .infinity }, nil]]), "not finite")
    expectRefused(scale([[net(), net([9, 5, 2, 1])]]), "[9, 5, 2, 1]; the nets before have")
    let negative = NetExpert(layers: layers(), confidence: -1)
    expectRefused(scale([[.net(negative), nil]]), "confidence of -1.0")
    expectRefused(scale([[nil, nil]]), "no view has an expert")
  }

  @Test func mixedScalesAreRefused() throws {
    let field = try #require(try SyntheticFixture.model().scales[0].views[0].experts[0])
    expectRefused(scale([[net([121, 4, 2, 1]), field]]), "expected one kind of expert")
    var edges = scale([[net(), nil]])
    edges.components = [SigmaComponents(windowSize: 1, matrices: [[1]])]
    expectRefused(edges, "nets with sigma components")
  }

  @Test func mirrorImagesOfNothingAreRefused() throws {
    try scale([[net(), .mirrored(view: 0)]]).validate(
      landmarkCount: 2, mirrorPartners: [1, 0])
    try scale([[net(), net()], [.mirrored(view: 0), nil]]).validate(
      landmarkCount: 2, mirrorPartners: [0, 1])
    expectRefused(
      scale([[net(), .mirrored(view: 0)]]), partners: [], "has no mirror partners")
    expectRefused(scale([[net(), .mirrored(view: 1)]]), "mirrors view 1; there are 1 views")
    expectRefused(scale([[net(), .mirrored(view: -1)]]), "mirrors view -1")
    expectRefused(scale([[net(), .mirrored(view: 0)]]), partners: [0, 1], "mirrors landmark 1")
    expectRefused(
      scale([[net(), nil], [.mirrored(view: 0), nil]]), "mirrors landmark 1 of view 0")
    expectRefused(
      scale([[.mirrored(view: 0), .mirrored(view: 0)]]), "has no net of its own")
  }

  @Test func mirrorPartnersMustBeEachOthers() throws {
    let model = try SyntheticNets.model()
    for partners in [[0], [Int](repeating: 0, count: 16), Array(1...16), [-1] + Array(1..<16)] {
      var contents = FaceModel.Contents(
        name: "partners", shapeModel: model.shapeModel, scales: model.scales)
      contents.mirrorPartners = partners
      #expect(throws: ModelDataError.self, "\(partners)") { try FaceModel(contents) }
    }
  }
}
