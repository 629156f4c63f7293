import ArgumentParser
import CLNF
import Service
import Foundation
import Measurement
import Pictures
import Recording
import Session
import SystemNames
import Tracking
import VideoInput

/// Tracks one input after another, on one thread, with one model and one detector.
///
/// Frames are decoded ahead on a thread of their own. Rows are made and written where the face is
/// tracked: that takes less than a hundredth of the time (docs/results/2026-11-25-zen4.md).
final class TrackSession {
  private let command: TrackCommand
  private let model: FaceModel
  private let interruption: Interruption
  private let videoSettings: VideoSettings
  private let columnGroups: Set<ColumnGroup>
  /// dlib's, for the reference's settings: it takes some time to be made.
  private let pending: PendingDetector?
  private let plan: TrackingPlan
  private let pipeline: FacePipeline
  /// What the sessions of other threads show together with this one; nil where there is none.
  private let sharedProgress: SharedProgress?

  init(
    _ command: TrackCommand, model: FaceModel, interruption: Interruption,
    progress: SharedProgress?
  ) throws {
    self.command = command
    self.model = model
    self.interruption = interruption
    sharedProgress = progress
    let options = command.planOptions
    // First: it takes longest, and goes on while the rest is made and the first frames are decoded.
    let isReference = options.configuration.fitSettings == .reference
    pending =
      isReference
      ? PendingDetector(try options.configuration.referenceDetectorSettings()) : nil
    videoSettings = try command.videoSettings()
    columnGroups = command.columns.groups
    var plan = options.plan(model)
    // With more jobs the other cores have work of their own.
    plan.sharesMaps = command.jobCount == 1 && TrackCommand.coreCount > 1
    plan.threads = max(1, TrackCommand.coreCount / command.jobCount)
    self.plan = plan
    let detector = try pending ?? options.configuration.makeDetector()
    pipeline = try options.made { try FacePipeline(plan, .onPath(detector)) }
  }

  /// How an input went, and what was wrong with one that could not be used.
  struct Outcome: Sendable {
    var status: ExitCode
    var failure: String?
  }

