import CLNF
import CLNFKernels

/// The identity (and expression) of a morphable head that explains the landmarks of a photo.
///
/// Minimises sum_i w_i |p_i - project(X_i)|^2 / (s noise)^2 + |b|^2 (and a prior on e): coefficients
/// of the identity are N(0, 1). View and coefficients take turns.
public struct IdentityFit: Sendable, Equatable {
  /// b, one an identity field.
  public var identity: [Double]
  /// e, one an expression field, 0 ... 1.
  public var expression: [Double]
  public var view: WeakPerspective
  /// Projected landmarks, px.
  public var projected: [SIMD2<Double>]

  public struct Settings: Sendable {
    /// Weight of each landmark.
    public var weights =
      [Double](repeating: 0.5, count: 17)
      + [Double](repeating: 0.7, count: 10) + [Double](repeating: 1, count: 41)
    /// Standard deviation of a landmark around the model, mm.
    public var noise = 0.6
    /// The prior's standard deviation of an expression coefficient.
    public var expressionDeviation = 0.35
    public var iterations = 12
    public var fitsIdentity = true
    public var fitsExpression = false

    public init() {}
  }

  init(
    identity: [Double], expression: [Double], view: WeakPerspective, projected: [SIMD2<Double>]
  ) {
    self.identity = identity
    self.expression = expression
    self.view = view
    self.projected = projected
  }

  /// nil for points that no view explains (all on a line, say).
  /// - Parameters:
  ///   - points: n landmarks, px.
  ///   - start: coefficients to start from, kept where the settings do not fit them.
  public init?(
    points: [SIMD2<Double>], basis: LandmarkBasis, settings: Settings = Settings(),
    start: (identity: [Double], expression: [Double])? = nil
  ) {
    var b = start?.identity ?? [Double](repeating: 0, count: basis.identity.count)
    var e = start?.expression ?? [Double](repeating: 0, count: basis.expressions.count)
    var view: WeakPerspective?
    for _ in 0..<settings.iterations {
      let shape = basis.points(identity: b, expression: e)
      guard let found = WeakPerspective(from: shape, to: points, weights: settings.weights)
      else { return nil }
      view = found
      let residual = { (shape: [SIMD3<Double>]) in
        zip(points, shape).map { ($0 - found.project($1)) / found.scale }
      }
      if settings.fitsIdentity {
        let rest = basis.points(identity: [Double](repeating: 0, count: b.count), expression: e)
        let problem = Self.equations(basis.identity, found, residual(rest), settings)
        guard let solution = Self.solve(problem, prior: 1) else { return nil }
        b = solution
      }
      if settings.fitsExpression {
        let rest = basis.points(identity: b, expression: [Double](repeating: 0, count: e.count))
        let problem = Self.equations(basis.expressions, found, residual(rest), settings)
        let deviation = settings.expressionDeviation
        Self.solveBounded(problem, prior: 1 / (deviation * deviation), range: 0...1.1, &e)
      }
    }
    guard let view else { return nil }
    self.view = view
    identity = b
    expression = e
    projected = basis.points(identity: b, expression: e).map(view.project)
  }

  /// J^T W J and J^T W r of the coefficients of `fields`, in units of the noise.
  private struct Equations {
    var matrix: [Double]
    var right: [Double]
  }

  private static func equations(
    _ fields: [[SIMD3<Double>]], _ view: WeakPerspective, _ residual: [SIMD2<Double>],
    _ settings: Settings
  ) -> Equations {
    let rows = fields.map { field in
      field.map { SIMD2((view.rotation.row0 * $0).sum(), (view.rotation.row1 * $0).sum()) }
    }
    let count = fields.count
    let weights = settings.weights.map {
      $0 * $0 / (settings.noise * settings.noise)
    }
    var result = Equations(
      matrix: [Double](repeating: 0, count: count * count),
      right: [Double](repeating: 0, count: count))
    for j in 0..<count {
      for i in residual.indices { result.right[j] += weights[i] * (rows[j][i] * residual[i]).sum() }
      for k in 0...j {
        var sum = 0.0
        for i in residual.indices { sum += weights[i] * (rows[j][i] * rows[k][i]).sum() }
        result.matrix[j * count + k] = sum
        result.matrix[k * count + j] = sum
      }
    }
    return result
  }

  private static func solve(_ equations: Equations, prior: Double) -> [Double]? {
    let count = equations.right.count
    var (matrix, right) = (equations.matrix, equations.right)
    for j in 0..<count { matrix[j * (count + 1)] += prior }
    guard clnf_cholesky_factor(&matrix, Int32(count)) == 0 else { return nil }
    clnf_cholesky_solve(matrix, Int32(count), &right)
    return right
  }

  /// Coordinate descent within bounds: the problem is convex, so it ends at the constrained optimum.
  private static func solveBounded(
    _ equations: Equations, prior: Double, range: ClosedRange<Double>, _ x: inout [Double]
  ) {
    let count = equations.right.count
    for _ in 0..<100 {
      for j in 0..<count {
        var gradient = equations.right[j]
        for k in 0..<count where k != j { gradient -= equations.matrix[j * count + k] * x[k] }
        let wanted = gradient / (equations.matrix[j * (count + 1)] + prior)
        x[j] = max(range.lowerBound, min(range.upperBound, wanted))
      }
    }
  }
}
