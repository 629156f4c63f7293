import CLNF
import TestSupport
import Testing

@testable import Measurement

@Suite struct PoseEstimatorTests {
  @Test(arguments: TestSeed.of([11, 12, 13]))
  func recoversThePoseOfATruePerspectiveView(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for trial in 0..<100 {
      let head = try SyntheticHead(&generator)
      let found = try #require(
        PoseEstimator(camera: head.camera).estimate(
          shape3D: head.shape3D, landmarks: head.landmarks,
          start: head.roughStart(&generator)))
      #expect(distance(found, head.pose) < 1e-6, "seed \(seed), trial \(trial)")
      #expect(turn(found, head.pose) < 1e-6, "seed \(seed), trial \(trial)")
    }
  }

  @Test func noStepAwayFromTheResultLowersTheError() throws {
    var generator = SeededGenerator(seed: TestSeed.of(5))
    let head = try SyntheticHead(&generator)
    let noisy = head.landmarks.map { $0 + generator.normal() }
    func cost(_ pose: HeadPose) -> Double {
      var moved = head
      moved.pose = pose
      return zip(moved.landmarks, noisy).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    }
    let found = try #require(
      PoseEstimator(camera: head.camera).estimate(
        shape3D: head.shape3D, landmarks: noisy, start: head.pose))
    let least = cost(found)
    #expect(least < cost(head.pose))
    for sign in [-1.0, 1] {
      for axis in 0..<3 {
        var moved = found
        moved.translation[axis] += sign * 0.01
        #expect(cost(moved) > least)
        var turned = found
        switch axis {
        case 0: turned.rotation.x += sign * 1e-5
        case 1: turned.rotation.y += sign * 1e-5
        default: turned.rotation.z += sign * 1e-5
        }
        #expect(cost(turned) > least)
      }
    }
  }

  /// With the last seed the cost is flat to its last digits 3 nm around the minimum.
  @Test(arguments: [TestSeed.of(6), 9087902721201375502])
  func theStartDoesNotShowInTheResult(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let head = try SyntheticHead(&generator)
    let noisy = head.landmarks.map { $0 + 2 * generator.normal() }
    let estimator = PoseEstimator(camera: head.camera)
    let first = try #require(
      estimator.estimate(shape3D: head.shape3D, landmarks: noisy, start: head.pose))
    for _ in 0..<20 {
      let other = try #require(
        estimator.estimate(
          shape3D: head.shape3D, landmarks: noisy, start: head.roughStart(&generator)))
      #expect(distance(first, other) < 1e-6)
      #expect(turn(first, other) < 1e-8)
    }
  }

  @Test func theSmallestNumberOfPointsIsEnough() throws {
    var generator = SeededGenerator(seed: TestSeed.of(7))
    let four = try SyntheticHead(&generator, points: 4)
    let found = try #require(
      PoseEstimator(camera: four.camera).estimate(
        shape3D: four.shape3D, landmarks: four.landmarks, start: four.pose))
    #expect(distance(found, four.pose) < 1e-6)
    let three = try SyntheticHead(&generator, points: 3)
    #expect(
      PoseEstimator(camera: three.camera).estimate(
        shape3D: three.shape3D, landmarks: three.landmarks, start: three.pose) == nil)
    let none = try SyntheticHead(&generator, points: 0)
    #expect(
      PoseEstimator(camera: none.camera).estimate(
        shape3D: [], landmarks: [], start: none.pose) == nil)
  }

  @Test(arguments: [TestSeed.of(8), 8_477_423_853_504_193_844])
  func pointsThatDoNotDetermineThePose(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var head = try SyntheticHead(&generator)
    let estimator = PoseEstimator(camera: head.camera)
    let n = head.count
    // All in one spot.
    head.shape3D = [Double](repeating: 10, count: 3 * n)
    #expect(
      estimator.estimate(
        shape3D: head.shape3D, landmarks: head.landmarks, start: head.pose) == nil)
    // All on a line, anywhere: a turn about it cannot be seen.
    for _ in 0..<100 {
      let at = (0..<3).map { _ in Double.random(in: -50...50, using: &generator) }
      let along = (0..<3).map { _ in Double.random(in: -1...1, using: &generator) }
      head.shape3D = (0..<3 * n).map { at[$0 / n] + Double($0 % n - 30) * along[$0 / n] }
      #expect(
        estimator.estimate(
          shape3D: head.shape3D, landmarks: head.landmarks, start: head.pose) == nil)
    }
  }

  @Test func aFlatShapeIsEnough() throws {
    var generator = SeededGenerator(seed: TestSeed.of(9))
    var head = try SyntheticHead(&generator)
    for i in 2 * head.count..<3 * head.count { head.shape3D[i] = 0 }
    let found = try #require(
      PoseEstimator(camera: head.camera).estimate(
        shape3D: head.shape3D, landmarks: head.landmarks, start: head.pose))
    #expect(distance(found, head.pose) < 1e-6)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e308])
  func valuesThatAreNoCoordinates(bad: Double) throws {
    var generator = SeededGenerator(seed: TestSeed.of(10))
    let head = try SyntheticHead(&generator)
    let estimator = PoseEstimator(camera: head.camera)
    var landmarks = head.landmarks
    landmarks[17] = bad
    #expect(
      estimator.estimate(shape3D: head.shape3D, landmarks: landmarks, start: head.pose) == nil)
    var shape3D = head.shape3D
    shape3D[17] = bad
    let found = estimator.estimate(
      shape3D: shape3D, landmarks: head.landmarks, start: head.pose)
    // So far away, a point that is turned towards the camera's front is seen in some direction.
    #expect(found == nil || bad.isFinite && found?.translation.z.isFinite == true)
    var start = head.pose
    start.translation.y = bad
    #expect(
      estimator.estimate(shape3D: head.shape3D, landmarks: head.landmarks, start: start) == nil)
    start = head.pose
    start.rotation.x = bad
    if !bad.isFinite {
      #expect(
        estimator.estimate(shape3D: head.shape3D, landmarks: head.landmarks, start: start) == nil)
    }
  }

  @Test func aStartBehindTheCameraIsRefused() throws {
    var generator = SeededGenerator(seed: TestSeed.of(14))
    let head = try SyntheticHead(&generator)
    for z in [0, 50, -500.0] {
      var start = head.pose
      start.translation.z = z
      #expect(
        PoseEstimator(camera: head.camera).estimate(
          shape3D: head.shape3D, landmarks: head.landmarks, start: start) == nil)
    }
  }

  @Test func noPoseFitsButTheSearchEnds() throws {
    var generator = SeededGenerator(seed: TestSeed.of(15))
    var ends = 0
    for _ in 0..<100 {
      let head = try SyntheticHead(&generator)
      let nonsense = (0..<136).map { _ in Double.random(in: 0...640, using: &generator) }
      let found = PoseEstimator(camera: head.camera).estimate(
        shape3D: head.shape3D, landmarks: nonsense, start: head.pose)
      if let found {
        ends += 1
        #expect(found.translation.z.isFinite && found.rotation.x.isFinite)
      }
    }
    #expect(ends > 50, "most searches end somewhere")
  }
}
