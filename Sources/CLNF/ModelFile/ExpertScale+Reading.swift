extension ExpertScale {
  /// - Parameter mirrorPartners: of the model, not checked yet.
  init(
    _ archive: ModelArchive, prefix: String, mirrorPartners: [Int]
  ) throws(ModelError) {
    let centers = try archive.rotations(prefix + "views")
    let scaling = try archive.doubles(prefix + "scaling", rank: 1).values
    guard scaling.count == 1 else {
      throw archive.failure(prefix + "scaling", "has \(scaling.count) values; expected 1")
    }
    let nets = prefix + "net/"
    guard archive.has(nets + "sizes") else {
      self.init(
        patchScaling: scaling[0],
        views: try Self.fields(archive, prefix: prefix, centers: centers),
        components: try Self.components(archive, prefix: prefix))
      return
    }
    guard !archive.has(prefix + "neurons") else {
      throw archive.failure(prefix + "neurons", "beside nets; expected one kind of expert a scale")
    }
    self.init(
      patchScaling: scaling[0],
      views: try Self.nets(
        archive, prefix: nets, centers: centers, mirrorPartners: mirrorPartners),
      components: [])
  }

  private static func fields(
    _ archive: ModelArchive, prefix: String, centers: [EulerAngles]
  ) throws(ModelError) -> [ExpertView] {
    let (counts, countShape) = try archive.integers(prefix + "neurons", rank: 2)
    let (kernels, kernelShape) = try archive.floats(prefix + "kernels", rank: 3)
    let norms = try archive.doubles(prefix + "norms", rank: 1).values
    let biases = try archive.doubles(prefix + "biases", rank: 1).values
    let alphas = try archive.doubles(prefix + "alphas", rank: 1).values
    let betaCounts = try archive.integers(prefix + "beta-counts", rank: 1).values
    let betas = try archive.doubles(prefix + "betas", rank: 1).values
    let confidences = try archive.doubles(prefix + "confidences", rank: 1).values
    let total = kernelShape[0]
    let area = kernelShape[1] * kernelShape[2]
    let present = counts.count { $0 > 0 }
    guard countShape[0] == centers.count,
      counts.allSatisfy({ $0 >= 0 && $0 <= total }), counts.reduce(0, +) == total,
      norms.count == total, biases.count == total, alphas.count == total
    else { throw archive.failure(prefix + "neurons", "the neurons' arrays disagree in length") }
    guard betaCounts.count == present, confidences.count == present,
      betaCounts.allSatisfy({ $0 >= 0 && $0 <= betas.count }),
      betaCounts.reduce(0, +) == betas.count
    else { throw archive.failure(prefix + "betas", "the experts' arrays disagree in length") }

    var (neuron, beta, index) = (0, 0, 0)
    let experts = counts.map { count -> Expert? in
      guard count > 0 else { return nil }
      defer {
        neuron += count
        beta += betaCounts[index]
        index += 1
      }
      return .field(
        PatchExpert(
          neurons: (neuron..<neuron + count).map {
            PatchNeuron(
              weights: Array(kernels[$0 * area..<($0 + 1) * area]), norm: norms[$0],
              bias: biases[$0], alpha: alphas[$0])
          },
          betas: Array(betas[beta..<beta + betaCounts[index]]), confidence: confidences[index]))
    }
    let n = countShape[1]
    return centers.enumerated().map { view, center in
      ExpertView(center: center, experts: Array(experts[view * n..<(view + 1) * n]))
    }
  }

  private static func components(
    _ archive: ModelArchive, prefix: String
  ) throws(ModelError) -> [SigmaComponents] {
    var components: [SigmaComponents] = []
    for size in try archive.integers(prefix + "windows", rank: 1).values {
      let (values, shape) = try archive.floats(prefix + "components/\(size)", rank: 3)
      let area = shape[1] * shape[2]
      components.append(
        SigmaComponents(
          windowSize: size,
          matrices: (0..<shape[0]).map { Array(values[$0 * area..<($0 + 1) * area]) }))
    }
    return components
  }
}
