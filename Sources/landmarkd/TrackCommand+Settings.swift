import CLNF
import FaceFinding
import Recording
import Session
import Tracking

extension TrackCommand {
  /// What the options come to.
  var planOptions: PlanOptions {
    var configuration = PlanOptions(model, detector, belief, camera).configuration
    configuration.faceLimit = Settings.faces.value(face.faces)
    configuration.preferredPoint = face.faceAt
    configuration.keepsPerson = face.samePerson
    configuration.matchesTemplate = face.fastMotion
    configuration.judgesLandmarks = columns.groups.contains(.confidences)
    // Checked by `validate`.
    configuration.smoothing = (try? smoothing.settings()) ?? nil
    return PlanOptions(model, configuration)
  }

  /// Every setting that has a say in the rows.
  func reportSettings(_ plan: TrackingPlan) -> [String: ReportValue] {
    var settings = model.report(fit: plan.fit)
    settings.merge(belief.report(plan.tracking.belief)) { first, _ in first }
    settings[Settings.pose.key] = .text(plan.pose.rawValue)
    settings[Settings.faces.key] = .number(Double(plan.faceLimit))
    settings[Settings.samePerson.key] = .flag(plan.keepsPerson)
    settings[Settings.fastMotion.key] = .flag(face.fastMotion)
    settings[Settings.start.key] = .number(range.start)
    settings[Settings.every.key] = .number(Double(range.every))
    settings[Settings.strict.key] = .flag(damage.strict)
    settings[Settings.columns.key] = .text(columns.text)
    if let videoStream = stream.videoStream {
      settings[Settings.videoStream.key] = .number(Double(videoStream))
    }
    if let point = face.faceAt {
      settings[Settings.faceAt.key] = .list([.number(point.x), .number(point.y)])
    }
    for (name, value) in [
      (Settings.frameRate.key, reading.frameRate), (Settings.duration.key, range.duration),
      (Settings.fx.key, camera.fx), (Settings.fy.key, camera.fy), (Settings.cx.key, camera.cx),
      (Settings.cy.key, camera.cy),
    ] {
      if let value { settings[name] = .number(value) }
    }
    return settings.merging(detector.report) { first, _ in first }
      .merging(smoothing.report) { first, _ in first }
  }
}
