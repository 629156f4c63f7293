import CLNF

/// What faces are drawn of. Immutable: any number of renderers share it.
public struct SceneMaterial: Sendable {
  public let head: HeadModel
  public let definition: LandmarkDefinition
  public let textures: [HeadTexture]
  /// Faces about from the front, shown as they are.
  public let photos: [ScenePhoto]
  /// Pictures for backgrounds; without them all are made up.
  public let scenery: Scenery?
  /// By vertex, for faces without a texture.
  let plainLevels: [Float]
  let jaw: JawSilhouette
  let parts: HeadParts
  let lids: LidParts
  let expressions: ExpressionSampler
  let basis: LandmarkBasis

  /// - Parameters:
  ///   - textures: fitted to `head`; without any, faces are plain grey.
  ///   - observed: expressions of people, which are drawn beside made-up ones.
  public init(
    head: HeadModel, definition: LandmarkDefinition, textures: [HeadTexture],
    photos: [ScenePhoto] = [], observed: [[Double]] = [],
    scenery: Scenery? = nil
  ) {
    precondition(
      textures.allSatisfy { $0.coordinates.count == head.vertexCount }, "a texture of another mesh")
    self.head = head
    self.definition = definition
    self.textures = textures
    self.photos = photos
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
    lids = LidParts(head)
    basis = LandmarkBasis(head: head, definition: definition)
    expressions = ExpressionSampler(names: head.expressionNames, observed: observed)
  }
}
