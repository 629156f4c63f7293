import CLNF
import Foundation
import TestSupport
import Testing
import Tracking

@testable import Measurement

@Suite struct HeadPoseTests {
  @Test func signsOfTheAngles() {
    func rotate(_ v: SIMD3<Double>, x: Double = 0, y: Double = 0, z: Double = 0) -> SIMD3<Double> {
      RotationMatrix(EulerAngles(x: x, y: y, z: z)).rotate(v)
    }
    let gaze = SIMD3<Double>(0, 0, -1)
    #expect(rotate(gaze, x: 0.1).y > 0, "positive pitch looks down")
    #expect(rotate(gaze, y: 0.1).x < 0, "positive yaw looks to the picture's left")
    #expect(rotate([1, 0, 0], z: 0.1).y > 0, "positive roll is clockwise in the picture")
  }

  @Test func onTheAxisBothRotationsAreTheSame() throws {
    let pose = HeadPose(
      translation: [0, 0, 600], rotation: EulerAngles(x: 0.1, y: -0.2, z: 0.3))
    let relative = try #require(pose.relativeToCamera())
    #expect(turn(pose, relative) < 1e-12)
  }

  @Test func aHeadThatFacesTheCameraFromTheSideHasNoYaw() throws {
    // 45 degrees to the camera's right and turned back by as much. Positive yaw turns object z
    // towards camera x: the face looks along -z, so it faces the camera with yaw +45 degrees.
    let pose = HeadPose(
      translation: [500, 0, 500], rotation: EulerAngles(x: 0, y: .pi / 4, z: 0))
    let relative = try #require(pose.relativeToCamera())
    #expect(abs(relative.rotation.x) < 1e-12)
    #expect(abs(relative.rotation.y) < 1e-12)
    #expect(abs(relative.rotation.z) < 1e-12)
    #expect(relative.translation == pose.translation)
  }

  @Test func withoutARayThereIsNoRelativePose() {
    let pose = HeadPose(translation: .zero, rotation: EulerAngles(x: 0, y: 0, z: 0))
    #expect(pose.relativeToCamera() == nil)
  }

  @Test func theGuessIsTheWeakPerspectiveView() throws {
    let camera = try CameraIntrinsics(fx: 500, fy: 250, cx: 320, cy: 240)
    let angles = EulerAngles(x: 0.1, y: 0.2, z: 0.3)
    let guess = try #require(
      HeadPose(
        approximating: GlobalParameters(scale: 2, rotation: angles, tx: 420, ty: 140),
        with: camera))
    #expect(guess.translation == [50, -100, 250])
    #expect(guess.rotation == angles)
  }

  @Test(arguments: [0, -1, .nan, .infinity, .leastNonzeroMagnitude])
  func aScaleThatIsNoneGivesNoGuess(scale: Double) throws {
    let camera = try CameraIntrinsics(width: 640, height: 480)
    let global = GlobalParameters(scale: scale, tx: 1, ty: 1)
    #expect(HeadPose(approximating: global, with: camera) == nil)
  }
}

@Suite struct FaceMeasurerTests {
  @Test func aFarFaceIsPlacedWhereItIs() throws {
    // Weak perspective is nearly true at 20 m with a long lens: both ways agree.
    var generator = SeededGenerator(seed: TestSeed.of(21))
    var head = try SyntheticHead(&generator)
    head.pose.translation = [100, 200, 20_000]
    head.camera = try CameraIntrinsics(fx: 20_000, fy: 20_000, cx: 320, cy: 240)
    var frame = TrackedFrame()
    frame.hasFit = true
    frame.landmarks = head.landmarks
    let seen = try #require(head.camera.project(head.pose.translation))
    frame.global = GlobalParameters(scale: 1, rotation: head.pose.rotation, tx: seen.x, ty: seen.y)
    var measurement = FaceMeasurement()
    FaceMeasurer(camera: head.camera).measure(
      frame: frame, shape3D: head.shape3D, into: &measurement)
    let pose = try #require(measurement.headPose)
    #expect(distance(pose, head.pose) < 1e-3)
    #expect(measurement.cameraRelativePose == pose.relativeToCamera())
    let r = RotationMatrix(head.pose.rotation)
    for i in 0..<head.count {
      let truth = r.rotate(head.point(i)) + head.pose.translation
      #expect(abs(measurement.landmarks3D[i] - truth.x) < 1e-6)
      #expect(abs(measurement.landmarks3D[68 + i] - truth.y) < 1e-6)
      #expect(abs(measurement.landmarks3D[136 + i] - truth.z) < 1e-6)
    }
  }

  @Test func aFrameWithoutAFitForgetsTheFaceAndKeepsTheMemory() throws {
    var generator = SeededGenerator(seed: TestSeed.of(22))
    let head = try SyntheticHead(&generator)
    var frame = TrackedFrame()
    frame.hasFit = true
    frame.landmarks = head.landmarks
    frame.global = GlobalParameters(scale: 1, rotation: head.pose.rotation, tx: 320, ty: 240)
    let measurer = FaceMeasurer(camera: head.camera)
    var measurement = FaceMeasurement()
    measurer.measure(frame: frame, shape3D: head.shape3D, into: &measurement)
    #expect(measurement.landmarks3D.count == 204)
    let memory = measurement.landmarks3D.withUnsafeBufferPointer { $0.baseAddress }
    frame.hasFit = false
    measurer.measure(frame: frame, shape3D: [], into: &measurement)
    #expect(measurement == FaceMeasurement())
    frame.hasFit = true
    measurer.measure(frame: frame, shape3D: head.shape3D, into: &measurement)
    #expect(measurement.landmarks3D.withUnsafeBufferPointer { $0.baseAddress } == memory)
  }

  @Test func aFitOfNoSizeMeasuresNothing() throws {
    var frame = TrackedFrame()
    frame.hasFit = true
    frame.landmarks = [Double](repeating: 1, count: 136)
    frame.global = GlobalParameters(scale: 0, tx: 0, ty: 0)
    var measurement = FaceMeasurement()
    FaceMeasurer(camera: try CameraIntrinsics(width: 640, height: 480)).measure(
      frame: frame, shape3D: [Double](repeating: 1, count: 204), into: &measurement)
    #expect(measurement == FaceMeasurement())
  }
}
