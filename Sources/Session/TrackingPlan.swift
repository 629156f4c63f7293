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
  /// Whether a second thread takes half of the response maps, where one face is followed.
  public var sharesMaps = false
  /// How many faces are followed at most.
  public var faceLimit = 1
  /// Whether only the first person is followed.
  public var keepsPerson = false
  /// Whether people are told apart: not by the reference's rules.
  public var namesPeople = false
  /// Threads that share the faces of a frame, where several are followed.
  public var threads = 1

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
      faceLimit = configuration.faceLimit
      // Who is asked for by a place is one person.
      keepsPerson = configuration.keepsPerson || configuration.preferredPoint != nil
      namesPeople = model.landmarkCount == 68
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
      model: model, settings: fit, instructionSet: instructionSet,
      sharesMaps: sharesMaps && faceLimit == 1)
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

  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  func makeCrowd(_ search: FaceSearch) throws -> FaceCrowd {
    switch search {
    case .onPath(let detector):
      try FaceCrowd(
        limit: faceLimit, detector: detector, settings: tracking, threads: threads,
        makeFitter: { () throws(ModelDataError) in try makeFitter() }, makeJudge: { makeJudge() })
    case .beside(let detector):
      try FaceCrowd(
        limit: faceLimit, besides: detector, settings: tracking, threads: threads,
        makeFitter: { () throws(ModelDataError) in try makeFitter() }, makeJudge: { makeJudge() })
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
