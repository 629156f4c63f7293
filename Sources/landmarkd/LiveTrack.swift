import ArgumentParser
import CLNF
import FoundationEssentials
import Measurement
import Recording
import Service
import Session
import SystemSupport
import Tracking
import VideoInput

/// Tracks one live source into one CSV until it is stopped.
///
/// Rows appear under the final name as they come. The newest frame wins: what came while another
/// was tracked is dropped and counted. A source that is lost is waited for, however long.
final class LiveTrack {
  private let command: TrackCommand
  private let model: FaceModel
  private let interruption: Interruption
  private let plan: TrackingPlan
  private let pipeline: FacePipeline
  private let log: CSVLog
  private let capture: LiveCapture
  private let run: TrackRun
  private var news: LiveNews
  private var outputNews = SinkNews()
  private var outputIsOver = false
  private var nextSourceLook: ContinuousClock.Instant
  private var nextOutputLook: ContinuousClock.Instant
  /// When the first frame came, on the monotonic clock.
  private var firstFrame: ContinuousClock.Instant?
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant

  /// How long a look for a frame waits before it looks for other things. Seconds.
  private static let patience = 0.1
  /// How often it is looked at how the source does.
  private static let lookEvery = Duration.milliseconds(100)
  /// Between looks at how the output does.
  private static let outputLook = Duration.milliseconds(250)

  /// Opens the output. Errors are for the user.
  init(
    _ command: TrackCommand, input: String, output: String, model: FaceModel,
    interruption: Interruption
  ) throws {
    self.command = command
    self.model = model
    self.interruption = interruption
    if !OutputCheck.isStream(output) {
      try OutputCheck.beforehand(RunReport.path(besides: output), force: command.force)
    }
    let options = command.planOptions
    var plan = options.plan(model, isLive: true)
    plan.threads = TrackCommand.coreCount
    self.plan = plan
    let beside = BackgroundDetector(try options.makeDetector(followsOne: nil))
    capture = try LiveCapture(
      input,
      settings: try command.live.settings(
        command.model.greyConversion, command.reading,
        largest: try command.pictures.largest(.live)))
    log = try CSVLog(
      path: output,
      schema: ColumnSchema(
        landmarkCount: model.landmarkCount, modeCount: model.shapeModel.modeCount,
        groups: command.columns.groups, isLive: true),
      force: command.force)
    run = TrackRun(input: capture.address, outputs: TrackOutputs(rows: output), started: Date())
    let name = run.input
    pipeline = try options.made { try FacePipeline(plan, .beside(beside), stream: name) }
    news = LiveNews(capture.address, isQuiet: command.quiet)
    begin = clock.now
    nextSourceLook = begin + Self.lookEvery
    nextOutputLook = begin
  }

  /// Tracks until it is interrupted or its time is over. Errors are said.
  func follow() -> ExitCode {
    do {
      try followFrames()
      capture.stop()
      log.close()
      return finish()
    } catch {
      capture.stop()
      log.close()
      Terminal.complain(error)
      if let item = outputNews.close(log.status) { Terminal.complain(item.text) }
      return Terminal.unusable
    }
  }

  private func followFrames() throws {
    let progress =
      command.quiet || !Terminal.standardErrorIsTerminal ? nil : ProgressLine(frames: nil)
    defer { progress?.end() }
    capture.start()
    var rows = Rows(track: self, progress: progress)
    try Runner(pipeline, patienceSeconds: Self.patience).run(capture, &rows)
  }

  /// Writes what is made of each frame.
  private struct Rows: RunObserver {
    let track: LiveTrack
    let progress: ProgressLine?

    func begin(_ frame: borrowing VideoFrame) {
      if track.firstFrame == nil { track.firstFrame = track.clock.now }
    }

    func take(_ frame: borrowing VideoFrame, _ record: FrameRecord) {
      for face in record.faces {
        track.log.write(face.shown.frame, face.shown.measurement, record.context)
      }
      track.run.tally.count(record.faces.lazy.map(\.fit))
      progress?.show(track.run)
    }

    func goesOn() -> Bool {
      track.lookAtSource()
      return !track.isOver
    }
  }

