import CLNF
import Foundation
import Measurement
import TestSupport
import Testing
import Tracking

@testable import Recording

private struct Received: Decodable {
  var time: Double
  var id: Int
  var resolution: [Double]
  var rightEyeOpen, leftEyeOpen: Double
  var got3DPoints: Bool
  var fit3DError: Double
  var rawQuaternion, rotation: [Double]
  var confidence: [Double]
  var points, points3D: [[Double]]
  var features: [String: Double]
  var avatarRotation, avatarPosition: [Double]
}

/// A face whose landmarks lie at `shape` around the nose's tip, in object space.
private func face(
  _ rotation: EulerAngles, _ translation: SIMD3<Double>, _ shape: [SIMD3<Double>]
) -> (TrackedFrame, FaceMeasurement) {
  var frame = sampleFrame(landmarks: 68)
  var measurement = FaceMeasurement()
  measurement.headPose = HeadPose(translation: translation, rotation: rotation)
  let points = shape.map { RotationMatrix(rotation).rotate($0) + translation }
  measurement.landmarks3D = points.map(\.x) + points.map(\.y) + points.map(\.z)
  frame.landmarks = points.map { 500 * $0.x / $0.z + 320 } + points.map { 500 * $0.y / $0.z + 240 }
  return (frame, measurement)
}

/// Millimetres; the nose's tip is the origin, eyes and mouth are as open as asked.
private func shape(right: Double, left: Double, mouth: Double) -> [SIMD3<Double>] {
  var points = (0..<68).map { index -> SIMD3<Double> in
    [Double(index % 9) * 11 - 44, Double(index / 9) * 12 - 44, 30]
  }
  points[30] = .zero
  for (first, x, openness) in [(36, -45.0, right), (42, 15.0, left)] {
    // 30 mm wide, at height -35.
    let half = 15 * openness
    points[first] = SIMD3(x, -35, 25)
    points[first + 1] = SIMD3(x + 10, -35 - half, 25)
    points[first + 2] = SIMD3(x + 20, -35 - half, 25)
    points[first + 3] = SIMD3(x + 30, -35, 25)
    points[first + 4] = SIMD3(x + 20, -35 + half, 25)
    points[first + 5] = SIMD3(x + 10, -35 + half, 25)
  }
  points[62] = SIMD3(0, 35, 10)
  points[66] = SIMD3(0, 35 + 90 * mouth, 10)
  return points
}

private func isClose(_ a: [Double], _ b: [Double], within tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
}

