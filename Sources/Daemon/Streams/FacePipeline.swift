import CLNF
import Measurement
import Recording
import Tracking
import VideoInput

/// A stream as it is to be run: its configuration with the model that it names.
struct StreamPlan: Sendable {
  let configuration: StreamConfiguration
  let model: FaceModel

  var name: String { configuration.name }

  /// Whether a stream that runs as `self` would do nothing else as `other`.
  func isSame(as other: StreamPlan) -> Bool {
    configuration == other.configuration && model === other.model
  }
}

/// What is made of one stream's frames: fit, measurement, smoothing. One thread.
final class FacePipeline {
  private let configuration: TrackingConfiguration
  private let stream: String
  private let model: FaceModel
  private let tracker: FaceTracker
  private var smoother: TrackSmoother?
  private var shape: [Double] = []
  private var measurer: FaceMeasurer?
  private(set) var context: FrameContext?
  private(set) var tracked = TrackedFrame()
  private(set) var measurement = FaceMeasurement()

  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  init(_ plan: StreamPlan, detector: BackgroundDetector) throws {
    configuration = plan.configuration.tracking
    stream = plan.name
    let model = plan.model
    self.model = model
    var settings = TrackingSettings.live(for: model)
    settings.belief = configuration.belief.applied(to: .learned(for: model))
    settings.preferredPoint = configuration.preferredPoint
    settings.matchesTemplate = configuration.matchesTemplate
    tracker = try FaceTracker(
      fitter: Fitter(
        model: model, settings: model.fitSettings ?? .landmarkd(for: model),
        instructionSet: .best),
      besides: detector,
      judge: model.validator.map {
        ValidatorEvaluation($0, landmarkCount: model.landmarkCount, instructionSet: .best)
      }, settings: settings)
    smoother = configuration.smoothing.map { TrackSmoother($0) }
  }

  /// Whether the face detector began to look at the last frame.
  var detectorRan: Bool { tracker.activity.detectorRan }

  /// Follows the face through the next frame; `startsAnew`: it has nothing to do with the last.
  /// - Throws: `MeasurementError` for a frame without pixels.
  func follow(_ frame: borrowing VideoFrame, startsAnew: Bool) throws {
    if startsAnew {
      tracker.reset()
      smoother?.reset()
    }
    let measurer = try self.measurer(for: frame)
    tracker.track(frame.grey, into: &tracked, spareSeconds: frame.spareSeconds)
    frame.copyTimes(to: &tracked)
    if tracked.hasFit { model.shapeModel.shape3D(local: tracked.local, into: &shape) }
    measurer.measure(frame: tracked, shape3D: shape, into: &measurement)
    smoother?.smooth(&tracked, &measurement)
    if configuration.pose == .camera { measurement.headPose = measurement.cameraRelativePose }
  }

  /// The measurer for the frame's size.
  private func measurer(for frame: borrowing VideoFrame) throws -> FaceMeasurer {
    let (width, height) = (frame.grey.width, frame.grey.height)
    if let measurer, let context, context.width == width, context.height == height {
      return measurer
    }
    let camera = try CameraIntrinsics(
      width: width, height: height, overrides: configuration.camera)
    let made = FaceMeasurer(camera: camera)
    measurer = made
    context = FrameContext(stream: stream, width: width, height: height, camera: camera)
    return made
  }
}
