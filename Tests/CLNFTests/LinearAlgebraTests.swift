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
    let seed = TestSeed.of(421)
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
    let seed = TestSeed.of(422)
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

  /// Against J^T W J and J^T W r, by their definition, at sizes that do and do not fill vectors.
  @Test(arguments: InstructionSet.allCases)
  func normalEquations(set: InstructionSet) throws {
    let seed = TestSeed.of(423)
    var generator = SeededGenerator(seed: seed)
    for (n, modes) in [(3, 1), (4, 2), (5, 3), (16, 5), (17, 6), (28, 10), (68, 34)] {
      let model = try PointDistributionModel(
        mean: (0..<3 * n).map { _ in 40 * generator.normal() },
        modes: (0..<3 * n * modes).map { _ in generator.normal() },
        variances: [Double](repeating: 1, count: modes))
      let global = GlobalParameters(
        scale: Double.random(in: 0.3...3, using: &generator),
        rotation: .random(within: 1, using: &generator), tx: 5, ty: 7)
      let shape = model.shape3D(local: (0..<modes).map { _ in generator.normal() })
      let residual = (0..<2 * n).map { _ in generator.normal() }
      let equations = ShapeEquations(model)
      // The second time with other weights than those that sums are kept of.
      for round in 0..<2 {
        let weights = (0..<n).map {
          ($0 + round) % 3 == 0 ? 0 : Double.random(in: 0...2, using: &generator)
        }
        equations.setWeights { weights[$0] }
        for rigid in [true, false] {
          let columns = rigid ? 6 : model.parameterCount
          let jacobian = model.jacobian(shape: shape, global: global, rigid: rigid, set)
          var hessian = [Double](repeating: 77, count: columns * columns)
          var gradient = [Double](repeating: .nan, count: columns)
          equations.fill(
            shape: shape, global: global, residual: residual, rigid: rigid, kernels: set.kernels,
            hessian: &hessian, gradient: &gradient)
          func product(_ a: Int, _ b: (Int) -> Double) -> Double {
            (0..<2 * n).reduce(0.0) { $0 + weights[$1 % n] * jacobian[a * 2 * n + $1] * b($1) }
          }
          let note = "seed \(seed), \(n) landmarks, \(modes) modes"
          for a in 0..<columns {
            // Sums of 2n products of sizes up to some 1e4.
            #expect(abs(gradient[a] - product(a) { residual[$0] }) < 1e-8, "\(note)")
            for b in 0...a {
              let expected = product(a) { jacobian[b * 2 * n + $0] }
              #expect(
                abs(hessian[a * columns + b] - expected) < 1e-12 * (1e6 + abs(expected)), "\(note)")
            }
            for b in a + 1..<max(columns, a + 1) { #expect(hessian[a * columns + b] == 77) }
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func solutions(set: InstructionSet) {
    let seed = TestSeed.of(424)
    var generator = SeededGenerator(seed: seed)
    for n in [1, 2, 3, 4, 5, 6, 11, 18, 40, 41] {
      let matrix = definite(n, using: &generator)
      let x = (0..<n).map { _ in generator.normal() }
      var b = (0..<n).map { i in (0..<n).reduce(0.0) { $0 + matrix[i * n + $1] * x[$1] } }
      var work = matrix
      for i in 0..<n { for j in i + 1..<max(n, i + 1) { work[i * n + j] = .nan } }
      var scratch = [Double](repeating: .nan, count: n)
      let status = set.kernels.pointee.solve(&work, Int32(n), &b, &scratch)
      #expect(status == 0)
      #expect(largestDifference(b, x) < 1e-9, "seed \(seed), n \(n)")
    }
    for matrix in [
      [0.0, 0, 0, 0], [1, 0, 2, 1], [-1, 0, 0, 1], [.nan, 0, 0, 1], [1, 0, .nan, 1],
    ] {
      var (work, b, scratch) = (matrix, [1.0, 1], [0.0, 0])
      #expect(set.kernels.pointee.solve(&work, 2, &b, &scratch) == -1, "\(matrix)")
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func combinations(set: InstructionSet) {
    let seed = TestSeed.of(425)
    var generator = SeededGenerator(seed: seed)
    for length in [1, 3, 4, 5, 15, 16, 17, 33, 204] {
      for count in [0, 1, 2, 34] {
        let base = (0..<length).map { _ in generator.normal() }
        let vectors = (0..<length * count).map { _ in generator.normal() }
        let factors = (0..<count).map { _ in generator.normal() }
        var out = [Double](repeating: .nan, count: length)
        set.kernels.pointee.combine(
          base, vectors, Int32(count), Int32(length), factors, &out)
        let expected = (0..<length).map { i in
          (0..<count).reduce(base[i]) { $0 + factors[$1] * vectors[$1 * length + i] }
        }
        #expect(largestDifference(out, expected) < 1e-12, "seed \(seed), \(count) of \(length)")
      }
    }
  }
}
