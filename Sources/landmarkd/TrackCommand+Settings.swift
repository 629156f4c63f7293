import CLNF
import FaceFinding
import Recording
import Session
import Tracking

extension TrackCommand {
  /// What the options come to.
  var planOptions: PlanOptions {
    var configuration = PlanOptions(model, detector, belief, camera).configuration
    configuration.preferredPoint = faceAt?.point
    configuration.matchesTemplate = fastMotion
    // Checked by `validate`.
    configuration.smoothing = smoothing.smooth ? try? smoothing.settings() : nil
    return PlanOptions(model, configuration)
  }

  /// Every setting that has a say in the rows.
  func reportSettings(_ plan: TrackingPlan) -> [String: ReportValue] {
    var settings = model.report(fit: plan.fit)
    settings.merge(belief.report(plan.tracking.belief)) { first, _ in first }
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
