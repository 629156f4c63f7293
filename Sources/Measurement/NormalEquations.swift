/// J^T J and J^T r of a least-squares problem with six unknowns, in place: no heap memory.
struct NormalEquations6 {
  /// J^T J, row by row; `add` fills the lower triangle only.
  private var matrix = InlineArray<36, Double>(repeating: 0)
  /// J^T r.
  private var gradient = InlineArray<6, Double>(repeating: 0)
  /// The sum of r^2.
  private(set) var cost = 0.0

  /// Adds one row of J and its residual (observed minus predicted).
  mutating func add(_ row: InlineArray<6, Double>, residual: Double) {
    for i in 0..<6 {
      for j in 0...i { matrix[6 * i + j] += row[i] * row[j] }
      gradient[i] += row[i] * residual
    }
    cost += residual * residual
  }

  /// The step of (J^T J + damping diag(J^T J)) step = J^T r (Marquardt 1963), by Cholesky.
  ///
  /// The unknowns are first scaled to a unit diagonal, so that radians and millimetres compare.
  /// nil where the scaled matrix has a pivot below `smallestPivot`: the points do not determine
  /// the unknowns.
  func solve(damping: Double, smallestPivot: Double) -> InlineArray<6, Double>? {
    var scale = InlineArray<6, Double>(repeating: 0)
    for i in 0..<6 {
      let diagonal = matrix[7 * i]
      guard diagonal > 0, diagonal.isFinite else { return nil }
      scale[i] = 1 / diagonal.squareRoot()
    }
    // L of L L^T, in the lower triangle.
    var lower = InlineArray<36, Double>(repeating: 0)
    for i in 0..<6 {
      for j in 0...i {
        var sum = matrix[6 * i + j] * scale[i] * scale[j]
        if i == j { sum += damping }
        for k in 0..<j { sum -= lower[6 * i + k] * lower[6 * j + k] }
        if i == j {
          guard sum > smallestPivot else { return nil }
          lower[7 * i] = sum.squareRoot()
        } else {
          lower[6 * i + j] = sum / lower[7 * j]
        }
      }
    }
    var step = InlineArray<6, Double>(repeating: 0)
    for i in 0..<6 {
      var sum = gradient[i] * scale[i]
      for k in 0..<i { sum -= lower[6 * i + k] * step[k] }
      step[i] = sum / lower[7 * i]
    }
    for i in (0..<6).reversed() {
      var sum = step[i]
      for k in (i + 1)..<6 { sum -= lower[6 * k + i] * step[k] }
      step[i] = sum / lower[7 * i]
    }
    for i in 0..<6 {
      step[i] *= scale[i]
      guard step[i].isFinite else { return nil }
    }
    return step
  }
}
