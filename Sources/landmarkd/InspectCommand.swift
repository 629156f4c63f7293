import ArgumentParser
import CLNF
import Diagnostics
import Recording
import Session
import VideoInput

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Report what a fit sees: response maps, mean shifts and steps, scale by scale.",
    discussion: """
      Fits one face of one frame and says, for every scale, how the response maps look, how far \
      their peaks lie from the landmarks and how the iterations went. --json keeps the report; \
      --compare puts another one beside it and names the first stage that differs.
      """)

  @Argument(help: "An image, a video, a folder of images, a pattern, or - for standard input.")
  var input: String

  @OptionGroup(title: "Output") var written: InspectOutputOptions
  @OptionGroup(title: "What is inspected") var place: InspectPlaceOptions
  @OptionGroup(title: "What is inspected") var detector: DetectorOptions
  @OptionGroup(title: "Input") var stream: StreamOptions
  @OptionGroup(title: "Input") var pictures: PictureOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Limits of belief, for experts") var belief: BeliefOptions

  var json: String? { written.json }
  var outDir: String? { written.outDir }
  var force: Bool { written.force }
  var compare: String? { written.compare }
  var image: String? { written.image }
  var caseNumber: Int? { written.caseNumber }
  var frame: Int? { place.frame }
  var at: Double? { place.at }
  var box: FaceBox? { place.box }
  var windows: [Int]? { place.windows }

  func validate() throws {
    if frame != nil, at != nil { throw ValidationError("--frame and --at exclude each other") }
    if place.face != nil {
      if box != nil { throw ValidationError("--face and --box exclude each other") }
      // Numbers begin with the video.
      if at != nil { throw ValidationError("--face goes with --frame, not with --at") }
      guard model.fitSettings != .reference else {
        throw ValidationError("--face does not go with --fit-settings reference")
      }
    }
    guard input != "" else { throw ValidationError("the name of an input is empty") }
    if compare == nil {
      if image != nil { throw ValidationError("--image goes with --compare") }
      if caseNumber != nil { throw ValidationError("--case goes with --compare") }
    }
    try belief.check(with: model.fitSettings)
    if image != nil, caseNumber != nil {
      throw ValidationError("--image and --case exclude each other")
    }
    try OutputCheck.keepApart(
      outputs: (json.map { [$0] } ?? []),
      inputs: [input] + model.files + (compare.map { [$0] } ?? []))
  }

  func run() throws {
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    let faceModel = try model.load()
    do {
      // Standard error has the words where standard output holds the JSON.
      try InspectSession(settings(faceModel), interruption: interruption).run { text in
        if json == "-" { Terminal.say(text) } else { try Terminal.print(text) }
      }
    } catch let status as ExitCode {
      throw status
    } catch let usage as ValidationError {
      throw usage
    } catch let error as VideoInputError where error.kind == .interrupted {
      Terminal.complain("\(input): interrupted; nothing was written")
      throw Terminal.interrupted
    } catch {
      Terminal.complain(error)
      throw interruption.isBehind(error) ? Terminal.interrupted : Terminal.unusable
    }
  }

  /// What the options come to with a model.
  private func settings(_ faceModel: FaceModel) throws -> InspectSettings {
    let options = PlanOptions(model, detector, belief)
    var plan = options.plan(faceModel)
    if let windows {
      guard windows.count <= faceModel.scales.count else {
        throw ValidationError(
          "--windows lists \(windows.count) sizes, the model has \(faceModel.scales.count) scales")
      }
      plan.fit.firstFitWindows = windows
    }
    let other = try compare.map { try InspectOther(path: $0) }
    try check(with: other)
    let video = try VideoSettings(
      startSeconds: at ?? 0, greyConversion: model.greyConversion, keepsColour: outDir != nil,
      largestPicture: try pictures.largest(), allowsPlaylists: stream.allowPlaylists,
      videoStream: stream.videoStream)
    var settings = InspectSettings(
      input: input, video: video, modelName: model.name, plan: plan)
    settings.frame = frame ?? 1
    settings.box = box
    settings.faceID = place.face
    settings.configuration = options.configuration
    settings.reported = model.report(fit: plan.fit)
    settings.reported.merge(belief.report(plan.tracking.belief)) { first, _ in first }
    if box == nil { settings.reported.merge(detector.report) { first, _ in first } }
    (settings.json, settings.folder, settings.force) = (json, outDir, force)
    (settings.other, settings.otherPath) = (other, compare ?? "")
    (settings.image, settings.caseNumber) = (image, caseNumber)
    return settings
  }

  /// Options that go with one kind of other report.
  private func check(with other: InspectOther?) throws {
    switch other {
    case .images: break
    default:
      if image != nil { throw ValidationError("--image goes with a file of images") }
    }
    guard case .responses = other else {
      if caseNumber != nil { throw ValidationError("--case goes with a file of response maps") }
      return
    }
    if json != nil || outDir != nil || windows != nil || box != nil {
      throw ValidationError(
        "a file of response maps is compared without a fit; --json, --out-dir, --windows and --box do not go with it"
      )
    }
  }
}

/// What `inspect` writes, and beside what.
struct InspectOutputOptions: ParsableArguments {
  @Option(
    setting: Settings.outDir,
    help: """
      Folder for pictures: landmarks.png, responses-scaleS-windowW.png a scale, convergence.png.
      """)
  var outDir: String?
  @Option(setting: Settings.json) var json: String?
  @Option(setting: Settings.compare) var compare: String?
  @Option(setting: Settings.image) var image: String?
  @Option(setting: Settings.caseNumber) var caseNumber: Int?
  @Flag(setting: Settings.force) var force = false
}

/// Which face of which frame is inspected, and with which windows.
struct InspectPlaceOptions: ParsableArguments {
  @Option(setting: Settings.frame) var frame: Int?
  @Option(setting: Settings.at) var at: Double?
  @Option(setting: Settings.box) var box: FaceBox?
  @Option(setting: Settings.faceNumber) var face: Int?
  @Option(setting: Settings.windows) var windows: [Int]?
}
