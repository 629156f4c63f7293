import ArgumentParser
import CLNF
import FoundationEssentials
import Glibc
import Recording
import Session
import SystemNames
import Tracking
import VideoInput

struct TrackCommand: ParsableCommand, Sendable {
  static let configuration = CommandConfiguration(
    commandName: "track",
    abstract: "Follow faces through videos and write a CSV row for every frame and face.",
    discussion: """
      INPUT is a media file, an image, a folder of videos (with those below it) or of images, a \
      quoted pattern of files ('study/*/session*.mp4') or of numbered images (shot%04d.png), a \
      FIFO, or - for standard input. The rows go to NAME.partial, which becomes NAME when it is whole; \
      NAME.json beside it says how it was made.

      INPUT may also be one live source: a camera (/dev/video0; landmarkd devices lists them) or an \
      address (rtsp://, http://, udp://, srt:// and what else FFmpeg opens; '${NAME}' in it stands \
      for a variable of the environment, for passwords). Its rows appear in NAME \
      as they come, until SIGINT (status 0) or --duration; a source that is lost is opened again. \
      What answers by http or https with a file is read as one: every frame, to its end.

      Example: landmarkd track --out-dir tracks *.mp4
      """)

  @Argument(help: "What to read; several are done side by side, each to a CSV of its own.")
  var input: [String] = []

  @OptionGroup(title: "Output") var written: TrackOutputOptions
  @OptionGroup(title: "Output") var columns: ColumnOptions
  @OptionGroup(title: "Output") var overlay: OverlayOptions
  @OptionGroup(title: "Many inputs") var batch: BatchOptions
  @OptionGroup(title: "Face") var face: FaceOptions
  @OptionGroup(title: "Face") var detector: DetectorOptions
  @OptionGroup(title: "Time") var range: RangeOptions
  @OptionGroup(title: "Smoothing") var smoothing: SmoothingOptions
  @OptionGroup(title: "Camera") var camera: CameraOptions
  @OptionGroup(title: "Input") var reading: ReadingOptions
  @OptionGroup(title: "Input") var stream: StreamOptions
  @OptionGroup(title: "Input") var pictures: PictureOptions
  @OptionGroup(title: "Input") var damage: DamageOptions
  @OptionGroup(title: "Live sources") var live: LiveOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Speed") var speed: SpeedOptions
  @OptionGroup(title: "Limits of belief, for experts") var belief: BeliefOptions

  @Flag(setting: Settings.quiet) var quiet = false

  /// What `input` and the list come to. `input` has their names, in the same order.
  var expanded = ExpandedInputs()

  var output: String? { written.output }
  var outDir: String? { written.outDir }
  var force: Bool { written.force }
  var picture: String? { written.picture }

  mutating func validate() throws {
    guard !input.isEmpty || batch.list != nil else {
      throw ValidationError("Missing expected argument '<input> ...', or --list FILE")
    }
    try belief.check(with: model.fitSettings)
    do {
      try Settings.checkFaces(planOptions.configuration)
    } catch {
      throw ValidationError("--\(error.key) \(error.problem); expected \(error.expected)")
    }
    guard !input.contains("") else { throw ValidationError("the name of an input is empty") }
    guard batch.list != "-" || !input.contains("-") else {
      throw ValidationError("standard input is the list (--list -) and an input (-)")
    }
    try expand()
    guard input.count <= 1 || output == nil else {
      throw ValidationError("-o names one file; give --out-dir for \(input.count) inputs")
    }
    try checkOutputNames()
    _ = try videoSettings()
    try checkLive()
    try checkOutputsApart()
    if let output {
      try OutputCheck.beTable(output, hint: "--overlay draws a video, --picture a picture")
    }
  }

  private mutating func expand() throws {
    var made = try BatchInputs(
      arguments: input.map(Self.withVariables), list: batch.list, base: batch.base)
    for index in made.inputs.indices where made.inputs[index].name.contains("${") {
      made.inputs[index].name = try Self.withVariables(made.inputs[index].name)
    }
    input = made.inputs.map(\.name)
    expanded.value = made
  }

  /// Usage errors of options that name outputs.
  private func checkOutputNames() throws {
    guard output == nil || outDir == nil else {
      throw ValidationError("-o and --out-dir exclude each other")
    }
    guard output == nil || batch.base == nil else {
      throw ValidationError("-o names one file; --base mirrors folders into --out-dir")
    }
    if let output, output.hasSuffix("/") || SystemName.isFolder(output) {
      throw ValidationError("-o names a file, \(output) is a folder; give --out-dir \(output)")
    }
    guard picture == nil || input.count <= 1 else {
      throw ValidationError("--picture draws a frame of one input")
    }
    guard written.pictureFrame == nil || picture != nil else {
      throw ValidationError("--picture-frame needs --picture FILE")
    }
  }

