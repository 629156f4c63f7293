import CLNF
import Measurement
import Recording
import Tracking

/// What became of one frame. Each step of the pipeline adds its part; none changes another's.
///
/// A pipeline fills the same record for frame after frame; its arrays keep their memory.
public struct FrameRecord: Sendable {
  /// The stream, the frame's size and its camera.
  public internal(set) var context: FrameContext
  /// The image file's name, for sources of several images.
  public internal(set) var imageName: String?
  /// Memory for as many faces as there have been; the first `count` are the frame's.
  var slots = [FaceRecord()]
  var count = 1
  /// Whether the face detector began to look at the frame, or looked at it.
  public internal(set) var detectorRan = false

  init(stream: String) throws(MeasurementError) {
    // Of a picture of one pixel, until the first frame comes.
    context = FrameContext(
      stream: stream, width: 1, height: 1, camera: try CameraIntrinsics(width: 1, height: 1))
  }

  /// What became of each face, by face_id; of a frame without a face one record without a fit.
  public var faces: ArraySlice<FaceRecord> { slots[..<count] }

  /// The first face's: the only one's where one is followed.
  public var fit: TrackedFrame { slots[0].fit }
  public var measured: FaceMeasurement { slots[0].measured }
  public var shown: FaceShown { slots[0].shown }
}

/// One face of a frame.
public struct FaceRecord: Sendable {
  /// The frame's times, the fit and the verdict.
  public internal(set) var fit = TrackedFrame()
  /// What was measured of the fit.
  public internal(set) var measured = FaceMeasurement()
  /// Fit and measurement as they are written and drawn: smoothed where that was asked for.
  public internal(set) var shown = FaceShown()

  init() {}

  /// - Parameter shape: the fit's shape in 3D, where it has one.
  mutating func measure(_ measurer: FaceMeasurer, _ shape: [Double]) {
    measurer.measure(frame: fit, shape3D: shape, into: &measured)
    shown.take(fit, measured)
  }
}

/// A face as it is written and drawn.
public struct FaceShown: Sendable {
  /// Landmarks may be smoothed; the fit's parameters never are.
  public internal(set) var frame = TrackedFrame()
  public internal(set) var measurement = FaceMeasurement()

  init() {}

  /// Takes over fit and measurement. Copies the arrays into memory that is there: allocates nothing once
  /// they have had that size.
  mutating func take(_ fit: TrackedFrame, _ measured: FaceMeasurement) {
    var (landmarks, local, residuals) = ([Double](), [Double](), [Double]())
    var (confidences, landmarks3D) = ([Double](), [Double]())
    swap(&landmarks, &frame.landmarks)
    swap(&local, &frame.local)
    swap(&residuals, &frame.residuals)
    swap(&confidences, &frame.landmarkConfidences)
    swap(&landmarks3D, &measurement.landmarks3D)
    landmarks.replaceElements(with: fit.landmarks)
    local.replaceElements(with: fit.local)
    residuals.replaceElements(with: fit.residuals)
    confidences.replaceElements(with: fit.landmarkConfidences)
    landmarks3D.replaceElements(with: measured.landmarks3D)
    frame = fit
    measurement = measured
    // An array that is shared would be copied by the next frame that writes into it.
    frame.landmarks = landmarks
    frame.local = local
    frame.residuals = residuals
    frame.landmarkConfidences = confidences
    measurement.landmarks3D = landmarks3D
  }
}

extension TrackSmoother {
  /// As `smooth(_:_:)`.
  mutating func smooth(_ shown: inout FaceShown) { smooth(&shown.frame, &shown.measurement) }
}
