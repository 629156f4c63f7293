import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The normal equations, their Cholesky solution and Sigma's inverse, against their definitions.
struct LinearAlgebraTests {
  /// A positive definite matrix A A^T + I.
  private func definite(_ n: Int, using generator: inout SeededGenerator) -> [Double] {
    let a = (0..<n * n).map { _ in generator.normal() }
    return (0..<n * n).map { index in
      let (i, j) = (index / n, index % n)
      return (0..<n).reduce(i == j ? 1.0 : 0) { $0 + a[i * n + $1] * a[j * n + $1] }
    }
  }

  @Test func choleskySolvesAndLeavesTheUpperTriangleAlone() {
    let seed: UInt64 = 421
    var generator = SeededGenerator(seed: seed)
    for n in [1, 2, 3, 6, 11, 40] {
      let matrix = definite(n, using: &generator)
      let x = (0..<n).map { _ in generator.normal() }
      var b = (0..<n).map { i in (0..<n).reduce(0.0) { $0 + matrix[i * n + $1] * x[$1] } }
      var factor = matrix
      for i in 0..<n { for j in i + 1..<max(n, i + 1) { factor[i * n + j] = .nan } }
      let status = clnf_cholesky_factor(&factor, Int32(n))
      #expect(status == 0)
      clnf_cholesky_solve(factor, Int32(n), &b)
      #expect(largestDifference(b, x) < 1e-9, "seed \(seed), n \(n)")
      for i in 0..<n { for j in i + 1..<max(n, i + 1) { #expect(factor[i * n + j].isNaN) } }
    }
  }

  @Test func aFactorByHand() {
    // [[4, .], [2, 5]] = L L^T with L = [[2, 0], [1, 2]].
    var matrix = [4.0, 99, 2, 5]
    let status = clnf_cholesky_factor(&matrix, 2)
    #expect(status == 0)
    #expect(matrix == [2, 99, 1, 2])
  }

  @Test func whatIsNotPositiveDefiniteIsRefused() {
    for matrix in [
      [0.0, 0, 0, 0], [1, 0, 2, 1], [-1, 0, 0, 1], [.nan, 0, 0, 1], [1, 0, .nan, 1],
    ] {
      var copy = matrix
      let status = clnf_cholesky_factor(&copy, 2)
      #expect(status == -1, "\(matrix)")
      var (again, scratch) = (matrix, [Double](repeating: 0, count: 4))
      var inverse = [Float](repeating: 0, count: 16)
      let inverted = clnf_symmetric_inverse(&again, 2, 8, &scratch, &inverse)
      #expect(inverted == -1, "\(matrix)")
    }
  }

  /// Rounded to float once: 1e-6 of the largest element after multiplying back.
  @Test func inverses() {
    let seed: UInt64 = 422
    var generator = SeededGenerator(seed: seed)
    for n in [1, 2, 4, 7, 9, 25, 49] {
      let stride = (n + 7) / 8 * 8
      let matrix = definite(n, using: &generator)
      var (copy, scratch) = (matrix, [Double](repeating: .nan, count: n * n))
      var inverse = [Float](repeating: 7, count: n * stride)
      let status = clnf_symmetric_inverse(&copy, Int32(n), Int32(stride), &scratch, &inverse)
      #expect(status == 0)
      var largest = 0.0
      for i in 0..<n {
        for j in 0..<n {
          let product = (0..<n).reduce(0.0) {
            $0 + matrix[i * n + $1] * Double(inverse[$1 * stride + j])
          }
          largest = max(largest, abs(product - (i == j ? 1 : 0)))
          #expect(inverse[i * stride + j] == inverse[j * stride + i], "symmetric to the bit")
        }
        for j in n..<max(n, stride) { #expect(inverse[i * stride + j] == 7, "padding is left") }
      }
      #expect(largest < 1e-5 * Double(n), "seed \(seed), n \(n)")
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func normalEquations(set: InstructionSet) {
    let seed: UInt64 = 423
    var generator = SeededGenerator(seed: seed)
    for (rows, columns) in [(1, 1), (3, 2), (7, 6), (8, 6), (9, 7), (32, 11), (136, 40)] {
      let jacobian = (0..<rows * columns).map { _ in generator.normal() }
      let weights = (0..<rows).map { $0 % 3 == 0 ? 0 : Double.random(in: 0...2, using: &generator) }
      let residual = (0..<rows).map { _ in generator.normal() }
      var scratch = [Double](repeating: .nan, count: rows)
      var hessian = [Double](repeating: 77, count: columns * columns)
      var gradient = [Double](repeating: .nan, count: columns)
      set.kernels.pointee.normal_equations(
        jacobian, Int32(rows), Int32(columns), Int32(rows), weights, residual, &scratch, &hessian,
        &gradient)
      for a in 0..<columns {
        let g = (0..<rows).reduce(0.0) {
          $0 + weights[$1] * jacobian[a * rows + $1] * residual[$1]
        }
        #expect(abs(gradient[a] - g) < 1e-11, "seed \(seed), \(rows) x \(columns)")
        for b in 0...a {
          let h = (0..<rows).reduce(0.0) {
            $0 + weights[$1] * jacobian[a * rows + $1] * jacobian[b * rows + $1]
          }
          #expect(abs(hessian[a * columns + b] - h) < 1e-11, "seed \(seed), \(rows) x \(columns)")
        }
        for b in a + 1..<max(columns, a + 1) { #expect(hessian[a * columns + b] == 77) }
      }
    }
  }
}
