import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The density estimate and its mean shift on maps that can be worked out by hand.
struct MeanShiftTests {
  /// Runs `body` with a mean shift over windows of `window`.
  private func with<Result>(
    _ window: Int, sigma: Double = 1.5, _ kernel: FitSettings.DensityKernel,
    set: InstructionSet = .best, _ body: (MeanShift) -> Result
  ) -> Result {
    body(
      MeanShift(
        windowSize: window, kernelWidth: sigma, kernel: kernel, kernels: set.kernels))
  }

  @Test(arguments: [FitSettings.DensityKernel.exact, .tabulated])
  func aSingleResponseIsReachedInOneShift(kernel: FitSettings.DensityKernel) {
    with(7, kernel) { meanShift in
      var map = [Float](repeating: 0, count: 49)
      map[2 * 7 + 5] = 0.3  // row 2, column 5
      let shift = meanShift.shift(map, x: 3.25, y: 3.5)
      #expect(abs(shift.x - 1.75) < 1e-12)
      #expect(abs(shift.y + 1.5) < 1e-12)
    }
  }

  @Test func aUniformMapHasNoShiftInItsMiddleAndPullsInwardsElsewhere() {
    with(9, .exact) { meanShift in
      let map = [Float](repeating: 0.5, count: 81)
      let middle = meanShift.shift(map, x: 4, y: 4)
      #expect(abs(middle.x) < 1e-12 && abs(middle.y) < 1e-12)
      let corner = meanShift.shift(map, x: 0, y: 8)
      #expect(corner.x > 0.5 && corner.y < -0.5)
      #expect(abs(corner.x + corner.y) < 1e-12, "symmetric")
    }
  }

  /// Two responses of 1 and 3 as far away as each other: the mean lies three quarters along.
  @Test func responsesWeigh() {
    with(5, .exact) { meanShift in
      var map = [Float](repeating: 0, count: 25)
      map[2 * 5 + 0] = 1
      map[2 * 5 + 4] = 3
      let shift = meanShift.shift(map, x: 2, y: 2)
      #expect(abs(shift.x - 1) < 1e-12 && abs(shift.y) < 1e-12)
    }
  }

  @Test(arguments: [FitSettings.DensityKernel.exact, .tabulated])
  func aMapOfZerosDoesNotShift(kernel: FitSettings.DensityKernel) {
    with(11, kernel) { meanShift in
      let map = [Float](repeating: 0, count: 121)
      let shift = meanShift.shift(map, x: 5.3, y: -2)
      #expect(shift.x == 0 && shift.y == 0)
      #expect(meanShift.density(map, x: 5.3, y: -2) == 0)
    }
  }

  /// Places are clamped to 0 ... w - 0.1 for the weights and for the subtraction.
  @Test(arguments: [FitSettings.DensityKernel.exact, .tabulated])
  func placesOutsideTheWindowCountAsItsEdge(kernel: FitSettings.DensityKernel) {
    with(5, kernel) { meanShift in
      let map = (0..<25).map { Float($0 % 7) }
      for (outside, inside) in [(-3.0, 0.0), (5, 4.9), (4.95, 4.9), (100, 4.9)] {
        let a = meanShift.shift(map, x: outside, y: 2)
        let b = meanShift.shift(map, x: inside, y: 2)
        #expect(a.x == b.x && a.y == b.y, "\(outside)")
      }
      let different = meanShift.shift(map, x: 4.7, y: 2)
      let edge = meanShift.shift(map, x: 9, y: 2)
      #expect(different.x != edge.x)
    }
  }

  /// The tabulated kernel's weights are those of the exact kernel at the node floor(10 d + 0.5) / 10;
  /// the unrounded place is subtracted.
  @Test func tabulatedWeightsAreThoseOfTheNearestNode() {
    let map = (0..<49).map { Float(($0 * 37) % 11) / 11 }
    let cases: [(Double, Double)] = [
      (3.0, 3.0), (3.04, 3.0), (3.06, 3.1), (3.14, 3.1), (2.96, 3.0), (0.02, 0.0), (6.88, 6.9),
      (3.25, 3.3),  // 10 d = 32.5 exactly: rounded up
    ]
    for (place, node) in cases {
      let tabulated = with(7, .tabulated) { $0.shift(map, x: place, y: place) }
      let exact = with(7, .exact) { $0.shift(map, x: node, y: node) }
      #expect(abs(tabulated.x - (exact.x + node - place)) < 1e-12, "\(place)")
      #expect(abs(tabulated.y - (exact.y + node - place)) < 1e-12, "\(place)")
    }
  }

  /// The density is the kernel-weighted sum, exact and unclamped whatever the kernel of the shift.
  @Test(arguments: [FitSettings.DensityKernel.exact, .tabulated])
  func theDensityIsExactAndUnclamped(kernel: FitSettings.DensityKernel) {
    with(5, sigma: 2, kernel) { meanShift in
      var map = [Float](repeating: 0, count: 25)
      map[1 * 5 + 3] = 0.5
      let expected = 0.5 * exp(-((5.23 - 3) * (5.23 - 3) + (-1.0 - 1) * (-1.0 - 1)) / 8)
      #expect(abs(meanShift.density(map, x: 5.23, y: -1) - expected) < 1e-15)
    }
  }

  /// Against the definition, with exponentials of the system's library, summed over the window without using that the Gaussian is separable.
  @Test(arguments: InstructionSet.allCases)
  func agreesWithTheDefinition(set: InstructionSet) {
    let seed = TestSeed.of(302)
    var generator = SeededGenerator(seed: seed)
    for window in Array(3...33) + [63] {
      let map = (0..<window * window).map { _ in Float.random(in: 0...1, using: &generator) }
      let limit = Double(window) - 0.1
      let (x, y) = (
        Double.random(in: 0...limit, using: &generator),
        Double.random(in: 0...limit, using: &generator)
      )
      var (total, mx, my) = (0.0, 0.0, 0.0)
      for row in 0..<window {
        for column in 0..<window {
          let (dx, dy) = (x - Double(column), y - Double(row))
          let weight = Double(map[row * window + column]) * exp(-(dx * dx + dy * dy) / 4.5)
          total += weight
          mx += weight * Double(column)
          my += weight * Double(row)
        }
      }
      let shift = with(window, .exact, set: set) { $0.shift(map, x: x, y: y) }
      #expect(abs(shift.x - (mx / total - x)) < 1e-11, "seed \(seed), window \(window)")
      #expect(abs(shift.y - (my / total - y)) < 1e-11, "seed \(seed), window \(window)")
    }
  }
}
