import Foundation
import TestSupport
import Testing

@testable import CLNF

/// What five points say of a head's pose.
@Suite struct PointPoseTests {
  static let shape: PointDistributionModel = {
    guard let model = try? FaceModel.default() else { preconditionFailure("no default model") }
    return model.shapeModel
  }()

  /// The five points of the mean shape at a pose.
  private func points(_ global: GlobalParameters) throws -> FacePoints {
    let local = [Double](repeating: 0, count: Self.shape.modeCount)
    let landmarks = Self.shape.landmarks(FaceParameters(global: global, local: local))
    return try #require(FacePoints(landmarks: landmarks))
  }

  private func degrees(_ pitch: Double, _ yaw: Double, _ roll: Double) -> RotationMatrix {
    let unit = Double.pi / 180
    return RotationMatrix(EulerAngles(x: 0, y: 0, z: roll * unit))
      * RotationMatrix(EulerAngles(x: pitch * unit, y: yaw * unit, z: 0))
  }

  /// The angle between two rotations, degrees.
  private func angle(_ a: RotationMatrix, _ b: RotationMatrix) -> Double {
    let turn = a.transposed * b
    let trace = turn.row0.x + turn.row1.y + turn.row2.z
    return acos(max(-1, min(1, (trace - 1) / 2))) * 180 / .pi
  }

  /// Without a prior the pose is that from which the points come.
  @Test(arguments: [
    (0.0, 0.0, 0.0), (0, 30, 0), (0, -60, 0), (10, 80, 0), (-15, 45, 50), (20, -30, -60),
    (5, 0, 120), (0, 10, 175),
  ])
  func pointsOfAPoseGiveIt(pitch: Double, yaw: Double, roll: Double) throws {
    var prior = PointPrior()
    (prior.yawDeviation, prior.pitchDeviation) = (1e4, 1e4)
    let rotation = degrees(pitch, yaw, roll)
    let global = GlobalParameters(scale: 0.8, rotation: EulerAngles(rotation), tx: 200, ty: 150)
    let found = try #require(Self.shape.globalParameters(points: points(global), prior: prior))
    #expect(angle(RotationMatrix(found.global.rotation), rotation) < 0.5)
    #expect(abs(found.global.scale / 0.8 - 1) < 0.01)
    #expect(abs(found.global.tx - 200) < 1 && abs(found.global.ty - 150) < 1)
    #expect(found.distance < 1e-3)
  }

  /// The prior draws towards the front, not past it, and does not touch the roll.
  @Test(arguments: [-70.0, -40, -20, 20, 40, 70])
  func thePriorDrawsToTheFront(yaw: Double) throws {
    for roll in [0.0, 35, -35] {
      let rotation = degrees(0, yaw, roll)
      let global = GlobalParameters(scale: 1, rotation: EulerAngles(rotation), tx: 100, ty: 100)
      let found = try #require(Self.shape.globalParameters(points: points(global)))
      let direction = RotationMatrix(found.global.rotation).rotate(SIMD3(0, 0, -1))
      let upright = degrees(0, 0, -roll).rotate(direction)
      let turned = atan2(upright.x, -upright.z) * 180 / .pi
      let truth = -yaw
      #expect(turned * truth > 0 && turned.magnitude < yaw.magnitude + 0.5, "\(turned)")
      #expect(turned.magnitude > 0.7 * yaw.magnitude, "\(turned)")
    }
  }

  /// Points that are off by some percent of the width turn the head by no more than that is worth.
  @Test func noisyPoints() throws {
    var generator = SeededGenerator(seed: TestSeed.of(1701))
    var errors: [Double] = []
    for yaw in stride(from: -60.0, through: 60, by: 15) {
      for _ in 0..<20 {
        let rotation = degrees(0, yaw, 10)
        let global = GlobalParameters(scale: 1, rotation: EulerAngles(rotation), tx: 0, ty: 0)
        var given = try points(global)
        func off() -> SIMD2<Double> {
          SIMD2(
            Double.random(in: -6...6, using: &generator),
            Double.random(in: -6...6, using: &generator))
        }
        given.rightEye += off()
        given.leftEye += off()
        given.noseTip += off()
        given.rightMouthCorner += off()
        given.leftMouthCorner += off()
        let found = try #require(Self.shape.globalParameters(points: given))
        errors.append(angle(RotationMatrix(found.global.rotation), rotation))
      }
    }
    errors.sort()
    #expect(errors[errors.count / 2] < 15, "\(errors[errors.count / 2])")
    #expect(errors[errors.count * 9 / 10] < 30, "\(errors[errors.count * 9 / 10])")
  }

  @Test func whatIsNoFace() throws {
    let one = SIMD2(10.0, 10.0)
    let same = FacePoints(
      rightEye: one, leftEye: one, noseTip: one, rightMouthCorner: one, leftMouthCorner: one)
    #expect(Self.shape.globalParameters(points: same) == nil)
    var broken = same
    broken.leftEye = SIMD2(.nan, 1)
    #expect(Self.shape.globalParameters(points: broken) == nil)
    broken.leftEye = SIMD2(1e300, 1)
    _ = Self.shape.globalParameters(points: broken)
  }
}
