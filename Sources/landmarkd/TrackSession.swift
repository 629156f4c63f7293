import ArgumentParser
import CLNF
import FaceDetection
import Foundation
import Measurement
import Recording
import Tracking
import VideoInput

/// Tracks one input after another with one model and one detector.
final class TrackSession {
  private let command: TrackCommand
  private let model: FaceModel
  private let interruption: Interruption
  private let videoSettings: VideoSettings
  private let schema: ColumnSchema
  private let tracker: FaceTracker
  private let trackingSettings: TrackingSettings
  private var failures: [String] = []

  init(_ command: TrackCommand, model: FaceModel, interruption: Interruption) throws {
    self.command = command
    self.model = model
    self.interruption = interruption
    videoSettings = try command.videoSettings()
    schema = ColumnSchema(
      landmarkCount: model.landmarkCount, modeCount: model.shapeModel.modeCount,
      groups: try command.columns.groups())
    var settings: TrackingSettings =
      command.model.fitSettings == .reference ? .reference : .landmarkd(for: model)
    settings.belief = command.belief.belief(for: model, command.model.fitSettings)
    settings.preferredPoint = command.faceAt?.point
    settings.matchesTemplate = command.fastMotion
    trackingSettings = settings
    tracker = try FaceTracker(
      fitter: command.model.makeFitter(model),
      detector: command.detector.makeDetector(
        command.model.fitSettings, largestFirst: command.faceAt == nil),
      judge: command.model.makeJudge(model), settings: settings)
  }

  /// Tracks `input` into `path`. Errors are said, not thrown, so that other inputs go on.
  func track(_ input: String, to path: String) -> ExitCode {
    tracker.reset()
    let clock = ContinuousClock()
    let begin = clock.now
    var run = TrackRun(input: input, path: path, started: Date())
    do {
      let status = try read(input, into: &run)
      run.wallSeconds = (clock.now - begin).seconds
      try finish(&run, status)
      return status
    } catch {
      Terminal.complain(error)
      failures.append("\(error)")
      keepRows(of: run)
      return Terminal.unusable
    }
  }

  /// After several inputs: what went wrong, again, where it is not lost among other lines.
  func sayWhatFailed() {
    guard !failures.isEmpty else { return }
    Terminal.complain("\(failures.count) of \(command.input.count) inputs could not be used:")
    for failure in failures { Terminal.say("  \(failure)") }
  }

  private struct NoFrame: Error, CustomStringConvertible {
    let input: String
    var description: String {
      "\(input): no frame lies between --start and the end of --duration; nothing was written"
    }
  }

  private struct IsURL: Error, CustomStringConvertible {
    let input: String
    var description: String {
      "cannot open \(input): track reads files, folders and pipes; ffmpeg can fetch it: "
        + "ffmpeg -i URL -c copy -f nut - | landmarkd track -"
    }
  }

  private func read(_ input: String, into run: inout TrackRun) throws -> ExitCode {
    try checkOutputs(of: run)
    do {
      return try follow(input, into: &run)
    } catch let error as VideoInputError where error.kind == .interrupted {
      return Terminal.interrupted
    }
  }

  private func follow(_ input: String, into run: inout TrackRun) throws -> ExitCode {
    guard !input.contains("://") || access(input, F_OK) == 0 else { throw IsURL(input: input) }
    let source = try VideoInput.open(input, settings: videoSettings, interruption: interruption)
    run.source = source
    let progress =
      command.quiet || !Terminal.standardErrorIsTerminal
      ? nil : ProgressLine(source.description, settings: videoSettings)
    var frame = VideoFrame()
    var tracked = TrackedFrame()
    var measurement = FaceMeasurement()
    var shape: [Double] = []
    var smoother = try command.smoothing.makeSmoother()
    defer { progress?.end() }
    while try source.read(into: &frame) {
      if run.writer == nil { try open(&run) }
      tracker.track(frame.grey, into: &tracked)
      frame.copyTimes(to: &tracked)
      let measurer = try run.measurer(for: frame, command.camera)
      if tracked.hasFit { model.shapeModel.shape3D(local: tracked.local, into: &shape) }
      measurer.measure(frame: tracked, shape3D: shape, into: &measurement)
      smoother?.smooth(&tracked, &measurement)
      try run.overlay?.add(frame, tracked, measurement, measurer.camera)
      if run.wantsPicture(of: tracked, frame: command.pictureFrame, path: command.picture) {
        try run.draw(frame, tracked, measurement, measurer.camera, command)
      }
      command.camera.choose(&measurement)
      try run.writer?.write(tracked, measurement)
      run.count(tracked)
      progress?.show(run)
    }
    return source.report.endedEarly ? Terminal.endedEarly : .success
  }

  /// What can go wrong with the outputs is said before the work is done.
  private func checkOutputs(of run: TrackRun) throws {
    if !OutputCheck.isStream(run.path) {
      try OutputCheck.beforehand(run.path, force: command.force)
      try OutputCheck.beforehand(RunReport.path(besides: run.path), force: command.force)
    }
    if let picture = command.picture, !OutputCheck.isStream(picture) {
      try OutputCheck.beforehand(picture, force: command.force)
    }
  }

