import Testing

@testable import ModelTraining

/// LAPACK behind our interface: order, layout, sizes.
struct DenseAlgebraTests {
  @Test func eigenvectorsRebuildTheMatrix() throws {
    let order = 7
    var generator = SeededGenerator(seed: 3)
    var matrix = [Double](repeating: 0, count: order * order)
    for i in 0..<order {
      for j in 0...i {
        matrix[i * order + j] = generator.normal()
        matrix[j * order + i] = matrix[i * order + j]
      }
    }
    let eigen = try #require(DenseAlgebra.symmetricEigen(matrix, order: order))
    #expect(eigen.values == eigen.values.sorted(by: >))
    for i in 0..<order {
      for j in 0..<order {
        let sum = (0..<order).reduce(0.0) {
          $0 + eigen.values[$1] * eigen.vectors[$1][i] * eigen.vectors[$1][j]
        }
        #expect(abs(sum - matrix[i * order + j]) < 1e-12)
      }
    }
  }

  @Test func onlyTheUpperTriangleIsRead() throws {
    let eigen = try #require(DenseAlgebra.symmetricEigen([2, 1, 99, 2], order: 2))
    #expect(abs(eigen.values[0] - 3) < 1e-12 && abs(eigen.values[1] - 1) < 1e-12)
  }

  @Test func whatIsNotFiniteHasNoEigenvalues() {
    #expect(DenseAlgebra.symmetricEigen([1, .nan, .nan, 1], order: 2) == nil)
  }
}
