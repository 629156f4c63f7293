import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Whole pictures of a head that is a sphere.
struct SceneRendererTests {
  static func material(
    _ landmarks: [Int] = SphereHead.frontLandmarks, marked: Set<Int32> = []
  ) -> SceneMaterial {
    let head = SphereHead.make(landmarks: landmarks, marked: marked)
    return SceneMaterial(
      head: head, definition: LandmarkDefinition(vertices: landmarks), textures: [])
  }

  static func bytes(_ face: RenderedFace) -> [UInt8] { face.image.withSamples { Array($0) } }

  @Test func landmarksAreProjectedAsByHand() {
    var settings = SceneSettings()
    settings.distance = 700...700
    let renderer = SceneRenderer(material: Self.material(), settings: settings)
    for index in 0..<12 {
      let face = renderer.face(index)
      #expect(face.landmarks.count == 68 && face.visible.count == 68 && face.shape.count == 68)
      #expect((0.5...1.5).contains(face.pixelsPerMillimetre))
      let center = face.shape.reduce(SIMD3<Float>.zero, +) / 68
      let rotation = RotationMatrix(face.rotation)
      let middle = Double(face.image.width - 1) / 2
      for (point, landmark) in zip(face.shape, face.landmarks) {
        let at = rotation.rotate(SIMD3<Double>(point - center))
        let factor = Double(face.pixelsPerMillimetre) * 700 / (700 + at.z)
        #expect(abs(middle + factor * at.x - Double(landmark.x)) < 2e-3)
        #expect(abs(middle + factor * at.y - Double(landmark.y)) < 2e-3)
      }
    }
  }

  /// Triangles around a landmark are brighter: their centre of gravity lies at the landmark.
  @Test func theImageLiesWhereItsLandmarksSay() {
    let marked = SphereHead.vertex(12, 0)
    var landmarks = SphereHead.frontLandmarks
    landmarks[30] = marked
    let material = Self.material(landmarks, marked: [Int32(marked)])
    var settings = SceneSettings.bare
    (settings.pose.yawDeviation, settings.pose.farShare, settings.pose.wideShare) = (8, 0, 0)
    (settings.pose.widePitchShare, settings.pose.pitchDeviation) = (0, 8)
    settings.identityShare = 0
    settings.pixelsPerMillimetre = 0.9...1.5
    let renderer = SceneRenderer(material: material, settings: settings)
    for index in 0..<10 {
      let face = renderer.face(index)
      let point = face.landmarks[30]
      let reach = Int(22 * face.pixelsPerMillimetre)
      let (x0, y0) = (Int(point.x.rounded()), Int(point.y.rounded()))
      var (sum, x, y): (Float, Float, Float) = (0, 0, 0)
      var skin: Float = 0
      for (dx, dy) in [(-reach, 0), (reach, 0), (0, -reach), (0, reach)] {
        skin += Float(face.image[x0 + dx, y0 + dy]) / 4
      }
      for row in y0 - reach...y0 + reach {
        for column in x0 - reach...x0 + reach {
          // Eyes are 1.4 times as bright as skin.
          guard Float(face.image[column, row]) > 1.2 * skin else { continue }
          sum += 1
          x += Float(column)
          y += Float(row)
        }
      }
      #expect(sum > 50, "\(index)")
      #expect(abs(x / sum - point.x) < 0.8 && abs(y / sum - point.y) < 0.8, "\(index)")
    }
  }

  @Test func theSameSeedDrawsTheSameOnAnyNumberOfThreads() {
    let material = Self.material()
    let settings = SceneSettings()
    let one = RenderedFaces.draw(0..<7, of: material, settings: settings, threads: 1)
    let three = RenderedFaces.draw(0..<7, of: material, settings: settings, threads: 3)
    #expect(one.count == 7 && three.count == 7)
    for (a, b) in zip(one, three) {
      #expect(Self.bytes(a) == Self.bytes(b))
      #expect(a.landmarks == b.landmarks && a.visible == b.visible)
      #expect(a.rotation == b.rotation && a.shape == b.shape)
    }
    // A face does not depend on those drawn before it.
    let later = SceneRenderer(material: material, settings: settings).face(5)
    #expect(Self.bytes(later) == Self.bytes(one[5]))
    #expect(Self.bytes(one[0]) != Self.bytes(one[1]))
    var other = settings
    other.seed = 2
    let changed = SceneRenderer(material: material, settings: other).face(0)
    #expect(Self.bytes(changed) != Self.bytes(one[0]))
    #expect(RenderedFaces.draw(3..<3, of: material, settings: settings, threads: 2).isEmpty)
  }

  /// Points on the far side of the sphere are hidden, those in front are seen.
  @Test func theHeadHidesItsFarSide() {
    var landmarks = SphereHead.frontLandmarks
    landmarks[40] = SphereHead.vertex(12, SphereHead.sectors / 2)
    landmarks[41] = SphereHead.vertex(12, 0)
    var settings = SceneSettings()
    (settings.pose.yawDeviation, settings.pose.farShare, settings.pose.wideShare) = (0, 0, 0)
    (settings.pose.pitchDeviation, settings.pose.widePitchShare) = (0, 0)
    let renderer = SceneRenderer(material: Self.material(landmarks), settings: settings)
    for index in 0..<6 {
      let face = renderer.face(index)
      #expect(!face.visible[40] && face.visible[41])
    }
    // Turned by 75 degrees, a point at 60 degrees on the far side is hidden.
    landmarks[42] = SphereHead.vertex(12, 5)
    landmarks[43] = SphereHead.vertex(12, -5)
    (settings.pose.farShare, settings.pose.farYaw) = (1, 75...75)
    let turned = SceneRenderer(material: Self.material(landmarks), settings: settings)
    for index in 0..<6 {
      let face = turned.face(index)
      #expect(face.visible[42] != face.visible[43])
      // The one that is seen is nearer to the middle.
      let middle = Float(face.image.width) / 2
      let seen = face.visible[42] ? 42 : 43
      #expect(abs(face.landmarks[seen].x - middle) < abs(face.landmarks[85 - seen].x - middle))
    }
  }

  @Test func sizesFollowTheScale() {
    var settings = SceneSettings()
    settings.pixelsPerMillimetre = 1.2...1.2
    settings.fieldOfView = 200
    let face = SceneRenderer(material: Self.material(), settings: settings).face(0)
    #expect(face.image.width == 240 && face.image.height == 240)
  }

  /// Light from the left falls on the left; a ball behind a ball is in its shadow.
  @Test func shadowsFallAwayFromTheLight() {
    let head = SphereHead.make(landmarks: SphereHead.frontLandmarks)
    let lit = ShadowMap().light(
      head.neutral, triangles: head.triangles, from: SIMD3(-1, 0, 0))
    #expect(lit[SphereHead.vertex(12, -8)] == 1, "towards the light")
    #expect(lit[SphereHead.vertex(12, 8)] == 0, "away from it")
    let above = ShadowMap().light(
      head.neutral, triangles: head.triangles, from: SIMD3(0, -1, 0))
    #expect(above[SphereHead.vertex(2, 3)] == 1 && above[SphereHead.vertex(22, 3)] == 0)
  }
}