  private func open(_ run: inout TrackRun) throws {
    run.overlay = try command.overlay.open(
      force: command.force, startsAtZero: command.start > 0)
    run.writer = try CSVWriter(path: run.path, schema: schema, force: command.force)
  }

  /// Publishes the rows, or leaves them where they are after an interruption.
  private func finish(_ run: inout TrackRun, _ status: ExitCode) throws {
    guard let writer = run.writer else {
      guard status == Terminal.interrupted else { throw NoFrame(input: run.input) }
      Terminal.complain("\(run.input): interrupted before the first frame; nothing was written")
      return
    }
    if status == Terminal.interrupted {
      let place = try writer.abandon() ?? "standard output"
      Terminal.complain("interrupted: \(writer.rowsWritten) rows of \(run.input) are in \(place)")
      run.overlay?.keep()
      return
    }
    try writer.finish()
    run.isPublished = true
    if writer.partialPath != nil {
      try makeReport(run, rows: writer.rowsWritten).write(
        to: RunReport.path(besides: run.path), force: true)
    }
    sayDamage(run)
    if let frame = command.pictureFrame, !run.hasPicture {
      Terminal.complain("\(run.input): frame \(frame) was not read; no picture was drawn")
    } else if let picture = command.picture, !run.hasPicture {
      Terminal.complain("\(run.input): no frame was tracked; \(picture) was not drawn")
    }
    // The rows have their name: an error of the drawing is not about them.
    run.writer = nil
    try run.overlay?.finish()
    if !command.quiet { Terminal.say(run.summary) }
  }

  /// Rows of a run that failed stay in the partial; an empty one was never made.
  private func keepRows(of run: TrackRun) {
    defer { run.overlay?.keep() }
    guard let writer = run.writer else { return }
    let place = run.isPublished ? run.path : (try? writer.abandon()) ?? writer.partialPath
    guard let place, writer.rowsWritten > 0 else { return }
    Terminal.complain("\(writer.rowsWritten) rows of \(run.input) are in \(place)")
  }

  private func sayDamage(_ run: TrackRun) {
    guard let report = run.source?.report else { return }
    if report.endedEarly {
      Terminal.complain(
        "\(run.input) ended early: \(report.endedEarlyReason ?? "data is missing at its end")")
    }
    if report.decodeErrors > 0 {
      let first = report.firstDecodeError.map { " (first: \($0))" } ?? ""
      Terminal.complain(
        "\(run.input): \(report.decodeErrors) packets or images could not be decoded\(first)")
    }
    guard !command.quiet else { return }
    for note in report.notes { Terminal.say("note: \(run.input): \(note)") }
  }

  private func makeReport(_ run: TrackRun, rows: Int) -> RunReport {
    let source = run.source?.report ?? SourceReport()
    var counts = RunReport.Counts()
    counts.framesRead = run.frames
    counts.framesTracked = run.tracked
    counts.framesWithoutFace = run.withoutFace
    counts.framesFailed = run.frames - run.tracked - run.withoutFace
    counts.decodeErrors = source.decodeErrors
    counts.rowsWritten = rows
    let finished = run.started.addingTimeInterval(run.wallSeconds)
    var report = RunReport(
      input: run.input,
      model: RunReport.Model(name: command.model.name, checksum: "sha256:" + model.checksum),
      settings: command.reportSettings(
        fit: command.model.settings(for: model), belief: trackingSettings.belief),
      versions: ["landmarkd": Landmarkd.version, "ffmpeg": VideoInput.libraryVersion],
      counts: counts,
      times: RunReport.Times(
        started: UTCTimestamp.text(secondsSince1970: run.started.timeIntervalSince1970) ?? "",
        finished: UTCTimestamp.text(secondsSince1970: finished.timeIntervalSince1970) ?? "",
        wallSeconds: run.wallSeconds, mediaSeconds: run.mediaSeconds))
    report.endedEarly = source.endedEarly
    report.endReason = source.endedEarlyReason
    return report
  }
}

extension TrackCommand {
  /// Every setting that has a say in the rows.
  func reportSettings(fit: FitSettings, belief: Belief) -> [String: ReportValue] {
    var settings = model.report(fit: fit)
    settings.merge(self.belief.report(belief)) { first, _ in first }
    settings["pose"] = .text(camera.pose.rawValue)
    settings["fast-motion"] = .flag(fastMotion)
    settings["start"] = .number(start)
    settings["every"] = .number(Double(every))
    settings["sequence-rate"] = .number(sequenceRate)
    settings["columns"] = .text(columns.columns ?? "all")
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

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension VideoFrame {
  func copyTimes(to tracked: inout TrackedFrame) {
    tracked.frameNumber = number
    tracked.timestampSeconds = timestampSeconds
    tracked.presentationTimestamp = presentationTimestamp
    tracked.utcSeconds = utcSeconds
    tracked.captureSeconds = captureSeconds
  }
}
