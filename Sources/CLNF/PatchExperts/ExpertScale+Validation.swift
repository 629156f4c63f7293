extension ExpertScale {
  /// Kernels are at most this wide and high.
  public static let largestKernel = 63
  /// Windows are at most this wide and high.
  public static let largestWindow = 63

  /// Checks everything that fitting relies on.
  /// - Parameters:
  ///   - landmarkCount: n of the shape model.
  ///   - mirrorPartners: the model's, checked already; needed where experts are mirrored.
  /// - Throws: `ModelDataError` that says what was got and what was expected.
  public func validate(
    landmarkCount: Int, mirrorPartners: [Int] = []
  ) throws(ModelDataError) {
    guard patchScaling.isFinite, patchScaling > 0, patchScaling < 1000 else {
      throw ModelDataError("a patch scaling of \(patchScaling); expected px per mm above 0")
    }
    guard !views.isEmpty else { throw ModelDataError("patch experts without a view") }
    for component in components { try validate(component) }
    var seen = SeenExperts()
    for (index, view) in views.enumerated() {
      guard view.experts.count == landmarkCount else {
        throw ModelDataError(
          "view \(index) has experts for \(view.experts.count) landmarks; the shape model has \(landmarkCount)"
        )
      }
      guard view.center.x.isFinite, view.center.y.isFinite, view.center.z.isFinite else {
        throw ModelDataError("view \(index) has a centre that is not finite")
      }
      for (landmark, expert) in view.experts.enumerated() {
        let place = "the expert of view \(index), landmark \(landmark)"
        switch expert {
        case .field(let field)?: try validate(field, place, kernelSize: &seen.kernelSize)
        case .net(let net)?: try validate(net, place, first: &seen.net)
        case .mirrored(let source)?:
          try validateMirrored(source, landmark, place, mirrorPartners: mirrorPartners)
        case nil: continue
        }
      }
    }
    try validate(seen)
  }

  /// What the experts looked at so far have in common.
  private struct SeenExperts {
    var kernelSize: Int?
    var net: NetExpert?
  }

  private func validate(_ seen: SeenExperts) throws(ModelDataError) {
    switch (seen.kernelSize, seen.net) {
    case (nil, nil): throw ModelDataError("no view has an expert")
    case (_?, _?):
      throw ModelDataError("patch experts and nets at one scale; expected one kind of expert")
    case (nil, _?) where !components.isEmpty:
      throw ModelDataError("nets with sigma components; expected none")
    default: break
    }
  }

  private func validate(_ component: SigmaComponents) throws(ModelDataError) {
    let size = component.windowSize
    guard size >= 1, size <= Self.largestWindow else {
      throw ModelDataError(
        "sigma components for windows of \(size); expected 1 to \(Self.largestWindow)")
    }
    for matrix in component.matrices {
      guard matrix.count == size * size * size * size else {
        throw ModelDataError(
          "a sigma component for windows of \(size) has \(matrix.count) values; expected \(size * size) x \(size * size)"
        )
      }
      guard matrix.allSatisfy(\.isFinite) else {
        throw ModelDataError(
          "a sigma component for windows of \(size) has values that are not finite")
      }
    }
  }

  private func validate(
    _ expert: PatchExpert, _ place: String, kernelSize: inout Int?
  ) throws(ModelDataError) {
    guard let first = expert.neurons.first else {
      throw ModelDataError("\(place) has no neuron")
    }
    let size = kernelSize ?? Self.side(first.weights.count)
    kernelSize = size
    guard size >= 1, size <= Self.largestKernel, size % 2 == 1 else {
      throw ModelDataError(
        "\(place) has kernels of \(size) px; expected an odd size up to \(Self.largestKernel)")
    }
    for neuron in expert.neurons {
      guard neuron.weights.count == size * size else {
        throw ModelDataError(
          "\(place) has a kernel of \(neuron.weights.count) weights; expected \(size) x \(size)")
      }
      guard neuron.weights.allSatisfy(\.isFinite), neuron.norm.isFinite, neuron.bias.isFinite,
        neuron.alpha.isFinite, neuron.alpha >= 0
      else { throw ModelDataError("\(place) has a neuron that is not finite or of negative alpha") }
    }
    guard expert.alphaSum > 0, expert.alphaSum.isFinite else {
      throw ModelDataError("the alphas of \(place) sum to \(expert.alphaSum); expected above 0")
    }
    guard expert.betas.allSatisfy({ $0.isFinite && $0 >= 0 }), expert.confidence.isFinite else {
      throw ModelDataError("\(place) has a beta or a confidence that is not finite or below 0")
    }
    for component in components where !component.matrices.isEmpty && !expert.betas.isEmpty {
      guard component.matrices.count == expert.betas.count else {
        throw ModelDataError(
          "\(place) has \(expert.betas.count) betas; windows of \(component.windowSize) have \(component.matrices.count) sigma components"
        )
      }
    }
  }
}
