import CLNF
import Measurement
import Recording
import Tracking
import VideoInput

/// What is made of a source's frames, one after another: fit, verdict, measurement, smoothing. One
/// thread.
public final class FacePipeline {
  /// The last frame's.
  public private(set) var record: FrameRecord
  /// How the tracker works; for whoever measures it.
  public let tracker: FaceTracker
  private let plan: TrackingPlan
  private var smoother: TrackSmoother?
  private var measurer: FaceMeasurer?
  private var shape: [Double] = []

  /// - Parameter stream: what rows call the source.
  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  public init(_ plan: TrackingPlan, _ search: FaceSearch, stream: String = "") throws {
    self.plan = plan
    tracker = try plan.makeTracker(search)
    smoother = plan.smoothing.map { TrackSmoother($0) }
    record = try FrameRecord(stream: stream)
    record.measured.poseAxes = plan.pose
  }

  /// Forgets the face.
  public func reset() {
    tracker.reset()
    smoother?.reset()
  }

  /// Follows the face through the next frame and makes its `record`. Allocates nothing after the first
  /// frames of a size, but for searches.
  /// - Parameter startsAnew: whether the frame has nothing to do with the last.
  /// - Throws: `MeasurementError` for a frame without pixels, `FaceDetectionError` where a search could
  ///   not be run.
  public func follow(_ frame: borrowing VideoFrame, startsAnew: Bool = false) throws {
    if startsAnew { reset() }
    let measurer = try self.measurer(width: frame.grey.width, height: frame.grey.height)
    tracker.track(frame.grey, into: &record.fit, spareSeconds: frame.spareSeconds)
    if let error = tracker.searchError { throw error }
    record.detectorRan = tracker.activity.detectorRan
    record.imageName = frame.imageName
    frame.copyTimes(to: &record.fit)
    if record.fit.hasFit {
      plan.model.shapeModel.shape3D(local: record.fit.local, into: &shape)
    }
    measurer.measure(frame: record.fit, shape3D: shape, into: &record.measured)
    record.shown.take(record.fit, record.measured)
    smoother?.smooth(&record.shown)
    if !plan.showsLandmarkConfidences {
      record.shown.frame.landmarkConfidences.removeAll(keepingCapacity: true)
    }
  }

  /// The measurer for the frame's size, which may change within a source.
  private func measurer(width: Int, height: Int) throws(MeasurementError) -> FaceMeasurer {
    if let measurer, record.context.width == width, record.context.height == height {
      return measurer
    }
    let camera = try plan.intrinsics(width: width, height: height)
    let made = FaceMeasurer(camera: camera)
    measurer = made
    record.context = FrameContext(
      stream: record.context.stream, width: width, height: height, camera: camera)
    return made
  }
}