  /// A usage error where two outputs, or an output and an input, are one file.
  private func checkOutputsApart() throws {
    let outputs = outputs()
    var first: [[UInt8]: Int] = [:]
    for (index, output) in outputs.enumerated() {
      guard let other = first.updateValue(index, forKey: Array(output.rows.utf8)) else { continue }
      let names = [other, index].map { SystemName.shown(VideoInput.redacted(input[$0])) }
      throw ValidationError(
        "\(names[0]) and \(names[1]) would both be written to \(SystemName.shown(output.rows)); "
          + "track them apart, with -o"
          + (input[other].isBeside(input[index])
            ? "" : ", or give --base with the folder above both"))
    }
    try overlay.validate(inputs: input, outputs: outputs)
    let reports = outputs.map { RunReport.path(besides: $0.rows) }
    let single = [picture, batch.summary].compactMap(\.self)
    let tables = Set((outputs.map(\.rows) + reports).map { Array($0.utf8) })
    if let picture, tables.contains(Array(picture.utf8)) {
      throw ValidationError("--picture and the CSV or its report would both be \(picture)")
    }
    if let summary = batch.summary, summary == picture || tables.contains(Array(summary.utf8)) {
      throw ValidationError("--summary and another output would both be \(summary)")
    }
    try OutputCheck.keepApart(
      outputs: outputs.flatMap { [$0.rows, $0.overlay] }.compactMap(\.self) + reports + single,
      inputs: input + [batch.list].compactMap(\.self) + model.files)
  }

  func run() throws {
    try DescriptorLimit.require()
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    try checkSummary()
    for problem in expanded.value.problems { Terminal.complain(problem.text) }
    let faceModel = try model.load()
    for folder in [outDir, overlay.overlayDir, written.thumbnails].compactMap(\.self) {
      try makeFolder(folder)
    }
    if let source = try liveInput ?? liveByHTTP(interruption) {
      let status = try follow(source, to: outputs()[0].rows, faceModel, interruption)
      guard status == .success else { throw status }
      return
    }
    let jobs = TrackJobs(
      self, outputs: outputs(), model: faceModel, interruption: interruption)
    try jobs.run()
  }

  /// What keeps the summary from being written later is said now: another one's place is taken, any
  /// other file's only with --force.
  private func checkSummary() throws {
    guard let summary = batch.summary, !OutputCheck.isStream(summary) else { return }
    do {
      try OutputCheck.beforehand(
        summary, force: force || batch.skipDone && BatchSummary.isThere(at: summary))
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
  }

  /// The inputs of this shard, by number.
  var ownInputs: [Int] {
    let inputs = expanded.value.inputs
    guard let shard = batch.shard else { return Array(inputs.indices) }
    return inputs.indices.filter { shard.contains(inputs[$0].key) }
  }

  /// How many inputs are tracked at a time.
  var jobCount: Int { max(1, min(speed.jobs ?? Self.coreCount, input.count)) }

  /// The cores that this process may use.
  static var coreCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  func videoSettings() throws -> VideoSettings {
    let decoderThreads = Settings.decoderThreads.value(speed.decoderThreads)
    return try VideoSettings(
      startSeconds: range.start, durationSeconds: range.duration, everyNthFrame: range.every,
      greyConversion: model.greyConversion,
      keepsColour: picture != nil || overlay.isAsked || written.thumbnails != nil,
      openDeadlineSeconds: Settings.openDeadline.value(reading.openDeadline),
      readDeadlineSeconds: Settings.readDeadline.value(reading.readDeadline),
      decoderThreads: decoderThreads > 0 || jobCount == 1
        ? decoderThreads : max(1, Self.coreCount / jobCount),
      frameRate: reading.frameRate, largestPicture: try pictures.largest(),
      allowsPlaylists: stream.allowPlaylists, videoStream: stream.videoStream,
      allowsRedirects: live.allowRedirects)
  }

  /// Where all goes that is made of each input.
  private func outputs() -> [TrackOutputs] {
    expanded.value.inputs.map { input in
      let name =
        output.map { $0 == "-" ? Self.stem(of: input.name) : Self.stem(of: $0) }
        ?? input.folder + Self.stem(of: input.name)
      let isStream = input.name == "-" && outDir == nil
      return TrackOutputs(
        rows: output ?? (isStream ? "-" : (outDir.map { $0 + "/" } ?? "") + name + ".csv"),
        overlay: overlay.overlay ?? overlay.overlayDir.map { $0 + "/" + name + ".mp4" },
        thumbnails: written.thumbnails.map { $0 + "/" + name },
        mirrorsFolders: !input.folder.isEmpty)
    }
  }

  /// The name that outputs get of an input.
  static func stem(of input: String) -> String {
    if input == "-" { return "standard-input" }
    if VideoInput.isLive(input) {
      let name = liveStem(of: input)
      guard VideoInput.isHTTP(input), namesRecording(input) else { return name }
      return String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
    }
    let url = URL(fileURLWithPath: input)
    let name =
      SystemName.isFolder(input)
      ? url.lastPathComponent
      : url.deletingPathExtension().lastPathComponent
    return name.isEmpty || name == "/" ? "track" : name
  }
}

extension String {
  /// Whether two names are of one folder, as they are written.
  fileprivate func isBeside(_ other: String) -> Bool {
    utf8.prefix(upTo: utf8.lastIndex(of: slash) ?? utf8.startIndex)
      .elementsEqual(
        other.utf8.prefix(upTo: other.utf8.lastIndex(of: slash) ?? other.utf8.startIndex))
  }
}
