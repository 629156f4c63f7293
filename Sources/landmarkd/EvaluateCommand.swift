import ArgumentParser
import CLNF
import Diagnostics
import Glibc
import Recording
import Session
import SystemNames
import VideoInput

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on images with landmarks placed by hand.",
    discussion: """
      FOLDER holds images and, beside each, its landmarks as NAME.pts (1-based pixels). The error of \
      a face is the mean distance of its points over the distance of its outer eye corners, for all \
      points and for 49 of 68 (without the jaw line and the inner corners of the mouth).

      Without --boxes the faces are searched; the one that overlaps most with the landmarks' box \
      counts, from an overlap (intersection over union) of 0.3. Faces that are not found are left \
      out of the errors; a second set of figures counts them as failures.
      """)

  @Argument(help: "Folder of images with .pts files.")
  var folder: String

  @OptionGroup(title: "Output") var written: EvaluateOutputOptions
  @OptionGroup(title: "Face") var faces: FitFaceOptions
  @OptionGroup(title: "Face") var detector: DetectorOptions
  @OptionGroup(title: "Input") var pictures: PictureOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Limits of belief, for experts") var belief: BeliefOptions

  var json: String? { written.json }
  var outDir: String? { written.outDir }
  var force: Bool { written.force }
  var boxes: String? { faces.boxes }
  var starts: Fitter.Starts { Settings.starts.value(faces.starts) }

  func validate() throws {
    try belief.check(with: model.fitSettings)
    try OutputCheck.keepApart(
      outputs: json.map { [$0] } ?? [],
      inputs: [folder] + model.files + (boxes.map { [$0] } ?? []))
  }

  func run() throws {
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    let faceModel = try model.load()
    do {
      let folder = outDir.map { EvaluationOutput(folder: $0, force: force) }
      if let outDir { try makeFolder(outDir) }
      try folder?.checkIsFree()
      if let json, json != "-", !force, access(json, F_OK) == 0 {
        throw RecordingError.alreadyExists(path: json, rows: nil)
      }
      let session = try EvaluationSession(settings(faceModel), interruption: interruption)
      let report = try session.run(
        begin: { number, count in
          if Terminal.standardErrorIsTerminal { Terminal.progress("\(number) of \(count) images") }
        },
        complain: { error in
          if Terminal.standardErrorIsTerminal { Terminal.clearProgress() }
          Terminal.complain(error)
        })
      if Terminal.standardErrorIsTerminal { Terminal.clearProgress() }
      if let json { try report.write(to: json, force: force) }
      if json == "-" { Terminal.say(report.text) } else { try Terminal.print(report.text) }
      try folder?.write(report, session: session)
      Terminal.say(session.timing)
      if report.unreadable > 0 { throw Terminal.unusable }
    } catch let status as ExitCode {
      throw status
    } catch let usage as ValidationError {
      throw usage
    } catch let error as EvaluationSession.Interrupted {
      Terminal.complain(error)
      throw Terminal.interrupted
    } catch let error as ModelDataError {
      Terminal.complain("\(model.name): \(error)")
      throw Terminal.unusable
    } catch {
      Terminal.complain(error)
      throw interruption.isBehind(error) ? Terminal.interrupted : Terminal.unusable
    }
  }

  /// What the options come to with a model.
  private func settings(_ faceModel: FaceModel) throws -> EvaluationSettings {
    let options = PlanOptions(model, detector, belief)
    let plan = options.plan(faceModel)
    var settings = EvaluationSettings(folder: folder, modelName: model.name, plan: plan)
    settings.boxes = boxes
    settings.starts = starts
    settings.configuration = options.configuration
    settings.greyConversion = model.greyConversion
    settings.largestPicture = try pictures.largest()
    settings.reported = model.report(fit: plan.fit)
    settings.reported.merge(belief.report(plan.tracking.belief)) { first, _ in first }
    settings.reported["starts"] = .number(Double(starts.rawValue))
    if let boxes {
      settings.reported["boxes"] = .text(boxes)
    } else {
      settings.reported["boxes"] = "detector"
      settings.reported.merge(detector.report) { first, _ in first }
    }
    return settings
  }
}

/// What `evaluate` writes.
struct EvaluateOutputOptions: ParsableArguments {
  @Option(
    setting: Settings.outDir,
    help: """
      Folder for curve.csv and curve.png (share of images by error), images.csv, and the worst 12 \
      images drawn (truth green, fit magenta).
      """)
  var outDir: String?
  @Option(setting: Settings.json) var json: String?
  @Flag(setting: Settings.force) var force = false
}
