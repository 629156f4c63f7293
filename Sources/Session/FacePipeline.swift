import CLNF
import Measurement
import Recording
import Tracking
import VideoInput

/// What is made of a source's frames, one after another: fits, verdicts, measurements, smoothing. One
/// thread; faces of a frame may be shared with others.
public final class FacePipeline {
  /// The last frame's.
  public private(set) var record: FrameRecord
  private let plan: TrackingPlan
  private let followed: Followed
  /// Of the faces that there are: a list, as changing a value of a dictionary in its place allocates.
  private var smoothers: [(faceID: Int, smoother: TrackSmoother)] = []
  private var measurer: FaceMeasurer?
  /// What the crowd fills; exchanged with the record's.
  private var fits: [TrackedFrame] = []
  private var shape: [Double] = []

  private enum Followed {
    case one(FaceTracker, FaceNaming?)
    case several(FaceCrowd)
  }

  /// - Parameter stream: what rows call the source.
  /// - Throws: `ModelDataError` for settings that cannot be used with the model.
  public init(_ plan: TrackingPlan, _ search: FaceSearch, stream: String = "") throws {
    self.plan = plan
    followed =
      plan.faceLimit > 1
      ? .several(try plan.makeCrowd(search))
      : .one(
        try plan.makeTracker(search),
        plan.namesPeople ? FaceNaming(keepsPerson: plan.keepsPerson) : nil)
    record = try FrameRecord(stream: stream)
    record.slots[0].measured.poseAxes = plan.pose
  }

  /// Forgets faces and people, as at the beginning of a video.
  public func reset() {
    switch followed {
    case .one(let tracker, let naming):
      tracker.reset()
      naming?.reset()
    case .several(let crowd): crowd.reset()
    }
    smoothers.removeAll(keepingCapacity: true)
  }

  /// Forgets the faces, not the people: the next frame has nothing to do with the last.
  private func startAnew() {
    switch followed {
    case .one(let tracker, _): tracker.reset()
    case .several(let crowd): crowd.forgetFaces()
    }
    smoothers.removeAll(keepingCapacity: true)
  }

  /// Follows the faces through the next frame and makes its `record`. Allocates nothing after the first
  /// frames of a size, but for searches and for faces that are new.
  /// - Parameter startsAnew: whether the frame has nothing to do with the last.
  /// - Throws: `MeasurementError` for a frame without pixels, `FaceDetectionError` where a search could
  ///   not be run.
  public func follow(_ frame: borrowing VideoFrame, startsAnew: Bool = false) throws {
    if startsAnew { startAnew() }
    let measurer = try self.measurer(width: frame.grey.width, height: frame.grey.height)
    switch followed {
    case .one(let tracker, let naming): try follow(frame, tracker, naming)
    case .several(let crowd): try follow(frame, crowd)
    }
    record.imageName = frame.imageName
    for index in 0..<record.count { finish(index, frame, measurer) }
    if smoothers.count > record.count { forgetSmoothers() }
  }

  private func follow(
    _ frame: borrowing VideoFrame, _ tracker: FaceTracker, _ naming: FaceNaming?
  ) throws {
    tracker.track(frame.grey, into: &record.slots[0].fit, spareSeconds: frame.spareSeconds)
    if let error = tracker.searchError { throw error }
    record.detectorRan = tracker.activity.detectorRan
    guard let naming else { return }
    let isFollowed = naming.name(
      &record.slots[0].fit, frame.grey, at: frame.timestampSeconds,
      wasFound: tracker.activity.detectorFound)
    if !isFollowed {
      tracker.refuse()
      record.slots[0].fit.withdraw()
    }
  }

  private func follow(_ frame: borrowing VideoFrame, _ crowd: FaceCrowd) throws {
    record.count = crowd.track(
      frame.grey, at: frame.timestampSeconds, into: &fits, spareSeconds: frame.spareSeconds)
    if let error = crowd.searchError { throw error }
    record.detectorRan = crowd.detectorRan
    while record.slots.count < record.count {
      var slot = FaceRecord()
      slot.measured.poseAxes = plan.pose
      record.slots.append(slot)
    }
    for index in 0..<record.count { swap(&fits[index], &record.slots[index].fit) }
  }

  /// Measures and smooths a face of the frame.
  private func finish(_ index: Int, _ frame: borrowing VideoFrame, _ measurer: FaceMeasurer) {
    frame.copyTimes(to: &record.slots[index].fit)
    if record.slots[index].fit.hasFit {
      plan.model.shapeModel.shape3D(local: record.slots[index].fit.local, into: &shape)
    }
    record.slots[index].measure(measurer, shape)
    if let smoothing = plan.smoothing {
      let place = smootherPlace(of: record.slots[index].fit.faceID, smoothing)
      smoothers[place].smoother.smooth(&record.slots[index].shown)
    }
    if !plan.showsLandmarkConfidences {
      record.slots[index].shown.frame.landmarkConfidences.removeAll(keepingCapacity: true)
    }
  }

  private func smootherPlace(of faceID: Int, _ smoothing: OneEuroSettings) -> Int {
    if let place = smoothers.firstIndex(where: { $0.faceID == faceID }) { return place }
    smoothers.append((faceID, TrackSmoother(smoothing)))
    return smoothers.count - 1
  }

  /// Of faces that the frame does not have.
  private func forgetSmoothers() {
    let present = record.faces.map(\.fit.faceID)
    smoothers.removeAll { !present.contains($0.faceID) }
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
