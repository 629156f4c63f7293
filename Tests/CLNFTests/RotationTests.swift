import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Rotation matrices and Euler angles: known cases by hand, then laws on seeded random rotations.
struct RotationTests {
  private func elements(_ r: RotationMatrix) -> [Double] {
    [r.row0, r.row1, r.row2].flatMap { [$0.x, $0.y, $0.z] }
  }

  @Test func quarterTurnsAboutEachAxis() {
    let quarter = Double.pi / 2
    let cases: [(EulerAngles, [Double])] = [
      (EulerAngles(x: quarter, y: 0, z: 0), [1, 0, 0, 0, 0, -1, 0, 1, 0]),
      (EulerAngles(x: 0, y: quarter, z: 0), [0, 0, 1, 0, 1, 0, -1, 0, 0]),
      (EulerAngles(x: 0, y: 0, z: quarter), [0, -1, 0, 1, 0, 0, 0, 0, 1]),
    ]
    for (angles, expected) in cases {
      let matrix = RotationMatrix(angles)
      #expect(largestDifference(elements(matrix), expected) < 1e-15, "\(angles)")
      let axis = SIMD3(angles.x, angles.y, angles.z)
      #expect(largestDifference(elements(RotationMatrix(axisAngle: axis)), expected) < 1e-15)
    }
    #expect(elements(RotationMatrix(EulerAngles(x: 0, y: 0, z: 0))) == elements(.identity))
    #expect(RotationMatrix(axisAngle: [0, 0, 0]) == .identity)
  }

  /// x = 0.3, y = -0.4, z = 0.5 written out with R = Rx Ry Rz, each factor by hand.
  @Test func eulerAnglesMultiplyInTheOrderXYZ() {
    let (x, y, z) = (0.3, -0.4, 0.5)
    let rx = RotationMatrix([1, 0, 0], [0, cos(x), -sin(x)], [0, sin(x), cos(x)])
    let ry = RotationMatrix([cos(y), 0, sin(y)], [0, 1, 0], [-sin(y), 0, cos(y)])
    let rz = RotationMatrix([cos(z), -sin(z), 0], [sin(z), cos(z), 0], [0, 0, 1])
    let product = elements(rx * ry * rz)
    let direct = elements(RotationMatrix(EulerAngles(x: x, y: y, z: z)))
    #expect(largestDifference(direct, product) < 1e-15)
  }

  @Test func rotateTransposeAndMultiplyAgree() {
    let r = RotationMatrix(EulerAngles(x: 0.2, y: 0.7, z: -1.1))
    let v = SIMD3<Double>(1, -2, 3)
    let there = r.rotate(v)
    let back = r.transposed.rotate(there)
    #expect(largestDifference([back.x, back.y, back.z], [1, -2, 3]) < 1e-14)
    #expect(abs(there.x - (r.row0 * v).sum()) < 1e-15)
  }

  /// At y = +-pi/2 only x + z (or x - z) is determined: the matrix has to come back, the angles
  /// need not. Rounding errors of 1e-16 become 1e-8 in the angle, as asin is flat there.
  @Test(arguments: [Double.pi / 2, -Double.pi / 2])
  func gimbalLockKeepsTheMatrix(y: Double) {
    for x in [-1.2, 0, 0.6] {
      for z in [-0.9, 0, 1.4] {
        let matrix = RotationMatrix(EulerAngles(x: x, y: y, z: z))
        let angles = EulerAngles(matrix)
        #expect(abs(angles.y - y) < 1e-6)
        #expect(largestDifference(elements(RotationMatrix(angles)), elements(matrix)) < 1e-6)
      }
    }
  }

  /// On the way into the lock the matrix comes back at every distance.
  @Test func nearGimbalLockTheMatrixComesBack() {
    for exponent in 1...16 {
      for sign in [1.0, -1.0] {
        let y = sign * (Double.pi / 2 - pow(10, -Double(exponent)))
        let matrix = RotationMatrix(EulerAngles(x: 0.4, y: y, z: -0.9))
        let again = RotationMatrix(EulerAngles(matrix))
        let difference = largestDifference(elements(again), elements(matrix))
        #expect(difference < 1e-6, "1e-\(exponent) rad before \(sign) quarter turn")
      }
    }
  }

  @Test func halfTurnsComeBack() {
    for axis in [SIMD3<Double>(1, 0, 0), [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0]] {
      let matrix = RotationMatrix(axis: axis, angle: .pi)
      let again = RotationMatrix(EulerAngles(matrix))
      #expect(largestDifference(elements(again), elements(matrix)) < 1e-7, "about \(axis)")
    }
  }

  @Test func rotationsAreOrthonormalAndKeepHandedness() {
    let seed = TestSeed.of(101)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let angles = EulerAngles.random(within: 3, using: &generator)
      let r = RotationMatrix(angles)
      let product = elements(r * r.transposed)
      #expect(
        largestDifference(product, elements(.identity)) < 1e-14, "seed \(seed), \(angles)")
      let cross = SIMD3(
        r.row0.y * r.row1.z - r.row0.z * r.row1.y, r.row0.z * r.row1.x - r.row0.x * r.row1.z,
        r.row0.x * r.row1.y - r.row0.y * r.row1.x)
      #expect(abs((cross * r.row2).sum() - 1) < 1e-14, "determinant, seed \(seed), \(angles)")
    }
  }

  /// Angles with |y| < pi/2 and |x|, |z| < pi are unique and come back; 1e-9 because asin loses
  /// digits towards pi/2.
  @Test func eulerAnglesRoundTrip() {
    let seed = TestSeed.of(102)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      var angles = EulerAngles.random(within: 3.1, using: &generator)
      angles.y = Double.random(in: -1.5...1.5, using: &generator)
      let again = EulerAngles(RotationMatrix(angles))
      let difference = largestDifference(
        [again.x, again.y, again.z], [angles.x, angles.y, angles.z])
      #expect(difference < 1e-9, "seed \(seed), \(angles)")
    }
  }
}

extension EulerAngles {
  static func random(
    within limit: Double, using generator: inout SeededGenerator
  ) -> EulerAngles {
    EulerAngles(
      x: .random(in: -limit...limit, using: &generator),
      y: .random(in: -limit...limit, using: &generator),
      z: .random(in: -limit...limit, using: &generator))
  }
}
