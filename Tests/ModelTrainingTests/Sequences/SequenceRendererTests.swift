import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Frames of a moving head that is a sphere.
struct SequenceRendererTests {
  private static func renderer(
    _ script: SequenceScript, scene: SceneSettings = .bare,
    _ change: (inout SequenceSettings) -> Void = { _ in }
  ) -> SequenceRenderer {
    var settings = SequenceSettings()
    (settings.width, settings.height) = (200, 150)
    settings.place = SIMD3(20, -10, 700)
    change(&settings)
    return SequenceRenderer(
      material: SceneRendererTests.material(), settings: settings, scene: scene,
      performance: script.performance(seconds: 4, seed: 2))
  }

  @Test func landmarksAreWhereAPinholeCameraSeesThem() {
    let renderer = Self.renderer(.talk)
    let focal = (500.0 * 200 / 640 + 500.0 * 150 / 480) / 2
    #expect(abs(renderer.settings.usedFocalLength - focal) < 1e-9)
    let head = SceneRendererTests.material().head
    // The middle of the resting landmarks is where the script says.
    let rest = head.landmarkVertices.map { head.neutral[$0] }
    let middle = SIMD3<Double>(rest.reduce(SIMD3<Float>.zero, +) / 68)
    for index in stride(from: 0, to: 120, by: 17) {
      let face = renderer.frame(index)
      #expect(face.image.width == 200 && face.image.height == 150)
      let pose = renderer.performance.pose(at: Double(index) / 30)
      #expect(face.rotation == pose.rotation)
      // Heads turn about the neck, which lies below and behind the face's middle.
      let neck = SequenceRenderer.neck
      #expect(neck.y > 0 && neck.z > 0)
      let joint = SIMD3(20, -10, 700) + neck + pose.shift
      let place = joint - RotationMatrix(pose.rotation).rotate(neck)
      #expect(abs(Double(face.pixelsPerMillimetre) - focal / place.z) < 1e-5)
      let rotation = RotationMatrix(pose.rotation)
      for (point, landmark) in zip(face.shape, face.landmarks) {
        let at = rotation.rotate(SIMD3<Double>(point) - middle - neck) + joint
        #expect(abs(focal * at.x / at.z + 100 - Double(landmark.x)) < 2e-3)
        #expect(abs(focal * at.y / at.z + 75 - Double(landmark.y)) < 2e-3)
      }
    }
  }

  @Test func framesDependOnSeedAndNumberAlone() {
    var scene = SceneSettings()
    (scene.handShare, scene.occluderShare) = (0, 0)
    let first = Self.renderer(.talk, scene: scene) { $0.noise = 3 }
    let frames = (0..<4).map(first.frame)
    let second = Self.renderer(.talk, scene: scene) { $0.noise = 3 }
    for index in [3, 1, 0] {
      let again = second.frame(index)
      #expect(SceneRendererTests.bytes(again) == SceneRendererTests.bytes(frames[index]))
      #expect(again.landmarks == frames[index].landmarks)
    }
    let other = Self.renderer(.talk, scene: scene) {
      $0.noise = 3
      $0.seed = 9
    }
    #expect(SceneRendererTests.bytes(other.frame(0)) != SceneRendererTests.bytes(frames[0]))
  }

  /// Hair, glasses and background are the same in every frame.
  @Test func stillMeansStill() {
    let renderer = Self.renderer(.still, scene: SceneSettings())
    let first = renderer.frame(0)
    let later = renderer.frame(77)
    #expect(SceneRendererTests.bytes(first) == SceneRendererTests.bytes(later))
    #expect(first.landmarks == later.landmarks && first.visible == later.visible)
  }

  @Test func noiseIsNewInEveryFrameAndAsLargeAsAsked() {
    let clean = Self.renderer(.still).frame(0)
    let noisy = Self.renderer(.still) { $0.noise = 4 }
    let (a, b) = (noisy.frame(0), noisy.frame(1))
    #expect(SceneRendererTests.bytes(a) != SceneRendererTests.bytes(b))
    #expect(a.landmarks == clean.landmarks)
    let differences = zip(SceneRendererTests.bytes(a), SceneRendererTests.bytes(clean))
      .map { Double($0) - Double($1) }
    let deviation = (differences.reduce(0) { $0 + $1 * $1 } / Double(differences.count))
      .squareRoot()
    #expect((3.8...4.2).contains(deviation))
  }

  /// A point's path has no kinks; points of the jaw begin to slide by a step of half a millimetre.
  @Test func landmarksMoveSmoothly() {
    let fine = Self.renderer(.turn) { $0.rate = 600 }
    var before: [SIMD2<Float>]?
    var speed: [SIMD2<Float>]?
    for index in 900..<940 {
      let now = fine.frame(index).landmarks
      if let before {
        let moved = zip(now, before).map { $0 - $1 }
        if let speed {
          for (i, (a, b)) in zip(moved, speed).enumerated() {
            let limit: Float = i < 17 ? 0.3 : 0.02
            #expect(abs(a.x - b.x) < limit && abs(a.y - b.y) < limit, "point \(i)")
          }
        }
        speed = moved
      }
      before = now
    }
  }
}
