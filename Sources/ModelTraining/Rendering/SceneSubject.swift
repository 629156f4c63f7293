import CLNF
import Foundation

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
    let whole = Self.limited(Self.sum(person.expression, expression))
    material.head.addExpression(whole, to: &vertices)
    for lid in material.lids.lids where lid.field < expression.count {
      lid.makeWay(closed: expression[lid.field], in: &vertices)
    }
    self.vertices = vertices
    normals = material.head.normals(of: vertices)
    var points = material.definition.points(of: vertices, rest: person.rest)
    material.jaw.slide(&points, mesh: { vertices[$0] }, seenWith: view)
    let outline = Self.outlineShare(seenWith: view)
    for (i, offset) in (person.texture?.offsets ?? []).enumerated() {
      var way = i < Self.outlineCount ? outline * offset : offset
      if Self.edges.contains(i) {
        way.y *= Self.stillness(of: i, from: Self.limited(person.expression), to: whole, material)
      }
      points[i] += way
    }
    shape = points
  }

  private static let outlineCount = 17
  /// Lids and inner lips: where they open and close, the mesh's own edge is what is seen.
  private static let edges = Set(36...47).union(60...67)
  /// An edge that has moved so far from where the photo shows it, mm, lies where the mesh has it.
  private static let edgeReach = 2.0

  /// 1 where an edge lies as in the photo, falling to 0 as it moves.
  private static func stillness(
    of landmark: Int, from own: [Float], to whole: [Float], _ material: SceneMaterial
  ) -> Float {
    var way = SIMD3<Double>.zero
    for (k, field) in material.basis.expressions.enumerated() where k < whole.count {
      let change = Double(whole[k]) - (k < own.count ? Double(own[k]) : 0)
      if change != 0 { way += change * field[landmark] }
    }
    return Float(max(0, 1 - (way * way).sum().squareRoot() / edgeReach))
  }

  /// How far a photo from the front tells where the outline of a head lies that is turned: wholly up to
  /// 20 degrees, not at all from 45 on, where the mesh's own outline is seen.
  private static func outlineShare(seenWith view: RotationMatrix) -> Float {
    let (all, none) = (cos(20 * Double.pi / 180), cos(45 * Double.pi / 180))
    return Float(max(0, min(1, (view.row2.z - none) / (all - none))))
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
