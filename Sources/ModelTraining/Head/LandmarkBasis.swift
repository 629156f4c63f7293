/// The landmarks of a morphable head as linear functions of its coefficients.
///
/// X_i = mean_i + sum_k b_k identity_ki + sum_k e_k expression_ki, mm, without the jaw's sliding.
public struct LandmarkBasis: Sendable {
  /// n.
  public let mean: [SIMD3<Double>]
  /// By coefficient, n.
  public let identity: [[SIMD3<Double>]]
  public let expressions: [[SIMD3<Double>]]

  public init(head: HeadModel, definition: LandmarkDefinition) {
    func points(
      _ field: [SIMD3<Float>],
      _ place: KeyPath<LandmarkDefinition.Landmark, LandmarkDefinition.Place>
    ) -> [SIMD3<Double>] {
      definition.landmarks.map { SIMD3<Double>($0[keyPath: place].point(of: field)) }
    }
    mean = points(head.neutral, \.place)
    identity = head.identity.map { points($0, \.place) }
    expressions = head.expressions.map { points($0, \.motion) }
  }

  public func points(identity b: [Double], expression e: [Double]) -> [SIMD3<Double>] {
    var result = mean
    for (fields, coefficients) in [(identity, b), (expressions, e)] {
      for (field, coefficient) in zip(fields, coefficients) where coefficient != 0 {
        for i in result.indices { result[i] += coefficient * field[i] }
      }
    }
    return result
  }
}
