/// A rotation, a scale and a translation of the plane.
struct PlaneSimilarity {
  /// The rotation and scale as a complex number.
  private let turn: SIMD2<Double>
  private let source: SIMD2<Double>
  private let target: SIMD2<Double>

  /// The one that takes points nearest to others, least squares; nil where they lie on one place.
  ///
  /// Source: the linear solution in complex numbers, as in Bookstein, "Morphometric Tools for Landmark
  /// Data", 1991.
  init?(from points: [SIMD2<Double>], to others: [SIMD2<Double>]) {
    precondition(points.count == others.count)
    let count = Double(max(1, points.count))
    source = points.reduce(.zero, +) / count
    target = others.reduce(.zero, +) / count
    var (product, size) = (SIMD2<Double>.zero, 0.0)
    for (point, other) in zip(points, others) {
      let (p, q) = (point - source, other - target)
      product += SIMD2(p.x * q.x + p.y * q.y, p.x * q.y - p.y * q.x)
      size += (p * p).sum()
    }
    guard size > 0, (product * product).sum() > 0 else { return nil }
    turn = product / size
  }

  func apply(_ point: SIMD2<Double>) -> SIMD2<Double> {
    let p = point - source
    return SIMD2(turn.x * p.x - turn.y * p.y, turn.y * p.x + turn.x * p.y) + target
  }

  /// The way before it that becomes `way`, a difference of two points.
  func undone(_ way: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(turn.x * way.x + turn.y * way.y, turn.x * way.y - turn.y * way.x) / (turn * turn).sum()
  }
}