  /// Tracks `input` into `outputs`. Errors are said, not thrown, so that other inputs go on.
  func track(_ input: String, to outputs: TrackOutputs) -> Outcome {
    pipeline.reset()
    let clock = ContinuousClock()
    let begin = clock.now
    // An address may hold a password.
    let shown = VideoInput.isHTTP(input) ? VideoInput.redacted(input) : input
    let run = TrackRun(input: shown, outputs: outputs, started: Date())
    do {
      let status = try read(input, into: run)
      run.wallSeconds = (clock.now - begin).seconds
      try finish(run, status)
      return Outcome(status: status)
    } catch {
      Terminal.complain(error)
      keepRows(of: run)
      return Outcome(
        status: interruption.isBehind(error) ? Terminal.interrupted : Terminal.unusable,
        failure: "\(error)")
    }
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
      "cannot open \(VideoInput.redacted(input)): no live source has such an address; "
        + "give a file by its path"
    }
  }

  private func read(_ input: String, into run: TrackRun) throws -> ExitCode {
    try checkOutputs(of: run)
    do {
      return try follow(input, into: run)
    } catch let error as VideoInputError where error.kind == .interrupted {
      return Terminal.interrupted
    }
  }

  private func follow(_ input: String, into run: TrackRun) throws -> ExitCode {
    guard !input.contains("://") || access(input, F_OK) == 0 || VideoInput.isHTTP(input) else {
      throw IsURL(input: input)
    }
    let source = try open(input)
    run.source = source
    let progress = makeProgress(source.description)
    defer { progress?.end() }
    var rows = Rows(session: self, input: input, run: run, progress: progress)
    try Runner(pipeline).run(RecordedFeed(source), &rows)
    let isUnsound = command.damage.strict ? source.report.isDamaged : source.report.endedEarly
    return isUnsound ? Terminal.endedEarly : .success
  }

  /// Writes and draws what is made of each frame.
  private struct Rows: RunObserver {
    let session: TrackSession
    let input: String
    let run: TrackRun
    let progress: (any RunProgress)?

    func begin(_ frame: borrowing VideoFrame) throws {
      guard run.writer == nil else { return }
      try session.pending?.ready()
      try session.open(run, of: input)
    }

    func take(_ frame: borrowing VideoFrame, _ record: FrameRecord) throws {
      let command = session.command
      try run.overlay?.add(frame, record)
      run.takeThumbnails(frame, record)
      if let picture = command.picture,
        run.wantsPicture(of: record, frame: command.written.pictureFrame)
      {
        try run.draw(frame, record, to: picture, force: command.force)
      }
      let image = record.imageName.map(SystemName.shown) ?? ""
      for face in record.faces {
        try run.writer?.write(face.shown.frame, face.shown.measurement, image: image)
      }
      run.tally.count(record.faces.lazy.map(\.fit))
      progress?.show(run)
    }
  }

  /// Frames that may wait between decoding and tracking.
  private static let framesAhead = 2

  private func open(_ input: String) throws -> any FrameSource {
    try ReadAheadSource(
      input, settings: videoSettings, interruption: interruption, framesAhead: Self.framesAhead)
  }

  private func makeProgress(_ source: SourceDescription) -> (any RunProgress)? {
    guard !command.quiet, Terminal.standardErrorIsTerminal else { return nil }
    guard let sharedProgress else { return ProgressLine(source, settings: videoSettings) }
    return ShareOfProgress(
      of: sharedProgress, frames: ProgressLine.frameCount(source, videoSettings))
  }

  /// What can go wrong with the outputs is said before the work is done.
  private func checkOutputs(of run: TrackRun) throws {
    if !OutputCheck.isStream(run.path) {
      try OutputCheck.beforehand(run.path, force: command.force)
      try OutputCheck.beforehand(RunReport.path(besides: run.path), force: command.force)
    }
    // How many people there will be is not known; there is one at least, as a rule.
    if let first = run.thumbnailPath(of: 0) {
      try OutputCheck.beforehand(first, force: command.force)
    }
    if let picture = command.picture, !OutputCheck.isStream(picture) {
      try OutputCheck.beforehand(picture, force: command.force)
    }
  }

  private func open(_ run: TrackRun, of input: String) throws {
    run.overlay = try run.overlayPath.map { path in
      let isCut = command.range.start > 0
      return try TrackOverlay(
        path: path, force: command.force, startsAtZero: isCut, namesFaces: plan.faceLimit > 1
      ) {
        [videoSettings, interruption] seconds in
        SoundReader(
          of: input, settings: videoSettings, from: seconds, isCut: isCut,
          interruption: interruption)
      }
    }
    let schema = ColumnSchema(
      landmarkCount: model.landmarkCount, modeCount: model.shapeModel.modeCount,
      groups: columnGroups,
      imageColumn: run.source?.description.namesImages == true ? "source" : nil)
    run.writer = try CSVWriter(path: run.path, schema: schema, force: command.force)
  }

  /// Publishes the rows, or leaves them where they are after an interruption.
  private func finish(_ run: TrackRun, _ status: ExitCode) throws {
    guard let writer = run.writer else {
      guard status == Terminal.interrupted else { throw NoFrame(input: run.input) }
      Terminal.complain("\(run.input): interrupted before the first frame; nothing was written")
      return
    }
    if status == Terminal.interrupted {
      let place = try writer.abandon() ?? writer.name
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
    if let frame = command.written.pictureFrame, !run.hasPicture {
      Terminal.complain("\(run.input): frame \(frame) was not read; no picture was drawn")
    } else if let picture = command.picture, !run.hasPicture {
      Terminal.complain("\(run.input): no frame was tracked; \(picture) was not drawn")
    }
    // The rows have their name: an error of the drawing is not about them.
    run.writer = nil
    try run.writeThumbnails(force: command.force)
    try run.overlay?.finish()
    guard !command.quiet else { return }
    if let note = run.overlay?.soundNote { Terminal.say("note: \(run.input): \(note)") }
    Terminal.say(run.summary)
  }

  /// Rows of a run that failed stay in the partial; an empty one was never made.
  private func keepRows(of run: TrackRun) {
    defer { run.overlay?.keep() }
    guard let writer = run.writer else { return }
    let place = run.isPublished ? run.path : (try? writer.abandon()) ?? writer.partialPath
    sayRows(writer, " of \(run.input)", in: place)
  }

  private func sayDamage(_ run: TrackRun) {
    guard let report = run.source?.report else { return }
    sayEarlyEnd(of: run.input, report)
    if report.decodeErrors > 0 {
      let first = report.firstDecodeError.map { " (first: \($0))" } ?? ""
      Terminal.complain(
        "\(run.input): \(report.decodeErrors) packets or images could not be decoded\(first)")
    }
    guard !command.quiet else {
      // There is no summary that would say it.
      let damage = report.damage.joined(separator: ", ")
      if !damage.isEmpty { Terminal.complain("\(run.input): \(damage)") }
      return
    }
    for note in report.notes { Terminal.say("note: \(run.input): \(note)") }
  }

  private func makeReport(_ run: TrackRun, rows: Int) -> RunReport {
    let source = run.source?.report ?? SourceReport()
    var report = run.report(
      command: command, plan: plan, rows: rows)
    report.counts.add(source)
    report.endedEarly = source.endedEarly
    report.endReason = source.endedEarlyReason
    return report
  }
}

extension RunReport.Counts {
  /// What was met while reading.
  fileprivate mutating func add(_ source: SourceReport) {
    decodeErrors = source.decodeErrors
    corruptPackets = source.corruptPackets
    damagedFrames = source.damagedFrames
    lostFrames = source.lostFrames
    missingTimestamps = source.missingTimestamps
    repeatedTimestamps = source.repeatedTimestamps
    disorderedTimestamps = source.disorderedTimestamps
    wildTimestamps = source.wildTimestamps
    resolutionChanges = source.resolutionChanges
    recordingsJoined = source.recordingsJoined
  }
}

/// Says that a recorded input ended before what it promised, where it did.
func sayEarlyEnd(of input: String, _ report: SourceReport) {
  guard report.endedEarly else { return }
  Terminal.complain(
    "\(input) ended early: \(report.endedEarlyReason ?? "data is missing at its end")")
}

/// Says where the rows of a run that failed are, and how many there were no room or no reader for.
func sayRows(_ writer: RowFile, _ origin: String, in place: String?) {
  if writer.rowsWritten > 0, place != nil || writer.rowsLost > 0 {
    let verb = place == nil ? "went to" : "are in"
    Terminal.complain("\(writer.rowsWritten) rows\(origin) \(verb) \(place ?? writer.name)")
  }
  if writer.rowsLost > 0 {
    Terminal.complain("\(writer.rowsLost) rows\(origin) are lost: they could not be written")
  }
}

extension Interruption {
  /// Whether an output failed because the run is to end and nobody reads it.
  func isBehind(_ error: any Error) -> Bool {
    guard isInterrupted else { return false }
    switch error {
    case RecordingError.notRead, PicturesError.file(.notRead): return true
    default: return false
    }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
