import CLNF

/// What points placed by our definition lie beside another markup's, learned where both are known and
/// applied to the others.
///
/// A markup's habits depend on the face: lips of a smile, chins of long faces, eye corners of old people.
/// The offsets are a mean and a linear function of the markup's own points, found by ridge regression in
/// its dual form. Both are the same for both halves of the face. Without a few different faces only the
/// mean is left.
///
/// Source: Saunders, Gammerman, Vovk, "Ridge Regression Learning Algorithm in Dual Variables", ICML 1998.
public struct PointCorrection: Sendable {
  /// Mean offset by landmark, mm in the face's frontal plane.
  public let offsets: [SIMD2<Double>]
  /// What the markup's points are laid on before they are compared: the resting head from the front, mm.
  private let template: [SIMD2<Double>]
  /// The markup's points of the faces that it was learned from, and mirrored, less their mean, mm.
  private let known: [[SIMD2<Double>]]
  private let mean: [SIMD2<Double>]
  /// By known face, landmark: how much it says of the offsets.
  private let shares: [[SIMD2<Double>]]
  /// Mean squared size of `known`, the unit of their products; 0: only the mean is known.
  private let unit: Double

  /// How strongly offsets are held to their mean, in units of a face's mean squared distance from the
  /// mean face. Chosen by leaving out every tenth of the seventy faces in turn
  /// (Training/photos/correction.py).
  static let ridge = 0.6

  /// Faces whose squared distances from their mean are not larger than this on average, mm^2, are one face.
  private static let leastSpread = 1.0

  /// - Parameters:
  ///   - pairs: the other markup's points of a photo and those placed by hand, px; as many as landmarks.
  ///   - basis: the head that they are laid on.
  /// - Complexity: O(pairs^3); a hundred take a tenth of a second.
  public init(
    from pairs: [(supplied: [SIMD2<Double>], placed: [SIMD2<Double>])], basis: LandmarkBasis
  ) {
    template = basis.mean.map { SIMD2($0.x, $0.y) }
    var (faces, offsets) = ([[SIMD2<Double>]](), [[SIMD2<Double>]]())
    for pair in pairs {
      let (way, face) = Self.lay(pair.supplied, on: template)
      let offset = zip(pair.placed, pair.supplied).map { way.apply($0 - $1) }
      faces += [face, LandmarkMirror.mirrored(face)]
      offsets += [offset, LandmarkMirror.mirrored(offset)]
    }
    (mean, self.offsets) = (Self.mean(of: faces, template), Self.mean(of: offsets, template))
    let (middle, usual) = (mean, self.offsets)
    known = faces.map { zip($0, middle).map { $0 - $1 } }
    let sizes = known.map { Self.product($0, $0) }
    let spread = sizes.reduce(0, +) / Double(max(1, sizes.count))
    unit = spread > Self.leastSpread ? spread : 0
    shares = Self.shares(of: offsets.map { zip($0, usual).map { $0 - $1 } }, known, unit: unit)
  }

  /// A photo's points by the other markup, moved to where our definition has them.
  public func apply(to supplied: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let (way, laid) = Self.lay(supplied, on: template)
    let face = zip(laid, mean).map { $0 - $1 }
    var result = offsets
    if unit > 0 {
      for (other, share) in zip(known, shares) {
        let likeness = Self.product(face, other) / unit
        for i in result.indices { result[i] += likeness * share[i] }
      }
    }
    let back = way.inverse
    return zip(supplied, result).map { $0 + back.apply($1) }
  }

  /// The similarity that lays points on others, and where they lie then.
  private static func lay(
    _ points: [SIMD2<Double>], on others: [SIMD2<Double>]
  ) -> (way: Similarity, laid: [SIMD2<Double>]) {
    let count = points.count
    let way = Similarity(
      from: points.map(\.x) + points.map(\.y), to: others.map(\.x) + others.map(\.y), count: count)
    let middle = points.reduce(.zero, +) / Double(max(1, count))
    let target = others.reduce(.zero, +) / Double(max(1, count))
    return (way, points.map { way.apply($0 - middle) + target })
  }

  /// (K + ridge)^-1 applied to the offsets, K the products of the faces; empty where faces are all alike.
  private static func shares(
    of offsets: [[SIMD2<Double>]], _ faces: [[SIMD2<Double>]], unit: Double
  ) -> [[SIMD2<Double>]] {
    let n = faces.count
    guard unit > 0 else { return [] }
    let products = faces.flatMap { a in faces.map { product(a, $0) / unit } }
    guard let eigen = DenseAlgebra.symmetricEigen(products, order: n) else { return [] }
    var result = offsets.map { [SIMD2<Double>](repeating: .zero, count: $0.count) }
    for (value, vector) in zip(eigen.values, eigen.vectors) {
      var along = [SIMD2<Double>](repeating: .zero, count: offsets[0].count)
      for k in 0..<n { for i in along.indices { along[i] += vector[k] * offsets[k][i] } }
      for k in 0..<n {
        for i in along.indices { result[k][i] += vector[k] / (value + ridge) * along[i] }
      }
    }
    return result
  }

  private static func product(_ a: [SIMD2<Double>], _ b: [SIMD2<Double>]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 * $1.1).sum() }
  }

  private static func mean(
    of vectors: [[SIMD2<Double>]], _ template: [SIMD2<Double>]
  ) -> [SIMD2<Double>] {
    var sums = [SIMD2<Double>](repeating: .zero, count: template.count)
    for vector in vectors { for i in sums.indices { sums[i] += vector[i] } }
    return sums.map { $0 / Double(max(1, vectors.count)) }
  }
}

extension Similarity {
  fileprivate func apply(_ way: SIMD2<Double>) -> SIMD2<Double> {
    let (x, y) = apply(way.x, way.y)
    return SIMD2(x, y)
  }
}
