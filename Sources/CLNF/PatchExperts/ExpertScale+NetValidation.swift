extension ExpertScale {
  /// Hidden layers of nets have at most this many outputs.
  public static let largestHiddenLayer = 256

  /// - Parameter first: the scale's first net, which all are like; set by it.
  func validate(
    _ net: NetExpert, _ place: String, first: inout NetExpert?
  ) throws(ModelDataError) {
    guard net.packedLayers.count == 3 else {
      throw ModelDataError("\(place) has \(net.packedLayers.count) layers; expected 3")
    }
    for (index, layer) in net.packedLayers.enumerated() where !layer.hasRightSizes {
      throw ModelDataError(
        "layer \(index) of \(place) has \(layer.weights.count) weights and \(layer.biases.count) biases; expected \(layer.outputs) x \(layer.inputs) and \(layer.outputs)"
      )
    }
    let own = net.sizes
    for (index, layer) in net.packedLayers.enumerated() where layer.inputs != own[index] {
      throw ModelDataError(
        "layer \(index) of \(place) has \(layer.inputs) inputs; the layer before has \(own[index]) outputs"
      )
    }
    let side = Self.side(own[0])
    guard side * side == own[0], side % 2 == 1, side <= Self.largestKernel else {
      throw ModelDataError(
        "\(place) has \(own[0]) inputs; expected the square of an odd size up to \(Self.largestKernel)"
      )
    }
    guard own[1] <= Self.largestHiddenLayer, own[2] <= Self.largestHiddenLayer, own[3] == 1 else {
      throw ModelDataError(
        "\(place) has layers of \(own[1]), \(own[2]) and \(own[3]) outputs; expected up to \(Self.largestHiddenLayer) and 1"
      )
    }
    guard own == first?.sizes ?? own else {
      throw ModelDataError(
        "\(place) has layer sizes \(own); the nets before have \(first?.sizes ?? own)")
    }
    guard net.precisions == first?.precisions ?? net.precisions else {
      throw ModelDataError(
        "\(place) has weights in \(net.precisions); the nets before have \(first?.precisions ?? [])"
      )
    }
    if first == nil { first = net }
    guard net.packedLayers.allSatisfy(\.isFinite) else {
      throw ModelDataError("\(place) has weights or biases that are not finite")
    }
    guard net.confidence.isFinite, net.confidence >= 0 else {
      throw ModelDataError("\(place) has a confidence of \(net.confidence); expected 0 or more")
    }
  }

  /// The net that an expert mirrors must be there, and be no mirror image itself.
  func validateMirrored(
    _ source: Int, _ landmark: Int, _ place: String, mirrorPartners: [Int]
  ) throws(ModelDataError) {
    guard mirrorPartners.indices.contains(landmark) else {
      throw ModelDataError("\(place) is mirrored; the model has no mirror partners")
    }
    guard views.indices.contains(source) else {
      throw ModelDataError("\(place) mirrors view \(source); there are \(views.count) views")
    }
    let partner = mirrorPartners[landmark]
    guard views[source].experts.indices.contains(partner),
      views[source].experts[partner]?.net != nil
    else {
      throw ModelDataError(
        "\(place) mirrors landmark \(partner) of view \(source), which has no net of its own")
    }
  }
}
