/// What points placed by our definition lie beside those that came with the photos, learned where
/// both are known and applied to the others.
public struct PointCorrection: Sendable {
  /// By landmark, mm in the face's frontal plane, the same for both halves of the face.
  public let offsets: [SIMD2<Double>]

  /// - Parameters:
  ///   - pairs: the points that came with a photo and those placed by hand, 68 each, px.
  ///   - basis: tells each photo's scale and rotation.
  public init(
    from pairs: [(supplied: [SIMD2<Double>], placed: [SIMD2<Double>])], basis: LandmarkBasis
  ) {
    var sums = [SIMD2<Double>](repeating: .zero, count: basis.mean.count)
    var count = 0.0
    for pair in pairs {
      guard let fit = IdentityFit(points: pair.placed, basis: basis) else { continue }
      count += 1
      for i in sums.indices { sums[i] += fit.view.inFacePlane(pair.placed[i] - pair.supplied[i]) }
    }
    offsets = LandmarkDefinition.symmetric(sums.map { $0 / max(1, count) })
  }

  /// The points that came with a photo, moved to where our definition has them.
  public func apply(to supplied: [SIMD2<Double>], basis: LandmarkBasis) -> [SIMD2<Double>] {
    guard let fit = IdentityFit(points: supplied, basis: basis) else { return supplied }
    return supplied.indices.map { supplied[$0] + fit.view.inImage(offsets[$0]) }
  }
}
