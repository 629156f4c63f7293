import ArgumentParser
import Diagnostics
import FaceFinding
import Glibc
import Recording
import Session
import SystemNames
import VideoInput

struct DetectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detect",
    abstract: "List the faces that are found in images and videos.",
    discussion: """
      Nothing is fitted and no model is read. A row a face, the surest first: where it was seen, a \
      score, a box and five points. An image or frame without a face has a row without values. \
      --start, --duration and --every choose frames of videos.

      Example: landmarkd detect photos/ --picture-dir drawn -o faces.csv
      """)

  @Argument(
    help:
      "Images, folders of images, patterns (shot%04d.png), recorded videos; - for standard input.")
  var input: [String]

  @OptionGroup(title: "Output") var written: DetectOutputOptions
  @OptionGroup(title: "Face") var detector: DetectorOptions
  @OptionGroup(title: "Face") var faces: DetectFaceOptions
  @OptionGroup(title: "Time") var range: RangeOptions
  @OptionGroup(title: "Input") var reading: ReadingOptions
  @OptionGroup(title: "Input") var stream: StreamOptions
  @OptionGroup(title: "Input") var address: AddressOptions
  @OptionGroup(title: "Input") var pictures: PictureOptions

  @Flag(setting: Settings.quiet) var quiet = false

  var output: String { written.output ?? "-" }

  mutating func validate() throws {
    guard !input.contains("") else { throw ValidationError("the name of an input is empty") }
    if let live = input.first(where: { VideoInput.isLive($0) && !VideoInput.isHTTP($0) }) {
      throw ValidationError(
        "\(VideoInput.redacted(live)) is a live source; detect reads images and recorded videos")
    }
    input = input.flatMap(DetectSettings.images)
    if output.hasSuffix("/") || SystemName.isFolder(output) {
      throw ValidationError("-o names a file, \(output) is a folder")
    }
    let settings = try settings()
    if settings.pictureFolder != nil {
      var names: [String: String] = [:]
      for input in input {
        if let other = names.updateValue(input, forKey: settings.pictureName(input)) {
          throw ValidationError(
            "\(VideoInput.redacted(other)) and \(VideoInput.redacted(input)) would be drawn under the same name in --picture-dir; draw them apart"
          )
        }
      }
    }
    try OutputCheck.keepApart(
      outputs: [output] + input.flatMap(settings.pictures), inputs: input)
    try OutputCheck.beTable(output, hint: "--picture-dir draws the faces")
  }

  /// What the options come to.
  private func settings() throws -> DetectSettings {
    let finder = try FaceFinderSettings(
      smallestFaceWidth: Settings.minFace.value(detector.minFace),
      enlargement: detector.enlarge ?? 1, threshold: faces.minScore)
    let video = try VideoSettings(
      startSeconds: range.start, durationSeconds: range.duration, everyNthFrame: range.every,
      keepsColour: written.pictureDir != nil,
      openDeadlineSeconds: Settings.openDeadline.value(reading.openDeadline),
      readDeadlineSeconds: Settings.readDeadline.value(reading.readDeadline),
      frameRate: reading.frameRate, largestPicture: try pictures.largest(),
      allowsPlaylists: stream.allowPlaylists, videoStream: stream.videoStream,
      allowsRedirects: address.allowRedirects)
    var settings = DetectSettings(inputs: input, finder: finder, video: video)
    settings.output = output
    settings.format = written.ndjson ? .ndjson : FaceTable.Format(path: output)
    settings.pictureFolder = written.pictureDir
    settings.pictureName = TrackCommand.stem
    settings.force = written.force
    return settings
  }

  func run() throws {
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    let settings = try settings()
    let progress =
      showsProgress ? DetectProgress(inputs: input.count, video: settings.video) : nil
    let session = DetectSession(settings, interruption: interruption)
    let status = run(session, progress, interruption)
    guard status == .success else { throw status }
  }

  private func run(
    _ session: DetectSession, _ progress: DetectProgress?, _ interruption: Interruption
  ) -> ExitCode {
    do {
      let end = try session.run { news in
        switch news {
        case .begun(let input): progress?.begin(input)
        case .opened(let description): progress?.open(description)
        case .searched: progress?.step()
        case .failed(let error): Terminal.complain(error)
        case .read(let input, let report): sayDamage(of: input, report)
        }
      }
      progress?.end()
      if case .interrupted(let rows, let place) = end {
        let rest = place.map { "\(rows) rows are in \($0)" } ?? "nothing was written"
        Terminal.complain("interrupted: \(rest)")
        return Terminal.interrupted
      }
    } catch {
      progress?.end()
      Terminal.complain(error)
      if let table = session.table {
        sayRows(table, "", in: (try? table.abandon()) ?? table.partialPath)
      }
      return interruption.isBehind(error) ? Terminal.interrupted : Terminal.unusable
    }
    // Where nothing could be read, that was said.
    if !quiet, session.table != nil {
      Terminal.say(session.tally.text + (output == "-" ? "" : " -> \(output)"))
    }
    if session.tally.failures > 0 { return Terminal.unusable }
    return session.tally.endedEarly > 0 ? Terminal.endedEarly : .success
  }

  /// Not among rows that go to the same terminal.
  private var showsProgress: Bool {
    !quiet && Terminal.standardErrorIsTerminal && !(output == "-" && isatty(STDOUT_FILENO) != 0)
  }

  private func sayDamage(of input: String, _ report: SourceReport) {
    sayEarlyEnd(of: input, report)
    let damage = report.damage.joined(separator: ", ")
    let cause = report.firstDecodeError.map { " (first: \($0))" } ?? ""
    if !damage.isEmpty { Terminal.complain("\(input): \(damage)\(cause)") }
    guard !quiet else { return }
    for note in report.notes { Terminal.say("note: \(input): \(note)") }
  }
}

/// The line on a terminal that says how far a search is.
private final class DetectProgress {
  private let inputs: Int
  private let video: VideoSettings
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?
  private var place = ""
  private var begun = 0
  private var frames = 0
  private var total: Int?

  init(inputs: Int, video: VideoSettings) {
    self.inputs = inputs
    self.video = video
  }

  func begin(_ input: String) {
    begun += 1
    frames = 0
    total = nil
    place = inputs > 1 ? "\(begun) of \(inputs): \(input)" : input
    show(place)
  }

  func open(_ description: SourceDescription) {
    total = ProgressLine.frameCount(description, video)
  }

  func step() {
    frames += 1
    show("\(place): frame \(frames)" + (total.map { " of \(max($0, frames))" } ?? ""))
  }

  private func show(_ text: String) {
    let now = clock.now
    if let last, now - last < ProgressLine.interval { return }
    last = now
    Terminal.progress(text)
  }

  func end() {
    if last != nil { Terminal.clearProgress() }
  }
}

/// What `detect` writes.
struct DetectOutputOptions: ParsableArguments {
  @Option(
    setting: Settings.outputFile,
    help: "The table to write, - for standard output (default: -).")
  var output: String?
  @Flag(setting: Settings.ndjson) var ndjson = false
  @Option(
    setting: Settings.pictureDir,
    help: """
      Folder for drawn faces: NAME.png of an image, NAME/frame-000001.png and so on of a video.
      """)
  var pictureDir: String?
  @Flag(setting: Settings.force) var force = false
}

/// Which of the faces are listed.
struct DetectFaceOptions: ParsableArguments {
  @Option(setting: Settings.minScore) var minScore: Double?
}
