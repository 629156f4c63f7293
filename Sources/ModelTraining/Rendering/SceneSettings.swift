/// What faces are drawn like. Shares are probabilities.
public struct SceneSettings: Sendable {
  /// Image i is drawn from the seed and i alone.
  public var seed: UInt64 = 1
  /// Drawn uniformly in the logarithm.
  public var pixelsPerMillimetre = 0.5...1.5
  /// Side of the square image, mm at the head.
  public var fieldOfView = 250.0
  /// From the camera to the head, mm.
  public var distance = 450.0...2500.0
  public var pose = PoseSampler()

  /// Of the faces, where there are photos: shown as they are, not drawn.
  public var photoShare = 0.2

  /// How often a small change of identity is added, and its deviation in coefficients.
  public var identityShare = 0.5
  public var identityDeviation = 0.45

  public var hairShare = 0.75
  public var fringeShare = 0.3
  public var looseStrandShare = 0.12
  public var hatShare = 0.08
  public var glassesShare = 0.2
  public var sunglassesShare = 0.35
  public var beardShare = 0.18
  public var moustacheShare = 0.08
  public var handShare = 0.07
  public var occluderShare = 0.05

  public var sideLightShare = 0.2
  public var castShadowShare = 0.3
  public var glossShare = 0.4
  /// Of the backgrounds, where there are pictures of scenes.
  public var sceneryShare = 0.6
  public var photometry = Photometry()

  public init() {}

  /// Heads alone: nothing worn, nothing before them, plain light, no fault of a camera.
  public static var bare: SceneSettings {
    var bare = SceneSettings()
    (bare.hairShare, bare.looseStrandShare, bare.hatShare) = (0, 0, 0)
    (bare.glassesShare, bare.beardShare, bare.moustacheShare) = (0, 0, 0)
    (bare.handShare, bare.occluderShare) = (0, 0)
    (bare.sideLightShare, bare.castShadowShare, bare.glossShare) = (0, 0, 0)
    bare.photometry = .none
    return bare
  }
}
