import CLNF

/// What faces are drawn of. Immutable: any number of renderers share it.
public struct SceneMaterial: Sendable {
  public let head: HeadModel
  public let definition: LandmarkDefinition
  public let textures: [HeadTexture]
  /// Pictures for backgrounds; without them all are made up.
  public let scenery: Scenery?
  /// By vertex, for faces without a texture.
  let plainLevels: [Float]
  let jaw: JawSilhouette
  let parts: HeadParts
  let expressions: ExpressionSampler

  /// - Parameter textures: fitted to `head`; without any, faces are plain grey.
  public init(
    head: HeadModel, definition: LandmarkDefinition, textures: [HeadTexture],
    scenery: Scenery? = nil
  ) {
    precondition(
      textures.allSatisfy { $0.coordinates.count == head.vertexCount }, "a texture of another mesh")
    self.head = head
    self.definition = definition
    self.textures = textures
    plainLevels = head.regions.map { region in
      switch region {
      case .skin: 150
      case .eye: 210
      case .mouthInterior: 60
      case .teeth: 220
      }
    }
    self.scenery = scenery
    jaw = JawSilhouette(head: head, definition: definition)
    parts = HeadParts(head)
    expressions = ExpressionSampler(names: head.expressionNames)
  }
}