@Suite struct OpenSeeFaceTests {
  @Test func thePacketHas1785Bytes() {
    let (frame, measurement) = face(
      EulerAngles(x: 0, y: 0, z: 0), [0, 0, 600], shape(right: 0.2, left: 0.2, mouth: 0))
    var packet = OpenSeeFacePacket()
    guard let head = measurement.headPose else { return }
    for _ in 0..<2 {
      packet.encode(
        frame, head, measurement.landmarks3D, sampleContext, faceID: 3, utcSeconds: 1.5)
      #expect(packet.bytes.count == 1785)
    }
    // Time, face and resolution, little-endian.
    #expect(
      Array(packet.bytes.prefix(20)) == [
        0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 3, 0, 0, 0, 0, 0, 0x20, 0x44, 0, 0, 0xf0, 0x43,
      ])
  }

  @Test func the66LandmarksAreThe68WithoutTheOuterMouthCorners() {
    #expect(
      (0..<66).map(OpenSeeFacePacket.landmark) == (0..<68).filter { $0 != 48 && $0 != 54 })
  }

  @Test(.enabled(if: PythonReceiver.python != nil, "needs python3"))
  func aReceiverUnderstandsTheFace() throws {
    let poses: [(EulerAngles, SIMD3<Double>)] = [
      (EulerAngles(x: 0, y: 0, z: 0), [0, 0, 600]),
      (EulerAngles(x: 0.4, y: 0, z: 0), [100, -50, 500]),
      (EulerAngles(x: 0, y: 0.9, z: 0), [0, 0, 600]),
      (EulerAngles(x: 0, y: -0.9, z: 0), [0, 0, 600]),
      (EulerAngles(x: 0, y: 0, z: 0.7), [-30, 80, 900]),
      (EulerAngles(x: -0.3, y: 0.5, z: -0.2), [10, 20, 700]),
      (EulerAngles(x: 0.2, y: -1.2, z: 2.5), [10, 20, 700]),
    ]
    let receiver = try PythonReceiver("openseeface_receiver.py", packets: poses.count)
    let sender = try OpenSeeFaceSender(host: "127.0.0.1", port: receiver.port, faceID: 2)
    let points = shape(right: 0.16, left: 0.3, mouth: 0.15)
    let frames = poses.map { face($0.0, $0.1, points) }
    for (frame, measurement) in frames {
      sender.write(frame, measurement, sampleContext)
      // A face that is not believed, and none, are not sent.
      var doubtful = frame
      doubtful.success = false
      sender.write(doubtful, measurement, sampleContext)
      sender.write(lostFrame(), measurement, sampleContext)
    }
    let got = try receiver.results(Received.self)
    try #require(got.count == poses.count)
    #expect(sender.wait { $0.written == poses.count }.written == poses.count)
    for (received, (pose, (frame, _))) in zip(got, zip(poses, frames)) {
      check(received, frame, points)
      checkPose(received, rotation: pose.0, noseTip: pose.1)
    }
    #expect(isClose(got[0].rotation, [0, 0, 0], within: 1e-3))
    // Our yaw to the picture's left is negative there, and its sign is turned once more.
    #expect(abs(got[2].rotation[1] - 0.9 * 180 / .pi) < 1e-3)
  }

  private func check(_ got: Received, _ frame: TrackedFrame, _ shape: [SIMD3<Double>]) {
    #expect(got.time == 1_769_851_800.25)
    #expect(got.id == 2)
    #expect(got.resolution == [640, 480])
    #expect(abs(got.rightEyeOpen - 0.5) < 1e-5)
    #expect(got.leftEyeOpen == 1)
    #expect(got.got3DPoints)
    #expect(got.fit3DError == 0)
    #expect(
      isClose(Array(got.confidence.prefix(66)), Array(repeating: 0.98765, count: 66), within: 1e-6))
    #expect(Array(got.confidence.suffix(2)) == [0, 0])
    for index in [0, 30, 47, 48, 52, 53, 58, 62, 65] {
      let ours = OpenSeeFacePacket.landmark(index)
      #expect(
        isClose(
          got.points[index], [frame.landmarks[ours], frame.landmarks[68 + ours]], within: 1e-4))
      // The receiver's x is to the picture's left, its y up, its z into the head.
      let point = shape[ours] * SIMD3(-1, -1, 1) * (0.65962 / 90)
      #expect(isClose(got.points3D[index], [point.x, point.y, point.z], within: 1e-5))
    }
    let depth = 0.385 * 30 * 0.65962 / 90
    for (pupil, ball) in [(66, 68), (67, 69)] {
      // The gaze, from the ball to the pupil, is straight ahead.
      let gaze = (0..<3).map { got.points3D[pupil][$0] - got.points3D[ball][$0] }
      #expect(isClose(gaze, [0, 0, -depth], within: 1e-5))
    }
    #expect(abs((got.features["EyeRight"] ?? 9) + 0.5) < 1e-5)
    #expect(got.features["EyeLeft"] == 0)
    #expect(abs((got.features["MouthOpen"] ?? 9) - 0.5) < 1e-5)
    let others = got.features.filter { !["EyeRight", "EyeLeft", "MouthOpen"].contains($0.key) }
    #expect(others.count == 11 && others.values.allSatisfy { $0 == 0 })
  }

  /// What the receiver's avatar does, against what the head does: the avatar looks out of the
  /// picture, so its right is our left.
  private func checkPose(_ got: Received, rotation: EulerAngles, noseTip: SIMD3<Double>) {
    let q = got.avatarRotation
    let length = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2]).squareRoot()
    let axis = length > 0 ? SIMD3(q[0], q[1], q[2]) / length : SIMD3(1, 0, 0)
    let avatar = RotationMatrix(axis: axis, angle: 2 * atan2(length, q[3]))
    let head = RotationMatrix(rotation)
    for (a, b) in [(avatar.row0, head.row0), (avatar.row1, head.row1), (avatar.row2, head.row2)] {
      #expect((a - b).max() < 1e-5 && (a - b).min() > -1e-5)
    }
    let place = noseTip * (-0.65962 / 90)
    #expect(isClose(got.avatarPosition, [place.x, place.y, place.z], within: 1e-4))
  }

  /// Of several faces each has a number of its own; one keeps the output's, whoever it is.
  @Test(.enabled(if: PythonReceiver.python != nil, "needs python3"), arguments: [false, true])
  func facesAreTold(hasSeveral: Bool) throws {
    let receiver = try PythonReceiver("openseeface_receiver.py", packets: 2)
    let sender = try OpenSeeFaceSender(
      host: "127.0.0.1", port: receiver.port, faceID: 10, hasSeveral: hasSeveral)
    let (first, measurement) = face(
      EulerAngles(x: 0, y: 0, z: 0), [0, 0, 600], shape(right: 0.2, left: 0.2, mouth: 0))
    var frame = first
    for id in [0, 4] {
      frame.faceID = id
      sender.write(frame, measurement, sampleContext)
    }
    let got = try receiver.results(Received.self)
    #expect(got.map(\.id) == (hasSeveral ? [10, 14] : [10, 10]))
  }

  @Test func anotherMarkupIsCountedAndSaid() throws {
    let sender = try OpenSeeFaceSender(host: "127.0.0.1", port: 9)
    sender.write(sampleFrame(landmarks: 66), sampleMeasurement(landmarks: 66), sampleContext)
    #expect(sender.status.lost == ["wrong shape": 1])
    #expect(
      sender.status.problem
        == "cannot send to 127.0.0.1:9: OpenSeeFace is for 68 landmarks, a frame has 66")
    #expect(sender.status.written == 0)
  }

  @Test(arguments: TestSeed.of([1, 2]))
  func theQuaternionIsTheRotationsInverseForAllRotations(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let angles = EulerAngles(
        x: .random(in: -3.2...3.2, using: &generator),
        y: .random(in: -1.57...1.57, using: &generator),
        z: .random(in: -3.2...3.2, using: &generator))
      let r = RotationMatrix(angles)
      let pose = OpenSeeFacePose(r, noseTip: [0, 0, 1])
      let solved = RotationMatrix(r.row1, r.row0, -r.row2)
      let q = pose.quaternion
      #expect(abs((q * q).sum() - 1) < 1e-12)
      // v' = v + 2 w (u x v) + 2 u x (u x v)
      for vector in [SIMD3<Double>(1, 0, 0), [0, 1, 0], [0, 0, 1]] {
        let u = SIMD3(q.x, q.y, q.z)
        let once = cross(u, vector)
        let turned = vector + 2 * q.w * once + 2 * cross(u, once)
        let expected = solved.transposed.rotate(vector)
        #expect(
          (turned - expected).max() < 1e-9 && (turned - expected).min() > -1e-9, "seed \(seed)")
      }
      let e = pose.eulerDegrees * (.pi / 180)
      let again =
        RotationMatrix(axis: [0, 0, 1], angle: e.z) * RotationMatrix(axis: [0, 1, 0], angle: e.y)
        * RotationMatrix(axis: [1, 0, 0], angle: e.x)
      for (a, b) in [
        (again.row0, solved.row0), (again.row1, solved.row1), (again.row2, solved.row2),
      ] {
        #expect((a - b).max() < 1e-9 && (a - b).min() > -1e-9, "seed \(seed)")
      }
    }
  }

  private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
  }
}
