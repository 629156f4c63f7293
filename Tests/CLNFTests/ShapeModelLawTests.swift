import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Laws of the shape model on seeded random shape models and parameters.
struct ShapeModelLawTests {
  /// A face-like model: points spread over 100 mm, orthonormal modes, variances of some 50 mm^2.
  private func randomModel(
    landmarks n: Int, modes m: Int, using generator: inout SeededGenerator
  ) throws -> PointDistributionModel {
    let mean = (0..<3 * n).map { _ in Double.random(in: -50...50, using: &generator) }
    var modes: [[Double]] = []
    while modes.count < m {
      var mode = (0..<3 * n).map { _ in generator.normal() }
      for other in modes {
        let dot = zip(mode, other).reduce(0) { $0 + $1.0 * $1.1 }
        for i in mode.indices { mode[i] -= dot * other[i] }
      }
      let norm = mode.reduce(0) { $0 + $1 * $1 }.squareRoot()
      modes.append(mode.map { $0 / norm })
    }
    let variances = (0..<m).map { _ in Double.random(in: 20...90, using: &generator) }
    return try PointDistributionModel(mean: mean, modes: modes.flatMap { $0 }, variances: variances)
  }

  private func randomParameters(
    _ model: PointDistributionModel, using generator: inout SeededGenerator
  ) -> FaceParameters {
    FaceParameters(
      global: GlobalParameters(
        scale: .random(in: 0.5...3, using: &generator),
        rotation: .random(within: 0.6, using: &generator),
        tx: .random(in: 50...400, using: &generator), ty: .random(in: 50...400, using: &generator)),
      local: model.variances.map { generator.normal() * $0.squareRoot() })
  }

  /// The prior pulls q towards 0, so the shape comes back nearly: at 1 px/mm and more the pull of
  /// Lambda against J^T J leaves well below 1 % of the face's size.
  @Test func projectedParametersAreRecovered() throws {
    let seed = TestSeed.of(201)
    var generator = SeededGenerator(seed: seed)
    for number in 0..<20 {
      let model = try randomModel(landmarks: 30, modes: 4, using: &generator)
      var parameters = randomParameters(model, using: &generator)
      parameters.global.scale = .random(in: 1...3, using: &generator)
      let landmarks = model.landmarks(parameters)
      let found = try #require(model.parameters(landmarks: landmarks))
      let comment: Comment = "seed \(seed), case \(number)"
      let rest = meanDistance(model.landmarks(found), landmarks)
      #expect(rest < 0.25 * parameters.global.scale, comment)
      #expect(abs(found.global.scale / parameters.global.scale - 1) < 0.01, comment)
      #expect(abs(found.global.rotation.x - parameters.global.rotation.x) < 0.02, comment)
      #expect(abs(found.global.rotation.y - parameters.global.rotation.y) < 0.02, comment)
      #expect(abs(found.global.rotation.z - parameters.global.rotation.z) < 0.02, comment)
      #expect(largestDifference(found.local, parameters.local) < 1, comment)
    }
  }

