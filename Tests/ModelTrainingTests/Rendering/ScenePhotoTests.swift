import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Photos that are shown as they are.
struct ScenePhotoTests {
  /// A photo that is dark but for bright spots at its landmarks, of the sphere's head.
  private static func photo(scale: Double) -> ScenePhoto {
    let head = SphereHead.make(landmarks: SphereHead.frontLandmarks, marked: [])
    let basis = LandmarkBasis(
      head: head, definition: LandmarkDefinition(vertices: SphereHead.frontLandmarks))
    let view = WeakPerspective(
      scale: scale, rotation: .identity, translation: SIMD2(150, 160) * scale)
    let fit = IdentityFit(
      identity: head.identity.map { _ in 0 }, expression: head.expressions.map { _ in 0 },
      view: view, projected: basis.mean.map(view.project))
    let face = FittedFace(photo: "one.jpg", person: 7, fit: fit, points: fit.projected)
    let side = Int(300 * scale)
    var image = GreyImage(width: side, height: side, repeating: 20)
    let at = fit.projected[30]
    image.withMutableSamples { samples in
      for y in 0..<side {
        for x in 0..<side {
          let offset = SIMD2(Double(x), Double(y)) - at
          let near = exp(-(offset * offset).sum() / (2 * 9 * scale * scale))
          samples[y * side + x] = UInt8(20 + 200 * near)
        }
      }
    }
    return ScenePhoto(photo: image, face: face, basis: basis)
  }

  /// The spot's centre of gravity lies at its landmark, at any size and turned.
  @Test(arguments: [(1.0, 0.0), (0.6, 20.0), (0.9, -35.0)])
  func viewsLieWhereTheirLandmarksSay(scale: Double, roll: Double) {
    let photo = Self.photo(scale: 1.5)
    let side = Int(250 * scale)
    let view = photo.view(scale: scale, roll: roll * .pi / 180, side: side)
    var (sum, mass) = (SIMD2<Double>.zero, 0.0)
    view.image.withSamples { samples in
      for y in 0..<side {
        for x in 0..<side {
          let weight = max(0, Double(samples[y * side + x]) - 60)
          sum += weight * SIMD2(Double(x), Double(y))
          mass += weight
        }
      }
    }
    let offset = sum / mass - SIMD2<Double>(view.landmarks[30])
    #expect(abs(offset.x) < 0.15 && abs(offset.y) < 0.15, "\(offset) px")
    #expect(abs(view.rotation.z - roll * .pi / 180) < 1e-9)
    let middle = view.landmarks.reduce(SIMD2<Float>.zero, +) / 68
    let centre = Float(side - 1) / 2
    #expect(abs(middle.x - centre) < 0.01 && abs(middle.y - centre) < 0.01)
  }

  /// A share of the faces are photos; what is drawn of them is the same again.
  @Test func facesAreDrawnAndPhotographed() {
    let plain = SceneRendererTests.material()
    let material = SceneMaterial(
      head: plain.head, definition: plain.definition, textures: [],
      photos: [Self.photo(scale: 1.5)])
    var settings = SceneSettings()
    settings.photoShare = 0.5
    let renderer = SceneRenderer(material: material, settings: settings)
    let persons = (0..<40).map { renderer.face($0).person }
    #expect((8...32).contains(persons.count { $0 == 7 }), "\(persons)")
    let again = SceneRenderer(material: material, settings: settings)
    for index in 0..<6 {
      let (one, other) = (renderer.face(index), again.face(index))
      #expect(one.landmarks == other.landmarks)
      #expect(SceneRendererTests.bytes(one) == SceneRendererTests.bytes(other))
      #expect(one.landmarks.count == 68 && one.pixelsPerMillimetre <= 1.5)
    }
    settings.photoShare = 0
    let drawn = SceneRenderer(material: material, settings: settings)
    #expect((0..<10).allSatisfy { drawn.face($0).person == 0 })
  }
}
