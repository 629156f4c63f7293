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
  /// The expression's coefficients beside the photo's.
  let expression: [Float]

  init(
    _ material: SceneMaterial, _ settings: SceneSettings, _ generator: inout SeededGenerator
  ) {
    let textures = material.textures
    let texture = textures.isEmpty ? nil : textures[generator.whole(0...textures.count - 1)]
    let rotation = settings.pose.draw(&generator)
    var identity = texture?.identity ?? []
    if generator.chance(settings.identityShare) {
      identity = Self.sum(
        identity,
        material.head.identity.map { _ in
          Float(settings.identityDeviation * generator.normal())
        })
    }
    let own = texture?.expression ?? []
    // A mouth that is closed in the photo moves as if it were at rest.
    let drawn =
      texture?.showsMouthInterior ?? false
      ? material.expressions.drawBeside(&generator) : material.expressions.draw(&generator)
    self.init(
      material,
      Person(
        texture: texture, rest: material.head.vertices(identity: identity, expression: []),
        expression: own),
      expression: drawn, rotation: rotation, seenWith: RotationMatrix(rotation))
  }

  /// A head at rest, as all images of a person show it.
  struct Person {
    /// nil: plain grey.
    var texture: HeadTexture?
    /// The mesh without an expression.
    var rest: [SIMD3<Float>]
    /// That of the photo.
    var expression: [Float]
  }

  /// - Parameters:
  ///   - expression: beside the photo's.
  ///   - seenWith: the rotation against the ray from the camera to the head, which decides where the
  ///     jaw's outline is.
  init(
    _ material: SceneMaterial, _ person: Person, expression: [Float], rotation: EulerAngles,
    seenWith view: RotationMatrix
  ) {
    texture = person.texture
    self.expression = expression
    self.rotation = rotation
    var vertices = person.rest
    material.head.addExpression(
      Self.limited(Self.sum(person.expression, expression)), to: &vertices)
    for lid in material.lids.lids where lid.field < expression.count {
      lid.makeWay(closed: expression[lid.field], in: &vertices)
    }
    self.vertices = vertices
    normals = material.head.normals(of: vertices)
    var points = material.definition.points(of: vertices, rest: person.rest)
    material.jaw.slide(&points, mesh: { vertices[$0] }, seenWith: view)
    shape = points
  }

  /// No field beyond what a face can do.
  private static func limited(_ expression: [Float]) -> [Float] {
    expression.map { max(0, min(1.1, $0)) }
  }

  /// Of lists of which one may be shorter; what is missing is 0.
  private static func sum(_ a: [Float], _ b: [Float]) -> [Float] {
    (0..<max(a.count, b.count)).map {
      ($0 < a.count ? a[$0] : 0) + ($0 < b.count ? b[$0] : 0)
    }
  }

  var center: SIMD3<Float> { shape.reduce(.zero, +) / Float(max(1, shape.count)) }
}
