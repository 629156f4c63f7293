extension LandmarkValidator {
  init(_ archive: ModelArchive, prefix: String) throws(ModelError) {
    var views: [ValidatorView] = []
    for (index, center) in try archive.rotations(prefix + "views").enumerated() {
      let name = prefix + "\(index)/"
      views.append(
        ValidatorView(
          center: center, meanImage: try archive.floats(name + "mean", rank: 1).values,
          deviationImage: try archive.floats(name + "deviation", rank: 1).values,
          classifier: try ValidatorClassifier(archive, prefix: name + "classifier/"),
          warp: try PiecewiseAffineWarp(archive, prefix: name + "warp/")))
    }
    self.init(views: views)
  }
}

extension PiecewiseAffineWarp {
  init(_ archive: ModelArchive, prefix: String) throws(ModelError) {
    let origin = try archive.doubles(prefix + "origin", rank: 1).values
    guard origin.count == 2 else {
      throw archive.failure(prefix + "origin", "has \(origin.count) values; expected 2")
    }
    let (map, shape) = try archive.integers(prefix + "map", rank: 2)
    self.init(
      width: shape[1], height: shape[0], minX: origin[0], minY: origin[1],
      destination: try archive.doubles(prefix + "destination", rank: 1).values,
      triangles: try archive.triangles(prefix + "triangles"),
      triangleOfPixel: map.map { Int32(clamping: $0) },
      alpha: try archive.doubles(prefix + "alpha", rank: 2).values,
      beta: try archive.doubles(prefix + "beta", rank: 2).values)
  }
}

extension ValidatorClassifier {
  init(_ archive: ModelArchive, prefix: String) throws(ModelError) {
    let kind = try archive.kind(prefix + "kind")
    switch kind[0] {
    case 0:
      let bias = try archive.doubles(prefix + "bias", rank: 1).values
      guard bias.count == 1 else {
        throw archive.failure(prefix + "bias", "has \(bias.count) values; expected 1")
      }
      self = .linear(weights: try archive.floats(prefix + "weights", rank: 1).values, bias: bias[0])
    case 1:
      let kind = try archive.kind(prefix + "kind", atLeast: 4)
      guard let hidden = Activation(rawValue: kind[2]), let output = Activation(rawValue: kind[3])
      else { throw archive.failure(prefix + "kind", "has an unknown activation") }
      var layers: [LayerMatrix] = []
      while layers.count < kind[1] {
        layers.append(try LayerMatrix(archive, prefix + "\(layers.count)"))
      }
      self = .fullyConnected(layers: layers, hidden: hidden, output: output)
    case 2:
      let count = try archive.kind(prefix + "kind", atLeast: 2)[1]
      var layers: [ConvolutionalLayer] = []
      while layers.count < count {
        layers.append(try ConvolutionalLayer(archive, prefix: prefix + "\(layers.count)/"))
      }
      self = .convolutional(layers: layers)
    default: throw archive.failure(prefix + "kind", "is \(kind[0]); expected 0, 1 or 2")
    }
  }
}

extension LayerMatrix {
  init(_ archive: ModelArchive, _ name: String) throws(ModelError) {
    let (values, shape) = try archive.floats(name, rank: 2)
    self.init(rows: shape[0], columns: shape[1], values: values)
  }
}

extension ConvolutionalLayer {
  init(_ archive: ModelArchive, prefix: String) throws(ModelError) {
    let kind = try archive.kind(prefix + "kind")
    switch kind[0] {
    case 0:
      let (values, shape) = try archive.floats(prefix + "kernels", rank: 4)
      guard shape.allSatisfy({ $0 > 0 }) else {
        throw archive.failure(prefix + "kernels", "has shape \(shape); expected sides above 0")
      }
      let area = shape[2] * shape[3]
      let kernels = (0..<shape[0]).map { input in
        (0..<shape[1]).map { output in
          let start = (input * shape[1] + output) * area
          return LayerMatrix(
            rows: shape[2], columns: shape[3], values: Array(values[start..<start + area]))
        }
      }
      self = .convolution(
        kernels: kernels, biases: try archive.floats(prefix + "biases", rank: 1).values)
    case 1:
      self = .subsampling(factor: try archive.kind(prefix + "kind", atLeast: 2)[1])
    case 2:
      let bias = try archive.floats(prefix + "bias", rank: 1).values
      guard bias.count == 1 else {
        throw archive.failure(prefix + "bias", "has \(bias.count) values; expected 1")
      }
      self = .full(weights: try LayerMatrix(archive, prefix + "weights"), bias: bias[0])
    default: throw archive.failure(prefix + "kind", "is \(kind[0]); expected 0, 1 or 2")
    }
  }
}
