import CLNFKernels

@testable import CLNF

extension PointDistributionModel {
  /// The Jacobian of the 2n projected coordinates, column after column, as the normal equations have
  /// it: their right side for a residual of 1 in one coordinate is that coordinate's row.
  func jacobian(
    shape: [Double], global: GlobalParameters, rigid: Bool, _ set: InstructionSet
  ) -> [Double] {
    let (rows, columns) = (2 * landmarkCount, rigid ? 6 : parameterCount)
    let equations = ShapeEquations(self)
    equations.setWeights { _ in 1 }
    var jacobian = [Double](repeating: .nan, count: rows * columns)
    var hessian = [Double](repeating: .nan, count: columns * columns)
    for row in 0..<rows {
      var residual = [Double](repeating: 0, count: rows)
      residual[row] = 1
      var gradient = [Double](repeating: .nan, count: columns)
      equations.fill(
        shape: shape, global: global, residual: residual, rigid: rigid, kernels: set.kernels,
        hessian: &hessian, gradient: &gradient)
      for column in 0..<columns { jacobian[column * rows + row] = gradient[column] }
    }
    return jacobian
  }
}

extension SigmaMatrices {
  /// A landmark's matrix, row by row, from its products with unit vectors.
  func matrix(of landmark: Int, _ set: InstructionSet = .best) -> [Double] {
    let kernels = set.kernels.pointee
    let start = matrices.pointer + landmark * landmarkStride
    let window = Int(Double(order).squareRoot())
    var scratch = [Float](repeating: .nan, count: 3 * order)
    return (0..<order).flatMap { row in
      var unit = [Float](repeating: 0, count: order)
      unit[row] = 1
      var out = [Float](repeating: .nan, count: order)
      if isFolded {
        kernels.folded_multiply(start, Int32(window), unit, &scratch, &out)
      } else {
        kernels.symmetric_multiply(
          start, Int32(order), Int32(landmarkStride / order), unit, &out)
      }
      return out.map(Double.init)
    }
  }
}
