/// Reads the binary file of CCNF patch experts of one scale (docs/reference/clnf.md section 12).
enum OpenFacePatches {
  static let largestViewCount = 1000

  /// - Throws: `ModelError` naming file and byte.
  static func read(
    _ bytes: [UInt8], file: String, landmarkCount: Int
  ) throws(ModelError) -> ExpertScale {
    var reader = ByteReader(file: file, bytes: bytes)
    let scaling = try reader.float64("the patch scaling")
    let viewCount = try reader.int32("the number of views", in: 1...largestViewCount)
    let centers = try reader.viewCenters(viewCount)
    var visibilities: [[Bool]] = []
    for view in 0..<viewCount {
      let matrix = try reader.matrix(
        "the visibility of view \(view)", rows: landmarkCount, columns: 1)
      visibilities.append(matrix.values.map { $0 != 0 })
    }
    let components = try readComponents(&reader)
    let betaCount = components.first?.matrices.count ?? 0
    var views: [ExpertView] = []
    for view in 0..<viewCount {
      var experts: [Expert?] = []
      for landmark in 0..<landmarkCount {
        let place = "view \(view), landmark \(landmark)"
        let expert = try readExpert(&reader, place, betaCount: betaCount)
        // A landmark that the view does not see has no say, whatever its record holds.
        experts.append(visibilities[view][landmark] ? expert.map(Expert.field) : nil)
      }
      views.append(ExpertView(center: centers[view], experts: experts))
    }
    try reader.expectEnd()
    return ExpertScale(patchScaling: scaling, views: views, components: components)
  }

  private static func readComponents(
    _ reader: inout ByteReader
  ) throws(ModelError) -> [SigmaComponents] {
    let sizeCount = try reader.int32(
      "the number of window sizes", in: 0...ExpertScale.largestWindow)
    var components: [SigmaComponents] = []
    for index in 0..<sizeCount {
      let size = try reader.int32("window size \(index)", in: 1...ExpertScale.largestWindow)
      let count = try reader.int32("the number of sigma components of window \(size)", in: 0...100)
      var matrices: [[Float]] = []
      for component in 0..<count {
        let matrix = try reader.matrix(
          "sigma component \(component) of window \(size)", rows: size * size, columns: size * size)
        matrices.append(matrix.floats)
      }
      components.append(SigmaComponents(windowSize: size, matrices: matrices))
    }
    return components
  }

  private static func readExpert(
    _ reader: inout ByteReader, _ place: String, betaCount: Int
  ) throws(ModelError) -> PatchExpert? {
    _ = try reader.int32("the kind of the expert of \(place)", in: 5...5)
    let sides = 1...ExpertScale.largestKernel
    _ = try reader.int32("the expert's width of \(place)", in: 0...ExpertScale.largestKernel)
    _ = try reader.int32("the expert's height of \(place)", in: 0...ExpertScale.largestKernel)
    let count = try reader.int32("the number of neurons of \(place)", in: 0...1000)
    guard count > 0 else {
      _ = try reader.int32("the end of the empty expert of \(place)")
      return nil
    }
    var neurons: [PatchNeuron] = []
    for index in 0..<count {
      let what = "neuron \(index) of \(place)"
      _ = try reader.int32("the kind of \(what)", in: 2...2)
      _ = try reader.int32("the type of \(what)", in: 0...0)
      let norm = try reader.float64("the norm of \(what)")
      let bias = try reader.float64("the bias of \(what)")
      let alpha = try reader.float64("the alpha of \(what)")
      let kernelPlace = reader.offset
      let kernel = try reader.matrix("the kernel of \(what)")
      guard kernel.rows == kernel.columns, sides.contains(kernel.rows) else {
        throw reader.error(
          "the kernel of \(what) is \(kernel.rows) x \(kernel.columns); expected a square up to \(sides.upperBound)",
          at: kernelPlace)
      }
      neurons.append(PatchNeuron(weights: kernel.floats, norm: norm, bias: bias, alpha: alpha))
    }
    var betas: [Double] = []
    for index in 0..<betaCount { betas.append(try reader.float64("beta \(index) of \(place)")) }
    let confidence = try reader.float64("the confidence of \(place)")
    return PatchExpert(neurons: neurons, betas: betas, confidence: confidence)
  }
}
