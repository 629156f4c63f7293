import CLNF

/// When a tracker believes a fit, and when it looks for a face again (docs/reference/clnf.md
/// section 6).
public struct TrackingSettings: Sendable, Equatable, Codable {
  /// When a fit is believed.
  public var belief = Belief.reference
  /// Without a face the detector runs on the first frame and then on every so many-th, >= 1.
  public var searchInterval = 24
  /// After a failed frame the detector runs at once and then on every so many-th failure, >= 1.
  public var redetectionInterval = 4
  /// With more failures than this in a row the face is given up, >= 0.
  public var failureLimit = 100
  /// Whether a doubted frame is fitted again with the first fit's windows, from the frame before,
  /// before the detector runs.
  public var retriesWide = false
  /// While the landmarks move less than this from frame to frame (root mean square, mm at the head),
  /// a followed face is fitted at the finest scale only; a frame that turns out to move more is fitted
  /// again with all. Where coarse scales move the pose only (`tracksPoseOnlyWhenCoarse`), > 0; nil:
  /// never.
  public var stillMovement: Double?
  /// Whether the last face's picture is looked for around its place before each fit, for faces
  /// that move fast.
  public var matchesTemplate = false
  /// Whether each landmark is judged by itself, with models that have learned it; costs one look at the
  /// face a frame.
  public var judgesLandmarks = false
  /// The face nearest to this point (pixels) is followed; without it the most confident.
  public var preferredPoint: Point?

  public struct Point: Sendable, Equatable, Codable {
    public var x: Double
    public var y: Double

    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  public init() {}

  /// The reference toolkit's rules. Frozen; parity tests run with it.
  public static let reference = TrackingSettings()

  /// For recorded files: a doubted frame is tried again with wide windows, then the detector runs; a
  /// face doubted on three frames in a row is lost, and searched for on every frame.
  public static func landmarkd(for model: FaceModel) -> TrackingSettings {
    var settings = TrackingSettings()
    settings.belief = .learned(for: model)
    settings.searchInterval = 1
    settings.redetectionInterval = 1
    settings.failureLimit = 2
    settings.retriesWide = true
    settings.stillMovement = 2
    return settings
  }

  /// For live sources: as for files, but an empty picture is searched on every fourth frame only, so
  /// that a camera that sees nobody for months does not keep a core busy.
  public static func live(for model: FaceModel) -> TrackingSettings {
    var settings = landmarkd(for: model)
    settings.searchInterval = 4
    return settings
  }

  /// - Throws: `ModelDataError` naming the setting and what was expected.
  public func validate() throws(ModelDataError) {
    try belief.validate()
    guard searchInterval >= 1, redetectionInterval >= 1, failureLimit >= 0 else {
      throw ModelDataError(
        "search interval \(searchInterval), redetection interval \(redetectionInterval), failure limit \(failureLimit); expected at least 1, 1 and 0"
      )
    }
    if let movement = stillMovement, !(movement.isFinite && movement > 0) {
      throw ModelDataError("a movement of still faces of \(movement) mm; expected above 0")
    }
    if let point = preferredPoint, !point.x.isFinite || !point.y.isFinite {
      throw ModelDataError("a preferred point that is not finite")
    }
  }
}
