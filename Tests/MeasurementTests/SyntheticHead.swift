import CLNF
import Measurement
import TestSupport
import Tracking

/// Points about the size of a face, seen through a true perspective camera.
struct SyntheticHead {
  var shape3D: [Double]
  var pose: HeadPose
  var camera: CameraIntrinsics

  /// A seeded head: 68 points within 75 mm, 300 to 3000 mm away, turned by up to a radian.
  init(_ generator: inout SeededGenerator, points: Int = 68) throws {
    shape3D = (0..<3 * points).map { _ in Double.random(in: -75...75, using: &generator) }
    let z = Double.random(in: 300...3000, using: &generator)
    pose = HeadPose(
      translation: [
        z * Double.random(in: -0.5...0.5, using: &generator),
        z * Double.random(in: -0.4...0.4, using: &generator), z,
      ],
      rotation: EulerAngles(
        x: Double.random(in: -1...1, using: &generator),
        y: Double.random(in: -1...1, using: &generator),
        z: Double.random(in: -1...1, using: &generator)))
    camera = try CameraIntrinsics(
      fx: Double.random(in: 300...2000, using: &generator),
      fy: Double.random(in: 300...2000, using: &generator), cx: 333, cy: 222)
  }

  var count: Int { shape3D.count / 3 }

  func point(_ i: Int) -> SIMD3<Double> {
    SIMD3(shape3D[i], shape3D[count + i], shape3D[2 * count + i])
  }

  /// Where the camera sees the points, [x..., y...].
  var landmarks: [Double] {
    let r = RotationMatrix(pose.rotation)
    let seen = (0..<count).map {
      camera.project(r.rotate(point($0)) + pose.translation) ?? (.nan, .nan)
    }
    return seen.map(\.x) + seen.map(\.y)
  }

  /// The pose, off by up to 0.15 rad an axis and 10 % of the distance.
  func roughStart(_ generator: inout SeededGenerator) -> HeadPose {
    var start = pose
    start.rotation.x += Double.random(in: -0.15...0.15, using: &generator)
    start.rotation.y += Double.random(in: -0.15...0.15, using: &generator)
    start.rotation.z += Double.random(in: -0.15...0.15, using: &generator)
    start.translation *= 1 + Double.random(in: -0.1...0.1, using: &generator)
    return start
  }
}

/// The largest difference of two translations, mm.
func distance(_ a: HeadPose, _ b: HeadPose) -> Double {
  let d = a.translation - b.translation
  return max(abs(d.x), abs(d.y), abs(d.z))
}

/// The largest difference of two sets of Euler angles, rad.
func turn(_ a: HeadPose, _ b: HeadPose) -> Double {
  max(
    abs(a.rotation.x - b.rotation.x), abs(a.rotation.y - b.rotation.y),
    abs(a.rotation.z - b.rotation.z))
}
