import CLNF

/// What faces are drawn of. Immutable: any number of renderers share it.
public struct SceneMaterial: Sendable {
  public let head: HeadModel
  public let definition: LandmarkDefinition
  public let textures: [HeadTexture]
  /// Pictures for backgrounds; without them all are made up.
  public let scenery: Scenery?
  let parts: HeadParts
  let expressions: ExpressionSampler

  /// - Parameter textures: fitted to `head`; without any, faces are plain grey.
  public init(
    head: HeadModel, definition: LandmarkDefinition, textures: [HeadTexture],
    scenery: Scenery? = nil
  ) {
    for texture in textures {
      precondition(
        texture.coordinates.count == head.vertexCount && texture.weights.count == head.vertexCount
          && texture.levels.count == head.vertexCount, "a texture of another mesh")
      precondition(texture.pixels.count == texture.width * texture.height)
    }
    self.head = head
    self.definition = definition
    self.textures = textures.isEmpty ? [Self.plain(head)] : textures
    self.scenery = scenery
    parts = HeadParts(head)
    expressions = ExpressionSampler(names: head.expressionNames)
  }

  /// One level a region.
  private static func plain(_ head: HeadModel) -> HeadTexture {
    HeadTexture(
      width: 1, height: 1, pixels: [0],
      coordinates: [SIMD2<Float>](repeating: .zero, count: head.vertexCount),
      weights: [Float](repeating: 0, count: head.vertexCount),
      levels: head.regions.map { region in
        switch region {
        case .skin: 150
        case .eye: 210
        case .mouthInterior: 60
        case .teeth: 220
        }
      },
      identity: [], expression: [], showsMouthInterior: false)
  }
}
