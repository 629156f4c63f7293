import CLNF
import FaceDetection
import Recording
import Tracking

extension TrackCommand {
  /// How the options want faces to be followed.
  func trackingSettings(_ faceModel: FaceModel, isLive: Bool) -> TrackingSettings {
    var settings: TrackingSettings =
      model.fitSettings == .reference
      ? .reference : isLive ? .live(for: faceModel) : .landmarkd(for: faceModel)
    settings.belief = belief.belief(for: faceModel, model.fitSettings)
    settings.preferredPoint = faceAt?.point
    settings.matchesTemplate = fastMotion
    return settings
  }

  /// A tracker of recorded inputs, whose frames wait for `detector` where they need it.
  func makeTracker(
    _ faceModel: FaceModel, _ detector: any FaceDetector
  ) throws -> (FaceTracker, TrackingSettings) {
    let settings = trackingSettings(faceModel, isLive: false)
    // With more jobs the other cores have work of their own.
    let sharesMaps = jobCount == 1 && Self.coreCount > 1
    let tracker = try FaceTracker(
      fitter: try model.makeFitter(faceModel, sharesMaps: sharesMaps), detector: detector,
      judge: model.makeJudge(faceModel), settings: settings)
    return (tracker, settings)
  }

  /// A tracker of a live source, of which no frame waits for the face detector.
  func makeLiveTracker(_ faceModel: FaceModel) throws -> (FaceTracker, TrackingSettings) {
    let settings = trackingSettings(faceModel, isLive: true)
    let beside = BackgroundDetector(
      try detector.makeDetector(model.fitSettings, largestFirst: faceAt == nil))
    let tracker = try FaceTracker(
      fitter: try model.makeFitter(faceModel), besides: beside,
      judge: model.makeJudge(faceModel), settings: settings)
    return (tracker, settings)
  }

  /// Every setting that has a say in the rows.
  func reportSettings(fit: FitSettings, belief: Belief) -> [String: ReportValue] {
    var settings = model.report(fit: fit)
    settings.merge(self.belief.report(belief)) { first, _ in first }
    settings["pose"] = .text(camera.pose.rawValue)
    settings["fast-motion"] = .flag(fastMotion)
    settings["start"] = .number(start)
    settings["every"] = .number(Double(every))
    settings["strict"] = .flag(strict)
    settings["columns"] = .text(columns.columns ?? "all")
    if let rate = live.frameRate { settings["frame-rate"] = .number(rate) }
    if let videoStream = stream.videoStream {
      settings["video-stream"] = .number(Double(videoStream))
    }
    if let duration { settings["duration"] = .number(duration) }
    if let point = faceAt?.point {
      settings["face-at"] = .list([.number(point.x), .number(point.y)])
    }
    for (name, value) in [
      ("fx", camera.fx), ("fy", camera.fy), ("cx", camera.cx), ("cy", camera.cy),
    ] {
      if let value { settings[name] = .number(value) }
    }
    return settings.merging(detector.report) { first, _ in first }
      .merging(smoothing.report) { first, _ in first }
  }
}
