import CLNF
import FaceFinding
import Measurement
import Tracking

/// Everything between a frame and its row: model, fit, verdict, measurement. What a
/// `TrackingConfiguration` comes to with a model.
///
/// A value; each `FacePipeline` made of it is for one thread.
public struct TrackingPlan: Sendable {
  public var model: FaceModel
  public var fit: FitSettings
  public var tracking: TrackingSettings
  public var camera: CameraIntrinsics.Overrides
  /// Against what the rotation that is written is given.
  public var pose: PoseAxes
  /// Whether rows have the landmarks' confidences; the smoother asks for them in any case.
  public var showsLandmarkConfidences: Bool
  /// nil: rows are not smoothed.
  public var smoothing: OneEuroSettings?
  public var instructionSet = InstructionSet.best
  /// Whether a second thread takes half of the response maps.
  public var sharesMaps = false

  /// - Parameter isLive: whether an empty picture is searched now and then only
  ///   (`TrackingSettings.live`).
  public init(
    _ model: FaceModel, _ configuration: TrackingConfiguration = TrackingConfiguration(),
    isLive: Bool = false
  ) {
    self.model = model
    switch configuration.fitSettings {
    case .landmarkd:
      fit = model.fitSettings ?? .landmarkd(for: model)
      tracking = isLive ? .live(for: model) : .landmarkd(for: model)
      tracking.belief = Belief.learned(for: model).asked(configuration.belief)
    case .reference:
      // Frozen: what is asked of fits has no say.
      fit = FitSettings.classic(for: model).asReference
      tracking = .reference
      tracking.belief = .reference
    }
    tracking.preferredPoint = configuration.preferredPoint
    tracking.matchesTemplate = configuration.matchesTemplate
    showsLandmarkConfidences = configuration.judgesLandmarks
    tracking.judgesLandmarks =
      configuration.judgesLandmarks || configuration.smoothing != nil
    camera = configuration.camera
    pose = configuration.pose
    smoothing = configuration.smoothing
  }

  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  public func makeFitter() throws(ModelDataError) -> Fitter {
    try Fitter(
      model: model, settings: fit, instructionSet: instructionSet, sharesMaps: sharesMaps)
  }

  /// The model's validator; nil where it has none.
  public func makeJudge() -> ValidatorEvaluation? {
    model.validator.map {
      ValidatorEvaluation(
        $0, landmarkCount: model.landmarkCount, instructionSet: instructionSet)
    }
  }

  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  public func makeTracker(_ search: FaceSearch) throws -> FaceTracker {
    switch search {
    case .onPath(let detector):
      try FaceTracker(
        fitter: makeFitter(), detector: detector, judge: makeJudge(), settings: tracking)
    case .beside(let detector):
      try FaceTracker(
        fitter: makeFitter(), besides: detector, judge: makeJudge(), settings: tracking)
    }
  }

  /// - Throws: `MeasurementError` for a size without pixels and for intrinsics out of range.
  public func intrinsics(width: Int, height: Int) throws(MeasurementError) -> CameraIntrinsics {
    try CameraIntrinsics(width: width, height: height, overrides: camera)
  }
}

/// Where faces are searched for.
public enum FaceSearch {
  /// On the frames' path: a frame that needs a search waits for it.
  case onPath(any FaceDetector)
  /// Beside it: no frame waits.
  case beside(BackgroundDetector)
}
