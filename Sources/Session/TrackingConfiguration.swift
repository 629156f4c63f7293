import CLNF
import FaceFinding
import Measurement
import Tracking

/// A named set of rules for fitting, tracking and decoding.
public enum FitSettingsName: String, CaseIterable, Sendable {
  /// The model's own settings; for OpenFace models landmarkd's.
  case landmarkd
  /// Everything as the reference toolkit does it; frozen.
  case reference
}

/// How a face is found, followed and measured, as it was asked for. What is nil keeps the default.
public struct TrackingConfiguration: Sendable, Equatable {
  public var fitSettings = FitSettingsName.landmarkd
  public var camera = CameraIntrinsics.Overrides()
  public var pose = PoseAxes.world
  /// The face nearest to this point (pixels) is followed; without it the most confident.
  public var preferredPoint: TrackingSettings.Point?
  /// Pixels from which on faces are wanted, at least 0.
  public var minimumFaceWidth = 0.0
  /// Factor by which the image is enlarged for the face detector.
  public var enlargement: Double?
  /// What is asked of a fit beside what its model's learned rules ask.
  public var belief: [BeliefLimit: Double] = [:]
  /// How many faces are followed at most, 1 to `FaceCrowd.mostFaces`.
  public var faceLimit = 1
  /// Whether only the first person is followed, of several whom one after another could be.
  public var keepsPerson = false
  /// Whether the face's picture is looked for before each fit.
  public var matchesTemplate = false
  /// Whether each landmark is judged by itself.
  public var judgesLandmarks = false
  /// nil: rows are not smoothed.
  public var smoothing: OneEuroSettings?

  public init() {}

  /// Whether the largest face will do: not where somebody else may have to be found beside it.
  private var wantsLargest: Bool { faceLimit == 1 && !keepsPerson }

  /// What searches for faces: dlib's detector for the reference's settings, else the finder.
  ///
  /// - Parameter followsOne: whether the largest face will do, which a search of reduced pictures finds
  ///   first; else all are looked for. nil: as many faces as are followed.
  /// - Throws: `FaceDetectionError`.
  public func makeDetector(
    followsOne: Bool? = nil
  ) throws(FaceDetectionError) -> sending any FaceDetector {
    switch fitSettings {
    case .reference: try FrontalFaceDetector(referenceDetectorSettings())
    case .landmarkd: FaceFinder(try finderSettings(followsOne: followsOne ?? wantsLargest))
    }
  }

  /// How the finder searches. See `makeDetector`.
  public func finderSettings(
    followsOne: Bool = true
  ) throws(FaceDetectionError) -> FaceFinderSettings {
    try FaceFinderSettings(
      smallestFaceWidth: minimumFaceWidth, enlargement: enlargement ?? 1,
      searchesReducedFirst: followsOne && preferredPoint == nil)
  }

  /// How dlib's detector searches for the reference's settings.
  public func referenceDetectorSettings() throws(FaceDetectionError) -> FaceDetectorSettings {
    let base = FaceDetectorSettings.reference
    return try FaceDetectorSettings(
      enlargement: enlargement ?? base.enlargement, threshold: base.threshold,
      minimumFaceWidth: minimumFaceWidth)
  }
}
