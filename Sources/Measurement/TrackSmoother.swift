import CLNF
import Tracking

/// Smooths one face's landmarks and head pose over time, for pictures and live uses.
///
/// Filtered are the landmarks in the image and in camera space, and the pose; the fit's own
/// parameters (`global`, `local`) stay as fitted. Every coordinate is filtered by itself, with the
/// frames' own times.
///
/// Landmarks that are judged one by one and are likely hidden or wrong follow the others more than
/// themselves.
///
/// A frame that is not believed passes as it is and does not enter the filter. The filter begins
/// again after a frame without a fit, a lost face, another face, another number of landmarks, and
/// where time goes back or leaps by more than `longestGapSeconds`.
///
/// Not to be used by two threads at once; one smoother a face. Allocates nothing after the first
/// frame of a face.
public struct TrackSmoother: Sendable {
  /// Values further apart than this have nothing to do with each other: at the lowest cutoffs that
  /// are of use, less than a tenth of the older one would be left.
  public static let longestGapSeconds = 1.0
  /// Millimetres that a point of the head's surface moves for a radian: angles are filtered as
  /// such lengths, so that one speed coefficient serves pixels, millimetres and radians.
  public static let headRadiusMillimetres = 100.0

  public let settings: OneEuroSettings
  private var landmarks: OneEuroFilter
  private var landmarks3D: OneEuroFilter
  private var translation: OneEuroFilter
  private var rotation: OneEuroFilter
  private var poseValues: [Double] = []
  private var trusts: [Double] = []
  private var lastTime: Double?
  /// When there was a pose last; it may fail where the landmarks do not.
  private var lastPoseTime: Double?
  private var faceID = 0

  public init(_ settings: OneEuroSettings = .standard) {
    self.settings = settings
    landmarks = OneEuroFilter(settings)
    landmarks3D = OneEuroFilter(settings)
    translation = OneEuroFilter(settings)
    rotation = OneEuroFilter(settings)
  }

  /// Forgets the face.
  public mutating func reset() {
    landmarks.reset()
    landmarks3D.reset()
    translation.reset()
    rotation.reset()
    lastTime = nil
    lastPoseTime = nil
  }

  /// Smooths the next frame and its measurement in place; `cameraRelativePose` is made anew of
  /// the smoothed pose. Give it every frame in order.
  public mutating func smooth(
    _ frame: inout TrackedFrame, _ measurement: inout FaceMeasurement
  ) {
    let time = frame.timestampSeconds
    if !continues(frame) { reset() }
    guard frame.hasFit, frame.success, frame.landmarks.allSatisfy(\.isFinite),
      measurement.landmarks3D.allSatisfy(\.isFinite)
    else { return }
    // The first values pass whatever time is said to have passed.
    let elapsed = lastTime.map { time - $0 } ?? 1
    if setTrusts(frame), measurement.landmarks3D.count == 3 * trusts.count {
      landmarks.filter(&frame.landmarks, trusts: trusts, elapsedSeconds: elapsed)
      landmarks3D.filter(&measurement.landmarks3D, trusts: trusts, elapsedSeconds: elapsed)
    } else {
      landmarks.filter(&frame.landmarks, elapsedSeconds: elapsed)
      landmarks3D.filter(&measurement.landmarks3D, elapsedSeconds: elapsed)
    }
    smoothPose(&measurement, time)
    lastTime = time
    faceID = frame.faceID
  }

  /// From this confidence on a landmark is filtered by itself.
  private static let sureConfidence = 0.8
  /// No landmark follows its own movement less than this.
  private static let leastTrust = 0.2

  /// Whether landmarks were judged one by one.
  private mutating func setTrusts(_ frame: TrackedFrame) -> Bool {
    guard !frame.landmarkConfidences.isEmpty,
      frame.landmarks.count == 2 * frame.landmarkConfidences.count
    else { return false }
    trusts.removeAll(keepingCapacity: true)
    for confidence in frame.landmarkConfidences {
      trusts.append(max(Self.leastTrust, min(1, confidence / Self.sureConfidence)))
    }
    return true
  }

  private func continues(_ frame: TrackedFrame) -> Bool {
    guard let lastTime, frame.hasFit, frame.state != .lost, frame.faceID == faceID else {
      return false
    }
    let elapsed = frame.timestampSeconds - lastTime
    return elapsed > 0 && elapsed <= Self.longestGapSeconds
  }

  private mutating func smoothPose(_ measurement: inout FaceMeasurement, _ time: Double) {
    guard var pose = measurement.headPose else {
      translation.reset()
      rotation.reset()
      lastPoseTime = nil
      return
    }
    let elapsed = lastPoseTime.map { time - $0 } ?? 1
    lastPoseTime = time
    poseValues.removeAll(keepingCapacity: true)
    for axis in 0..<3 { poseValues.append(pose.translation[axis]) }
    translation.filter(&poseValues, elapsedSeconds: elapsed)
    for axis in 0..<3 { pose.translation[axis] = poseValues[axis] }
    let radius = Self.headRadiusMillimetres
    poseValues[0] = radius * pose.rotation.x
    poseValues[1] = radius * pose.rotation.y
    poseValues[2] = radius * pose.rotation.z
    rotation.filter(&poseValues, elapsedSeconds: elapsed, period: 2 * .pi * radius)
    pose.rotation = EulerAngles(
      x: poseValues[0] / radius, y: poseValues[1] / radius, z: poseValues[2] / radius)
    measurement.headPose = pose
    measurement.cameraRelativePose = pose.relativeToCamera()
  }
}
