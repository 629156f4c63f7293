import CLNF
import Testing

@testable import ModelTraining

/// A photo's own landmarks on the head that it is drawn on.
struct HeadTextureTests {
  private static let definition = LandmarkDefinition(vertices: SphereHead.frontLandmarks)
  /// Its one expression moves all of it down by 6 mm.
  private static let head: HeadModel = {
    let still = SphereHead.make(landmarks: SphereHead.frontLandmarks)
    return HeadModel(
      neutral: still.neutral, identity: still.identity,
      expressions: [still.neutral.map { _ in SIMD3(0, 6, 0) }],
      expressionNames: still.expressionNames, triangles: still.triangles,
      landmarkVertices: SphereHead.frontLandmarks)
  }()
  private static let way = SIMD2<Double>(2, 1)

  /// The sphere photographed from the front, all landmarks `way` beside their places.
  private static func texture(_ residuals: [SIMD2<Double>]) -> HeadTexture {
    let basis = LandmarkBasis(head: head, definition: definition)
    let view = WeakPerspective(scale: 1, rotation: .identity, translation: SIMD2(100, 100))
    let points = basis.points(identity: [0, 0], expression: [0]).map(view.project)
    let fit = IdentityFit(identity: [0, 0], expression: [0], view: view, projected: points)
    return HeadTexture(
      photo: GreyImage(width: 200, height: 200, repeating: 128),
      source: HeadTexture.Source(fit: fit, residuals: residuals), head: head,
      definition: definition)
  }

  private static func shape(
    _ texture: HeadTexture, yaw: Double, expression: Float = 0
  ) -> [SIMD3<Float>] {
    let material = SceneMaterial(head: head, definition: definition, textures: [texture])
    let rest = head.vertices(identity: texture.identity, expression: [])
    let rotation = EulerAngles(x: 0, y: yaw * .pi / 180, z: 0)
    return SceneSubject(
      material, SceneSubject.Person(texture: texture, rest: rest, expression: [0]),
      expression: [expression], rotation: rotation, seenWith: RotationMatrix(rotation)
    ).shape
  }

  @Test func edgesThatMoveLieWhereTheMeshHasThem() {
    let residuals = [SIMD2<Double>](repeating: Self.way, count: 68)
    for (expression, share) in [(Float(0), Float(1)), (0.1, 0.7), (1, 0)] {
      let plain = Self.shape(Self.texture([]), yaw: 0, expression: expression)
      let own = Self.shape(Self.texture(residuals), yaw: 0, expression: expression)
      for i in 17..<68 {
        let isEdge = (36...47).contains(i) || i >= 60
        let moved = own[i] - plain[i]
        #expect(abs(moved.y - (isEdge ? share : 1)) < 1e-4 && abs(moved.x - 2) < 1e-4, "\(i)")
      }
    }
  }

  @Test(arguments: [0.0, 60]) func landmarksLieWhereThePhotoHasThem(yaw: Double) {
    let plain = Self.shape(Self.texture([]), yaw: yaw)
    let own = Self.shape(Self.texture([SIMD2](repeating: Self.way, count: 68)), yaw: yaw)
    for i in 0..<68 {
      let moved = own[i] - plain[i]
      // The outline of a head that is turned is the mesh's.
      let expected: SIMD2<Float> = i < 17 && yaw > 45 ? .zero : SIMD2(2, 1)
      #expect(abs(moved.x - expected.x) < 1e-4 && abs(moved.y - expected.y) < 1e-4, "\(i)")
      guard i >= 17, abs(plain[i].x) < 50, abs(plain[i].y) < 50 else { continue }
      let depth = (own[i] * own[i]).sum().squareRoot() - (plain[i] * plain[i]).sum().squareRoot()
      #expect(abs(depth) < 0.3, "\(i) leaves the skin by \(depth) mm")
    }
  }
}