  /// Landmarks that are said to be far off are hardly listened to; those that are exact are.
  @Test func landmarksCountAsFarAsTheyAreSure() throws {
    let seed = TestSeed.of(204)
    var generator = SeededGenerator(seed: seed)
    for number in 0..<20 {
      let model = try randomModel(landmarks: 30, modes: 4, using: &generator)
      let parameters = randomParameters(model, using: &generator)
      var landmarks = model.landmarks(parameters)
      var deviations = [Double](repeating: 0.05, count: 30)
      var start = parameters.global
      start.rotation.y += 0.3
      start.scale *= 1.2
      start.tx += 20
      for wrong in [3, 4, 17] {
        landmarks[wrong] += 60
        landmarks[30 + wrong] -= 40
        deviations[wrong] = 1e5
      }
      let comment: Comment = "seed \(seed), case \(number)"
      let found = try #require(
        model.parameters(
          nearest: LandmarkEstimate(points: landmarks, deviations: deviations), from: start),
        comment)
      let rest = meanDistance(model.landmarks(found), model.landmarks(parameters))
      #expect(rest < 0.02 * parameters.global.scale, comment)
      // All unsure: the mean shape.
      let unsure = try #require(
        model.parameters(
          nearest: LandmarkEstimate(
            points: model.landmarks(parameters), deviations: [Double](repeating: 1e4, count: 30)),
          from: start), comment)
      #expect(unsure.local.allSatisfy { abs($0) < 0.05 }, comment)
    }
  }

  @Test func unusableLandmarksOrDeviationsGiveNoParameters() throws {
    var generator = SeededGenerator(seed: TestSeed.of(205))
    let model = try randomModel(landmarks: 8, modes: 2, using: &generator)
    let parameters = randomParameters(model, using: &generator)
    let landmarks = model.landmarks(parameters)
    let sure = [Double](repeating: 1, count: 8)
    for bad in [Double.nan, .infinity] {
      var wrong = landmarks
      wrong[9] = bad
      let estimate = LandmarkEstimate(points: wrong, deviations: sure)
      #expect(model.parameters(nearest: estimate, from: parameters.global) == nil)
    }
    for bad in [Double.nan, .infinity, 0, -1] {
      var wrong = sure
      wrong[2] = bad
      let estimate = LandmarkEstimate(points: landmarks, deviations: wrong)
      #expect(model.parameters(nearest: estimate, from: parameters.global) == nil)
    }
  }

  @Test func landmarksThatSayNothingGiveNoParameters() throws {
    var generator = SeededGenerator(seed: TestSeed.of(202))
    let model = try randomModel(landmarks: 8, modes: 2, using: &generator)
    var landmarks = [Double](repeating: 0, count: 16)
    #expect(model.parameters(landmarks: landmarks) == nil)
    for i in 0..<2 { landmarks[i] = 5 + Double(i) }
    #expect(model.parameters(landmarks: landmarks) == nil, "two landmarks")
    landmarks = [Double](repeating: 7, count: 16)
    #expect(model.parameters(landmarks: landmarks) == nil, "all in one place")
    landmarks[3] = .nan
    #expect(model.parameters(landmarks: landmarks) == nil, "not a number")
  }

  /// Central differences through `update`, which is how a column is meant. Step 1e-5: truncation
  /// 1e-10 and rounding 1e-11 of coordinates up to some hundreds px, so 1e-6 relative.
  @Test func jacobianIsTheDerivativeOfUpdate() throws {
    let seed = TestSeed.of(203)
    var generator = SeededGenerator(seed: seed)
    for n in [3, 5, 16, 17] {
      let model = try randomModel(landmarks: n, modes: 2, using: &generator)
      let parameters = randomParameters(model, using: &generator)
      let shape = model.shape3D(local: parameters.local)
      let columns = model.parameterCount
      for set in InstructionSet.allCases {
        let jacobian = model.jacobian(
          shape: shape, global: parameters.global, rigid: false, set)
        for column in 0..<columns {
          let step = 1e-5
          func moved(_ amount: Double) -> [Double] {
            var moved = parameters
            var delta = [Double](repeating: 0, count: columns)
            delta[column] = amount
            model.update(global: &moved.global, local: &moved.local, delta: delta)
            return model.landmarks(moved)
          }
          let numeric = zip(moved(step), moved(-step)).map { ($0 - $1) / (2 * step) }
          let analytic = Array(jacobian[column * 2 * n..<(column + 1) * 2 * n])
          #expect(
            relativeDifference(analytic, numeric) < 1e-6, "seed \(seed), n \(n), column \(column)")
        }
        let rigid = model.jacobian(shape: shape, global: parameters.global, rigid: true, set)
        #expect(rigid == Array(jacobian.prefix(2 * n * 6)))
      }
    }
  }

  /// The nearest rotation to I + [w]x by Newton's polar iteration M <- (M + M^-T) / 2, which needs
  /// no decomposition and shares nothing with the closed form.
  @Test func updateTurnsByTheOrthonormalisedSmallRotation() throws {
    let seed = TestSeed.of(204)
    var generator = SeededGenerator(seed: seed)
    let model = try randomModel(landmarks: 4, modes: 1, using: &generator)
    for _ in 0..<200 {
      var global = GlobalParameters(
        scale: 1, rotation: .random(within: 0.8, using: &generator), tx: 3, ty: 4)
      let before = RotationMatrix(global.rotation)
      let w = (0..<3).map { _ in Double.random(in: -0.5...0.5, using: &generator) }
      let small = RotationMatrix([1, -w[2], w[1]], [w[2], 1, -w[0]], [-w[1], w[0], 1])
      let expected = before * polarRotation(small)
      model.update(
        global: &global, local: nil, delta: [0.25, w[0], w[1], w[2], -1, 2])
      let actual = RotationMatrix(global.rotation)
      for (a, b) in [
        (actual.row0, expected.row0), (actual.row1, expected.row1), (actual.row2, expected.row2),
      ] {
        #expect(((a - b) * (a - b)).sum() < 1e-24, "seed \(seed), w \(w)")
      }
      #expect(global.scale == 1.25 && global.tx == 2 && global.ty == 6)
    }
  }

  private func polarRotation(_ matrix: RotationMatrix) -> RotationMatrix {
    var m = matrix
    for _ in 0..<30 {
      // The inverse's transpose is the matrix of cofactors over the determinant.
      let (a, b, c) = (m.row0, m.row1, m.row2)
      let (u, v, w) = (cross(b, c), cross(c, a), cross(a, b))
      let determinant = (a * u).sum()
      m = RotationMatrix(
        (a + u / determinant) / 2, (b + v / determinant) / 2, (c + w / determinant) / 2)
    }
    return m
  }

  private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
  }

  @Test func noTurnLeavesTheRotationToTheBit() throws {
    var generator = SeededGenerator(seed: TestSeed.of(205))
    let model = try randomModel(landmarks: 4, modes: 1, using: &generator)
    let rotation = EulerAngles(x: 0.1, y: 0.2, z: 0.3)
    var global = GlobalParameters(scale: 1, rotation: rotation, tx: 0, ty: 0)
    model.update(global: &global, local: nil, delta: [0, 0, 0, 0, 0, 0])
    #expect(global.rotation == rotation)
  }

  /// Centre on centre, and the mean of both ratios as scale.
  @Test func aBoxIsFilled() throws {
    let seed = TestSeed.of(206)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let model = try randomModel(landmarks: 12, modes: 3, using: &generator)
      let local = model.variances.map { generator.normal() * $0.squareRoot() }
      let box = FaceBox(
        x: .random(in: -50...50, using: &generator), y: .random(in: -50...50, using: &generator),
        width: .random(in: 20...300, using: &generator),
        height: .random(in: 20...300, using: &generator))
      let global = model.globalParameters(
        box: box, local: local, rotation: .random(within: 0.5, using: &generator))
      let points = model.landmarks(FaceParameters(global: global, local: local))
      let extents = Extents(points, 12) { _ in true }
      #expect(abs(extents.centerX - box.center.x) < 1e-9, "seed \(seed)")
      #expect(abs(extents.centerY - box.center.y) < 1e-9, "seed \(seed)")
      let ratios = box.width / extents.width + box.height / extents.height
      #expect(abs(ratios / 2 - 1) < 1e-9, "seed \(seed)")
    }
  }

  @Test func clampKeepsThreeDeviationsAndARightAngle() throws {
    let model = try PointDistributionModel(
      mean: [0, 1, 2, 3, 4, 5, 6, 7, 8], modes: [Double](repeating: 1 / 3, count: 18),
      variances: [4, 9])
    var global = GlobalParameters(
      scale: 0.1, rotation: EulerAngles(x: 2, y: -2, z: 0.4), tx: 1e6, ty: -1e6)
    var local = [6.5, -9.5]
    model.clamp(global: &global, local: &local)
    #expect(local == [6, -9])
    #expect(global.rotation == EulerAngles(x: .pi / 2, y: -.pi / 2, z: 0.4))
    #expect(global.tx == 1e6 && global.scale == 0.1, "nothing else is clamped")
  }
}