  /// Says what is new about the source, now and then.
  private func lookAtSource() {
    guard clock.now >= nextSourceLook else { return }
    nextSourceLook = clock.now + Self.lookEvery
    news.look(capture.snapshot)
  }

  private var isOver: Bool {
    lookAtOutput()
    if interruption.isInterrupted || outputIsOver { return true }
    guard let firstFrame, let duration = command.range.duration else { return false }
    return (clock.now - firstFrame).seconds >= duration
  }

  /// Says what is new about the output, now and then.
  private func lookAtOutput() {
    guard clock.now >= nextOutputLook else { return }
    nextOutputLook = clock.now + Self.outputLook
    let status = log.status
    outputIsOver = status.isOver
    guard let item = outputNews.look(status) else { return }
    if item.isTrouble {
      Terminal.complain(item.text)
    } else if !command.quiet {
      Terminal.say(item.text)
    }
  }

  /// Says what became of the rows and writes the report; the output is closed.
  private func finish() -> ExitCode {
    let source = capture.snapshot
    let rows = log.status
    var isWell = rows.lostCount == 0 && !rows.isOver
    run.wallSeconds = (clock.now - begin).seconds
    // First: where the rows found no room, the report may find none either.
    if let item = outputNews.close(rows) {
      Terminal.complain(item.text)
      isWell = false
    }
    if !OutputCheck.isStream(run.path) {
      do {
        try makeReport(source, rows: rows.written).write(
          to: RunReport.path(besides: run.path), force: true)
      } catch {
        Terminal.complain(error)
        isWell = false
      }
    }
    if !command.quiet { Terminal.say(summary(source)) }
    return isWell ? .success : Terminal.unusable
  }

  /// One line for the end: what came, what became of it, what was lost by cause.
  private func summary(_ source: LiveSnapshot) -> String {
    let (frames, tracked) = (run.tally.frames, run.tally.tracked)
    let share = frames > 0 ? 100 * Double(tracked) / Double(frames) : 0
    var line = "\(run.input): \(frames) frame\(frames == 1 ? "" : "s"), "
    line += String(
      printf: "%d tracked (%.1f %%), %d doubtful, %d without a face, in %.1f s", tracked, share,
      run.tally.doubtful, run.tally.withoutFace, run.tally.mediaSeconds)
    line += "; dropped: \(source.droppedForNewer) for newer ones, \(source.undecodable) undecodable"
    if run.tally.identities.count > 1 { line += "; \(run.tally.identities.count) people" }
    if source.corruptPackets > 0 { line += ", \(source.corruptPackets) packets damaged" }
    line += "; \(source.reconnects) reconnect\(source.reconnects == 1 ? "" : "s")"
    return run.path == "-" ? line : line + " -> \(run.path)"
  }

  private func makeReport(_ source: LiveSnapshot, rows: Int) -> RunReport {
    var report = run.report(
      command: command, plan: plan, rows: rows)
    report.counts.framesRead = source.framesReceived
    report.counts.framesDropped = source.droppedForNewer
    report.counts.decodeErrors = source.undecodable + source.corruptPackets
    return report
  }
}

/// What a user is told of a live source, once each.
private struct LiveNews {
  private let name: String
  private let isQuiet: Bool
  private var problem: String?
  private var note: String?
  private var timesProblem: String?
  private var wasLive = false

  init(_ name: String, isQuiet: Bool) {
    self.name = name
    self.isQuiet = isQuiet
  }

  mutating func look(_ source: LiveSnapshot) {
    if source.state == .live {
      if problem != nil, !isQuiet {
        Terminal.say("\(name): frames come\(wasLive ? " again" : "")")
      }
      problem = nil
      wasLive = true
      if let new = source.note, new != note, !isQuiet { Terminal.say("note: \(new)") }
      note = source.note
      if let new = source.timesProblem, timesProblem == nil, !isQuiet {
        Terminal.say("note: \(name): \(new)")
      }
      timesProblem = source.timesProblem
    } else if let new = source.problem, new != problem {
      Terminal.complain("\(new); it is tried again")
      problem = new
    }
  }
}
