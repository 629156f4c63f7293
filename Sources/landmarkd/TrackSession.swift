import ArgumentParser
import CLNF
import FoundationEssentials
import Glibc
import Measurement
import Pictures
import Recording
import Service
import Session
import SystemNames
import Tracking
import VideoInput

/// Tracks one input after another, on one thread, with one model and one detector.
///
/// Frames are decoded ahead on a thread of their own. Rows are made and written where the face is
/// tracked: that takes less than a hundredth of the time (docs/results/2026-11-25-zen4.md).
final class TrackSession {
  let command: TrackCommand
  private let model: FaceModel
  let interruption: Interruption
  private let videoSettings: VideoSettings
  private let columnGroups: Set<ColumnGroup>
  /// dlib's, for the reference's settings: it takes some time to be made.
  private let pending: PendingDetector?
  private let plan: TrackingPlan
  private let pipeline: FacePipeline
  /// What the sessions of other threads show together with this one; nil where there is none.
  let sharedProgress: SharedProgress?
  /// What the rows depend on beside the input (`RunReport.recipe`).
  private(set) lazy var recipe = wanted.recipe
  /// What a report of this session says of how rows are made.
  private(set) lazy var wanted = TrackRun(
    input: "", outputs: TrackOutputs(rows: ""), started: Date()
  ).report(command: command, plan: plan, rows: 0)

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
    /// What it counts as in a batch.
    var kind = BatchSummary.Status.tracked
    /// Whether the failure may be gone at the next try.
    var mayPass = false
    var rows: Int?
    var frames: Int?
    var mediaSeconds: Double?
    var wallSeconds = 0.0
    var endedEarly = false
    var changed = false
  }

  /// Tracks `input` into `outputs`. Errors are said, not thrown, so that other inputs go on.
  func track(_ input: String, to outputs: TrackOutputs) -> Outcome {
    pipeline.reset()
    let clock = ContinuousClock()
    let begin = clock.now
    // An address may hold a password.
    let shown = VideoInput.isHTTP(input) ? VideoInput.redacted(input) : input
    let run = TrackRun(input: shown, outputs: outputs, started: Date(), force: command.force)
    do {
      if let outcome = try lookAround(input, run, outputs) {
        sharedProgress?.finishInput()
        return outcome
      }
      let status = try read(input, into: run)
      run.wallSeconds = (clock.now - begin).seconds
      let final = try finish(run, status)
      return outcome(of: run, final, wallSeconds: run.wallSeconds)
    } catch let left as LeftOut {
      return left.outcome
    } catch {
      Terminal.complain(error)
      keepRows(of: run)
      let isInterrupted = interruption.isBehind(error)
      var outcome = outcome(
        of: run, isInterrupted ? Terminal.interrupted : Terminal.unusable,
        wallSeconds: (clock.now - begin).seconds)
      outcome.failure = "\(error)"
      if !isInterrupted { outcome.kind = .failed }
      outcome.mayPass = !isInterrupted && PassingTrouble.isSeen(in: error)
      return outcome
    }
  }

  private func outcome(
    of run: TrackRun, _ status: ExitCode, wallSeconds: Double
  ) -> Outcome {
    Outcome(
      status: status, kind: status == Terminal.interrupted ? .interrupted : .tracked,
      rows: run.rowsWritten, frames: run.tally.frames, mediaSeconds: run.tally.mediaSeconds,
      wallSeconds: wallSeconds, endedEarly: run.source?.report.endedEarly ?? false,
      changed: run.sourceFacts?.changed ?? false)
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
      try OutputCheck.beforehand(run.path, force: run.force)
      try OutputCheck.beforehand(RunReport.path(besides: run.path), force: run.force)
    }
    // How many people there will be is not known; there is one at least, as a rule.
    if let first = run.thumbnailPath(of: 0) {
      try OutputCheck.beforehand(first, force: run.force)
    }
    if let picture = command.picture, !OutputCheck.isStream(picture) {
      try OutputCheck.beforehand(picture, force: command.force)
    }
  }

  private func open(_ run: TrackRun, of input: String) throws {
    let schema = ColumnSchema(
      landmarkCount: model.landmarkCount, modeCount: model.shapeModel.modeCount,
      groups: columnGroups,
      imageColumn: run.source?.description.namesImages == true ? "source" : nil)
    try claim(run, of: input) {
      try CSVWriter(path: run.path, schema: schema, force: run.force)
    }
    do {
      run.overlay = try overlay(of: run, input)
    } catch {
      // Nothing is in it yet but the header.
      run.writer?.discard()
      run.writer = nil
      throw error
    }
  }

  private func overlay(of run: TrackRun, _ input: String) throws -> TrackOverlay? {
    try run.overlayPath.map { path in
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
  }

  /// Publishes the rows, or leaves them where they are after an interruption. Gives the status.
  private func finish(_ run: TrackRun, _ status: ExitCode) throws -> ExitCode {
    guard let writer = run.writer else {
      guard status == Terminal.interrupted else { throw NoFrame(input: run.input) }
      Terminal.complain("\(run.input): interrupted before the first frame; nothing was written")
      return status
    }
    if status == Terminal.interrupted {
      let place = try writer.abandon() ?? writer.name
      Terminal.complain("interrupted: \(writer.rowsWritten) rows of \(run.input) are in \(place)")
      run.overlay?.keep()
      return status
    }
    let isChanged = sayChange(of: run)
    try publish(run, writer)
    sayDamage(run)
    if let frame = command.written.pictureFrame, !run.hasPicture {
      Terminal.complain("\(run.input): frame \(frame) was not read; no picture was drawn")
    } else if let picture = command.picture, !run.hasPicture {
      Terminal.complain("\(run.input): no frame was tracked; \(picture) was not drawn")
    }
    // The rows have their name: an error of the drawing is not about them.
    run.writer = nil
    try run.writeThumbnails(force: run.force)
    try run.overlay?.finish()
    let final =
      status == .success && isChanged && command.damage.strict
      ? Terminal.endedEarly : status
    guard !command.quiet else { return final }
    if let note = run.overlay?.soundNote { Terminal.say("note: \(run.input): \(note)") }
    Terminal.say(run.summary)
    return final
  }

  /// Gives rows and report their names. The report is durable before the rows have theirs: a run
  /// that is killed between the two leaves it as a partial, and a batch gives it its name.
  private func publish(_ run: TrackRun, _ writer: CSVWriter) throws {
    guard writer.partialPath != nil else {
      try writer.finish()
      run.isPublished = true
      return
    }
    try writer.flush()
    let report = try makeReport(run, rows: writer.rowsWritten, bytes: writer.bytesWritten)
      .settled(for: RunReport.path(besides: run.path), force: true)
    do {
      try writer.finish()
    } catch {
      report.discard()
      throw error
    }
    run.isPublished = true
    try report.publish()
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

  private func makeReport(_ run: TrackRun, rows: Int, bytes: Int) -> RunReport {
    let source = run.source?.report ?? SourceReport()
    var report = run.report(
      command: command, plan: plan, rows: rows)
    report.source = run.sourceFacts
    report.output = RunReport.Output(bytes: Int64(bytes))
    report.madeWith = recipe
    report.counts.add(source)
    report.endedEarly = source.endedEarly
    report.endReason = source.endedEarlyReason
    return report
  }
}
