import CLNF

/// The synthetic model with small nets that answer much as its patch experts do.
public enum SyntheticNets {
  /// By landmark of the synthetic face, its mirror image.
  public static let mirrorPartners = [4, 3, 2, 1, 0, 8, 7, 6, 5, 10, 9, 11, 12, 14, 13, 15]

  /// The synthetic model with nets of 121 - `hidden` - 1 at every scale.
  /// - Parameters:
  ///   - hidden: at least 3 and 1.
  ///   - mirrored: whether the right half of the frontal view and all of the view of yaw -30 are
  ///     mirror images.
  ///   - precision: how weights are kept.
  public static func model(
    hidden: (first: Int, second: Int) = (10, 5), mirrored: Bool = true,
    precision: NetPrecision = .bytes
  ) throws -> FaceModel {
    let original = try SyntheticFixture.model()
    var contents = FaceModel.Contents(
      name: "synthetic nets", shapeModel: original.shapeModel, scales: original.scales)
    contents.triangulations = original.triangulations
    contents.mirrorPartners = mirrorPartners
    var generator = SeededGenerator(seed: 20_173)
    for scale in contents.scales.indices {
      contents.scales[scale].components = []
      for view in contents.scales[scale].views.indices {
        for landmark in mirrorPartners.indices {
          guard let field = original.scales[scale].views[view].experts[landmark]?.field else {
            continue
          }
          contents.scales[scale].views[view].experts[landmark] = .net(
            net(like: field, hidden: hidden, using: &generator).with(precision: precision))
        }
      }
      if mirrored { mirror(&contents.scales[scale]) }
    }
    return try FaceModel(contents)
  }

  private static func mirror(_ scale: inout ExpertScale) {
    for landmark in mirrorPartners.indices {
      // The face's right half lies at larger x.
      if [3, 4, 7, 8, 10, 14].contains(landmark) {
        scale.views[0].experts[landmark] = .mirrored(view: 0)
      }
      if scale.views[1].experts[landmark] != nil {
        scale.views[1].experts[landmark] = .mirrored(view: 2)
      }
    }
  }

  /// Logistic of the neurons' logits, averaged by their alphas and not below -8, with a little noise
  /// on every weight so that each counts.
  private static func net(
    like field: PatchExpert, hidden: (first: Int, second: Int),
    using generator: inout SeededGenerator
  ) -> NetExpert {
    let floor: Float = 8
    func noise(_ count: Int, _ size: Double) -> [Float] {
      (0..<count).map { _ in Float(size * generator.normal()) }
    }
    let inputs = field.neurons[0].weights.count
    var first = DenseLayer(
      inputs: inputs, outputs: hidden.first, weights: noise(inputs * hidden.first, 0.02),
      biases: noise(hidden.first, 0.02))
    var second = DenseLayer(
      inputs: hidden.first, outputs: hidden.second,
      weights: noise(hidden.first * hidden.second, 0.02), biases: noise(hidden.second, 0.02))
    var last = DenseLayer(
      inputs: hidden.second, outputs: 1, weights: noise(hidden.second, 0.1), biases: [-floor])
    last.weights[0] = 1
    let total = max(field.alphaSum, 1e-3)
    for (index, neuron) in field.neurons.enumerated() {
      let mean = neuron.weights.reduce(0, +) / Float(inputs)
      let norm = neuron.weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
      for pixel in 0..<inputs where norm > 0 {
        first.weights[index * inputs + pixel] +=
          Float(neuron.norm) * (neuron.weights[pixel] - mean) / norm
      }
      first.biases[index] += Float(neuron.bias) + floor
      second.weights[index] += Float(neuron.alpha / total)
    }
    return NetExpert(
      layers: [first, second, last], confidence: field.confidence, precision: .halves)
  }
}
