import CLNF

extension ExpertScale {
  /// The scales of a model with some landmarks' experts from others, which were trained alone.
  ///
  /// - Parameters:
  ///   - landmarks: each with its mirror partner, so that no expert loses what it is the mirror image of.
  ///   - scales: where their experts come from.
  ///   - others: where all other experts come from.
  /// - Throws: `MaterialError` where the two have other scales or views.
  public static func taking(
    _ landmarks: Set<Int>, from scales: [ExpertScale], others: [ExpertScale]
  ) throws(MaterialError) -> [ExpertScale] {
    precondition(landmarks.allSatisfy { landmarks.contains(LandmarkMirror.map[$0]) })
    guard scales.map(\.patchScaling) == others.map(\.patchScaling) else {
      throw MaterialError("experts of some landmarks", "are of other scales than the model's")
    }
    var result = others
    for (index, scale) in scales.enumerated() {
      guard scale.views.map(\.center) == others[index].views.map(\.center) else {
        throw MaterialError(
          "experts of some landmarks",
          "look from elsewhere than the model's at \(scale.patchScaling) px/mm")
      }
      for (view, own) in scale.views.enumerated() {
        for landmark in landmarks {
          result[index].views[view].experts[landmark] = own.experts[landmark]
        }
      }
    }
    return result
  }
}
