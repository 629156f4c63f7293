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

  /// Around one landmark the surface is brighter: the spot's centre of gravity lies at the landmark.
  @Test func theImageLiesWhereItsLandmarksSay() {
    let marked = SphereHead.vertex(12, 0)
    var landmarks = SphereHead.frontLandmarks
    landmarks[30] = marked
    let material = Self.material(landmarks, marked: [Int32(marked)])
    var settings = SceneSettings.bare
    (settings.pose.yawDeviation, settings.pose.farShare, settings.pose.wideShare) = (8, 0, 0)
    (settings.pose.widePitchShare, settings.pose.pitchDeviation) = (0, 8)
    settings.identityShare = 0
    let renderer = SceneRenderer(material: material, settings: settings)
    for index in 0..<20 {
      let face = renderer.face(index)
      let offset = Self.spot(in: face, around: face.landmarks[30]) - face.landmarks[30]
      // Half a pixel is what a wrong convention of pixels' centres would cost, in both directions.
      #expect(abs(offset.x) < 0.3 && abs(offset.y) < 0.3, "\(index): \(offset) px")
    }
  }

  /// Where a spot brighter than the skin around it lies; skin changes linearly with the light.
  private static func spot(in face: RenderedFace, around point: SIMD2<Float>) -> SIMD2<Float> {
    let reach = Int(20 * face.pixelsPerMillimetre)
    let (x0, y0) = (Int(point.x.rounded()), Int(point.y.rounded()))
    func level(_ dx: Int, _ dy: Int) -> Float { Float(face.image[x0 + dx, y0 + dy]) }
    let sides = SIMD4(level(-reach, 0), level(reach, 0), level(0, -reach), level(0, reach))
    let mean = sides.sum() / 4
    let slope = SIMD2(sides.y - sides.x, sides.w - sides.z) / Float(2 * reach)
    var (sum, place) = (Float(0), SIMD2<Float>.zero)
    for dy in -reach...reach {
      for dx in -reach...reach {
        let offset = SIMD2(Float(dx), Float(dy))
        let weight = max(0, level(dx, dy) - 1.12 * (mean + (slope * offset).sum()))
        sum += weight
        place += weight * offset
      }
    }
    return SIMD2(Float(x0), Float(y0)) + place / sum
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
      // Turned to the left of the image, the side of positive x comes to the front.
      #expect(face.visible[42] == (face.rotation.y > 0))
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
