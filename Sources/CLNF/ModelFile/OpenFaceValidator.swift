/// Reads the binary file of a landmark validator (docs/reference/clnf.md section 12).
enum OpenFaceValidator {
  /// - Throws: `ModelError` naming file and byte.
  static func read(
    _ bytes: [UInt8], file: String, landmarkCount: Int
  ) throws(ModelError) -> LandmarkValidator {
    var reader = ByteReader(file: file, bytes: bytes)
    let type = try reader.int32("the validator's type", in: 0...2)
    let viewCount = try reader.int32(
      "the number of views", in: 1...OpenFacePatches.largestViewCount)
    let centers = try reader.viewCenters(viewCount)
    var views: [ValidatorView] = []
    for view in 0..<viewCount {
      let mean = try reader.matrix("the mean image of view \(view)").floats
      let deviation = try reader.matrix("the deviation image of view \(view)").floats
      let classifier = try readClassifier(&reader, type: type, pixels: mean.count, view: view)
      let warp = try readWarp(&reader, landmarkCount: landmarkCount, view: view)
      views.append(
        ValidatorView(
          center: centers[view], meanImage: mean, deviationImage: deviation,
          classifier: classifier, warp: warp))
    }
    try reader.expectEnd()
    return LandmarkValidator(views: views)
  }

  private static func readClassifier(
    _ reader: inout ByteReader, type: Int, pixels: Int, view: Int
  ) throws(ModelError) -> ValidatorClassifier {
    switch type {
    case 0:
      let bias = try reader.float64("the bias of view \(view)")
      let weights = try reader.matrix("the weights of view \(view)").floats
      return .linear(weights: weights, bias: bias)
    case 1: return try readFullyConnected(&reader, pixels: pixels, view: view)
    default: return try readConvolutional(&reader, view: view)
    }
  }

  private static func readFullyConnected(
    _ reader: inout ByteReader, pixels: Int, view: Int
  ) throws(ModelError) -> ValidatorClassifier {
    func activation(_ what: String) throws(ModelError) -> ValidatorClassifier.Activation {
      try reader.int32(what, in: 0...1) == 0 ? .logistic : .scaledTanh
    }
    let count = try reader.int32("the number of layers of view \(view)", in: 1...100)
    let hidden = try activation("the activation of view \(view)")
    let output = try activation("the output's activation of view \(view)")
    var layers: [LayerMatrix] = []
    var inputs = pixels
    for layer in 0..<count {
      let place = reader.offset
      let matrix = try reader.matrix("layer \(layer) of view \(view)")
      guard let weights = matrix.withInputRows(inputs + 1) else {
        throw reader.error(
          "layer \(layer) of view \(view) is \(matrix.rows) x \(matrix.columns); expected \(inputs + 1) columns (a bias and \(inputs) inputs)",
          at: place)
      }
      layers.append(weights)
      inputs = weights.columns
    }
    return .fullyConnected(layers: layers, hidden: hidden, output: output)
  }

  private static func readConvolutional(
    _ reader: inout ByteReader, view: Int
  ) throws(ModelError) -> ValidatorClassifier {
    let count = try reader.int32("the number of layers of view \(view)", in: 1...100)
    var layers: [ConvolutionalLayer] = []
    for layer in 0..<count {
      let what = "layer \(layer) of view \(view)"
      switch try reader.int32("the kind of \(what)", in: 0...2) {
      case 0:
        let inputs = try reader.int32("the input maps of \(what)", in: 1...1000)
        let outputs = try reader.int32("the kernels of \(what)", in: 1...1000)
        var biases: [Float] = []
        for _ in 0..<outputs { biases.append(Float(try reader.float32("a bias of \(what)"))) }
        var kernels: [[LayerMatrix]] = []
        for input in 0..<inputs {
          var row: [LayerMatrix] = []
          for output in 0..<outputs {
            row.append(try reader.matrix("kernel \(input), \(output) of \(what)").layer)
          }
          kernels.append(row)
        }
        layers.append(.convolution(kernels: kernels, biases: biases))
      case 1:
        layers.append(.subsampling(factor: try reader.int32("the factor of \(what)", in: 1...100)))
      default:
        let bias = Float(try reader.float32("the bias of \(what)"))
        layers.append(.full(weights: try reader.matrix("the weights of \(what)").layer, bias: bias))
      }
    }
    return .convolutional(layers: layers)
  }

  private static func readWarp(
    _ reader: inout ByteReader, landmarkCount n: Int, view: Int
  ) throws(ModelError) -> PiecewiseAffineWarp {
    let place = reader.offset
    let pixels = try reader.int32("the mask's pixels of view \(view)", in: 1...10_000_000)
    let minX = try reader.float64("the mask's left edge of view \(view)")
    let minY = try reader.float64("the mask's upper edge of view \(view)")
    let destination = try reader.matrix(
      "the mask's landmarks of view \(view)", rows: 2 * n, columns: 1)
    let trianglePlace = reader.offset
    let triangles = try reader.matrix("the triangles of view \(view)")
    guard triangles.columns == 3 else {
      throw reader.error(
        "the triangles of view \(view) have \(triangles.columns) corners; expected 3",
        at: trianglePlace)
    }
    let map = try reader.matrix("the triangle map of view \(view)")
    let mask = try reader.matrix("the mask of view \(view)", rows: map.rows, columns: map.columns)
    let count = triangles.rows
    let alpha = try reader.matrix("alpha of view \(view)", rows: count, columns: 3)
    let beta = try reader.matrix("beta of view \(view)", rows: count, columns: 3)
    guard mask.values.count(where: { $0 != 0 }) == pixels else {
      throw reader.error(
        "view \(view) says \(pixels) pixels; its mask has \(mask.values.count { $0 != 0 })",
        at: place)
    }
    let triangleOfPixel = zip(map.values, mask.values).map { triangle, inside in
      inside != 0 ? Int32(clamping: Int(max(-1, min(1e9, triangle)))) : -1
    }
    return PiecewiseAffineWarp(
      width: map.columns, height: map.rows, minX: minX, minY: minY,
      destination: destination.values,
      triangles: (0..<count).map { row in
        let corner = (0..<3).map { Int(max(-1, min(1e9, triangles.values[3 * row + $0]))) }
        return Triangle(corner[0], corner[1], corner[2])
      },
      triangleOfPixel: triangleOfPixel, alpha: alpha.values, beta: beta.values)
  }
}

extension Matrix {
  var layer: LayerMatrix { LayerMatrix(rows: rows, columns: columns, values: floats) }

  /// The matrix with one row an input: transposed, as files hold one row an output, or as it is
  /// where only that fits.
  func withInputRows(_ inputs: Int) -> LayerMatrix? {
    guard columns == inputs else { return rows == inputs ? layer : nil }
    var transposed = LayerMatrix(
      rows: columns, columns: rows, values: [Float](repeating: 0, count: values.count))
    for row in 0..<rows {
      for column in 0..<columns {
        transposed.values[column * rows + row] = Float(values[row * columns + column])
      }
    }
    return transposed
  }
}
