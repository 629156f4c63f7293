import CLNF

/// A head with its shape, expression and pose, as one image shows it.
struct SceneSubject {
  let texture: HeadTexture
  let rotation: EulerAngles
  /// mm, in the head's own axes.
  let vertices: [SIMD3<Float>]
  let normals: [SIMD3<Float>]
  /// The 68 points, jaw points slid to the silhouette, and where they would be without sliding.
  let shape: [SIMD3<Float>]

  init(
    _ material: SceneMaterial, _ settings: SceneSettings, _ generator: inout SeededGenerator
  ) {
    texture = material.textures[generator.whole(0...material.textures.count - 1)]
    rotation = settings.pose.draw(&generator)
    var identity = texture.identity
    if generator.chance(settings.identityShare) {
      identity = Self.sum(
        identity,
        material.head.identity.map { _ in
          Float(settings.identityDeviation * generator.normal())
        })
    }
    let hasExpression = texture.expression.contains { $0 != 0 }
    let drawn =
      hasExpression
      ? material.expressions.drawBeside(&generator) : material.expressions.draw(&generator)
    let rest = material.head.vertices(identity: identity, expression: [])
    var vertices = rest
    material.head.addExpression(Self.sum(texture.expression, drawn), to: &vertices)
    self.vertices = vertices
    normals = material.head.normals(of: vertices)
    shape = material.definition.points(
      of: vertices, rest: rest, seenAlong: RotationMatrix(rotation))
  }

  /// Of lists of which one may be shorter; what is missing is 0.
  private static func sum(_ a: [Float], _ b: [Float]) -> [Float] {
    (0..<max(a.count, b.count)).map {
      ($0 < a.count ? a[$0] : 0) + ($0 < b.count ? b[$0] : 0)
    }
  }

  var center: SIMD3<Float> { shape.reduce(.zero, +) / Float(max(1, shape.count)) }
}
