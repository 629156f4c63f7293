import CLNF

/// A head with its shape, expression and pose, as one image shows it.
struct SceneSubject {
  /// nil: plain grey.
  let texture: HeadTexture?
  let rotation: EulerAngles
  /// mm, in the head's own axes.
  let vertices: [SIMD3<Float>]
  let normals: [SIMD3<Float>]
  /// The 68 points, jaw points slid to the silhouette.
  let shape: [SIMD3<Float>]

  init(
    _ material: SceneMaterial, _ settings: SceneSettings, _ generator: inout SeededGenerator
  ) {
    let textures = material.textures
    texture = textures.isEmpty ? nil : textures[generator.whole(0...textures.count - 1)]
    rotation = settings.pose.draw(&generator)
    var identity = texture?.identity ?? []
    if generator.chance(settings.identityShare) {
      identity = Self.sum(
        identity,
        material.head.identity.map { _ in
          Float(settings.identityDeviation * generator.normal())
        })
    }
    let own = texture?.expression ?? []
    let hasExpression = own.contains { $0 != 0 }
    let drawn =
      hasExpression
      ? material.expressions.drawBeside(&generator) : material.expressions.draw(&generator)
    let rest = material.head.vertices(identity: identity, expression: [])
    var vertices = rest
    material.head.addExpression(Self.sum(own, drawn), to: &vertices)
    self.vertices = vertices
    normals = material.head.normals(of: vertices)
    var points = material.definition.points(of: vertices, rest: rest)
    material.jaw.slide(
      &points, mesh: { vertices[$0] }, seenWith: RotationMatrix(rotation))
    shape = points
  }

  /// Of lists of which one may be shorter; what is missing is 0.
  private static func sum(_ a: [Float], _ b: [Float]) -> [Float] {
    (0..<max(a.count, b.count)).map {
      ($0 < a.count ? a[$0] : 0) + ($0 < b.count ? b[$0] : 0)
    }
  }

  var center: SIMD3<Float> { shape.reduce(.zero, +) / Float(max(1, shape.count)) }
}
