import FoundationEssentials

extension FaceModel {
  /// The model as the bytes of landmarkd's own format (docs/reference/model-format.md). Reading
  /// them back gives the same figures to the last bit.
  public func archive() -> [UInt8] {
    var writer = ModelArchiveWriter()
    write(to: &writer, prefix: "")
    return writer.archive()
  }

  private func write(to writer: inout ModelArchiveWriter, prefix: String) {
    let (n, m) = (landmarkCount, shapeModel.modeCount)
    writer.add(prefix + "shape/mean", doubles: shapeModel.meanShape, shape: [3, n])
    writer.add(prefix + "shape/modes", doubles: shapeModel.modeVectors, shape: [m, 3, n])
    writer.add(prefix + "shape/variances", doubles: shapeModel.variances)
    if !mirrorPartners.isEmpty {
      writer.add(prefix + "landmarks/mirror", integers: mirrorPartners)
    }
    for (index, scale) in scales.enumerated() {
      scale.write(
        to: &writer, prefix: prefix + "experts/\(index)/", mirrorPartners: mirrorPartners)
    }
    for (index, triangles) in triangulations.enumerated() {
      writer.add(
        prefix + "triangles/\(index)", integers: triangles.flatMap { [$0.a, $0.b, $0.c] },
        shape: [triangles.count, 3])
    }
    validator?.write(to: &writer, prefix: prefix + "validator/")
    for (index, part) in parts.enumerated() {
      let name = prefix + "parts/\(index)/"
      writer.add(name + "name", text: part.name)
      writer.add(
        name + "mapping", integers: part.mapping.flatMap { [$0.main, $0.part] },
        shape: [part.mapping.count, 2])
      part.model.write(to: &writer, prefix: name)
    }
    if let verdicts, let text = try? JSONEncoder.stable.encode(verdicts) {
      writer.add(prefix + "verdict", bytes: Array(text))
    }
    if let verdict = landmarkVerdict,
      let text = try? JSONEncoder.stable.encode(verdict.scales)
    {
      let name = prefix + "landmark-verdict/"
      writer.add(name + "scales", bytes: Array(text))
      writer.add(
        name + "weights", doubles: verdict.weights,
        shape: [verdict.landmarkCount, verdict.weights.count / verdict.landmarkCount])
    }
    if let fitSettings, let text = try? JSONEncoder.stable.encode(fitSettings) {
      writer.add(prefix + "fit-settings", bytes: Array(text))
    }
  }
}

extension JSONEncoder {
  /// Sorted keys: the same settings give the same bytes.
  fileprivate static var stable: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return encoder
  }
}

extension ExpertScale {
  func write(to writer: inout ModelArchiveWriter, prefix: String, mirrorPartners: [Int]) {
    writer.add(prefix + "scaling", doubles: [patchScaling])
    writer.add(
      prefix + "views", doubles: views.flatMap { [$0.center.x, $0.center.y, $0.center.z] },
      shape: [views.count, 3])
    if hasNets {
      writeNets(to: &writer, prefix: prefix + "net/", mirrorPartners: mirrorPartners)
    } else {
      writeFields(to: &writer, prefix: prefix)
    }
  }

  private func writeFields(to writer: inout ModelArchiveWriter, prefix: String) {
    let experts = views.flatMap(\.experts).map { $0?.field }
    let present = experts.compactMap { $0 }
    let neurons = present.flatMap(\.neurons)
    let size = kernelSize
    writer.add(
      prefix + "neurons", integers: experts.map { $0?.neurons.count ?? 0 },
      shape: [views.count, experts.count / views.count])
    writer.add(
      prefix + "kernels", floats: neurons.flatMap(\.weights), shape: [neurons.count, size, size])
    writer.add(prefix + "norms", doubles: neurons.map(\.norm))
    writer.add(prefix + "biases", doubles: neurons.map(\.bias))
    writer.add(prefix + "alphas", doubles: neurons.map(\.alpha))
    writer.add(prefix + "beta-counts", integers: present.map(\.betas.count))
    writer.add(prefix + "betas", doubles: present.flatMap(\.betas))
    writer.add(prefix + "confidences", doubles: present.map(\.confidence))
    writer.add(prefix + "windows", integers: components.map(\.windowSize))
    for component in components {
      let order = component.windowSize * component.windowSize
      writer.add(
        prefix + "components/\(component.windowSize)", floats: component.matrices.flatMap { $0 },
        shape: [component.matrices.count, order, order])
    }
  }
}

extension LandmarkValidator {
  func write(to writer: inout ModelArchiveWriter, prefix: String) {
    writer.add(
      prefix + "views", doubles: views.flatMap { [$0.center.x, $0.center.y, $0.center.z] },
      shape: [views.count, 3])
    for (index, view) in views.enumerated() {
      let name = prefix + "\(index)/"
      let warp = view.warp
      writer.add(name + "mean", floats: view.meanImage)
      writer.add(name + "deviation", floats: view.deviationImage)
      writer.add(name + "warp/origin", doubles: [warp.minX, warp.minY])
      writer.add(name + "warp/destination", doubles: warp.destination)
      writer.add(
        name + "warp/triangles", integers: warp.triangles.flatMap { [$0.a, $0.b, $0.c] },
        shape: [warp.triangles.count, 3])
      writer.add(
        name + "warp/map", integers: warp.triangleOfPixel.map(Int.init),
        shape: [warp.height, warp.width])
      writer.add(name + "warp/alpha", doubles: warp.alpha, shape: [warp.triangles.count, 3])
      writer.add(name + "warp/beta", doubles: warp.beta, shape: [warp.triangles.count, 3])
      view.classifier.write(to: &writer, prefix: name + "classifier/")
    }
  }
}

extension ValidatorClassifier {
  func write(to writer: inout ModelArchiveWriter, prefix: String) {
    switch self {
    case .linear(let weights, let bias):
      writer.add(prefix + "kind", integers: [0])
      writer.add(prefix + "weights", floats: weights)
      writer.add(prefix + "bias", doubles: [bias])
    case .fullyConnected(let layers, let hidden, let output):
      writer.add(prefix + "kind", integers: [1, layers.count, hidden.rawValue, output.rawValue])
      for (index, layer) in layers.enumerated() {
        writer.add(prefix + "\(index)", floats: layer.values, shape: [layer.rows, layer.columns])
      }
    case .convolutional(let layers):
      writer.add(prefix + "kind", integers: [2, layers.count])
      for (index, layer) in layers.enumerated() {
        layer.write(to: &writer, prefix: prefix + "\(index)/")
      }
    }
  }
}

extension ConvolutionalLayer {
  func write(to writer: inout ModelArchiveWriter, prefix: String) {
    switch self {
    case .convolution(let kernels, let biases):
      writer.add(prefix + "kind", integers: [0])
      writer.add(prefix + "biases", floats: biases)
      let first = kernels[0][0]
      writer.add(
        prefix + "kernels", floats: kernels.joined().flatMap(\.values),
        shape: [kernels.count, biases.count, first.rows, first.columns])
    case .subsampling(let factor):
      writer.add(prefix + "kind", integers: [1, factor])
    case .full(let weights, let bias):
      writer.add(prefix + "kind", integers: [2])
      writer.add(
        prefix + "weights", floats: weights.values, shape: [weights.rows, weights.columns])
      writer.add(prefix + "bias", floats: [bias])
    }
  }
}
