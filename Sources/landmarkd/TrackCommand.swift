import ArgumentParser
import CLNF
import Foundation
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
      INPUT is a media file, an image, a folder of images, a printf pattern (shot%04d.png), a FIFO, \
      or - for standard input. The rows go to NAME.partial, which becomes NAME when it is whole; \
      NAME.json beside it says how it was made.

      INPUT may also be one live source: a camera (/dev/video0; landmarkd devices lists them) or an \
      address (rtsp://, http://, udp://, srt:// and what else FFmpeg opens; '${NAME}' in it stands \
      for a variable of the environment, for passwords). Its rows appear in NAME \
      as they come, until SIGINT (status 0) or --duration; a source that is lost is opened again. \
      What answers by http or https with a file is read as one: every frame, to its end.

      Example: landmarkd track --out-dir tracks *.mp4
      """)

  @Argument(help: "What to read; several are done side by side, each to a CSV of its own.")
  var input: [String]

  @OptionGroup(title: "Output") var written: TrackOutputOptions
  @OptionGroup(title: "Output") var columns: ColumnOptions
  @OptionGroup(title: "Output") var overlay: OverlayOptions
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

  var output: String? { written.output }
  var outDir: String? { written.outDir }
  var force: Bool { written.force }
  var picture: String? { written.picture }

  mutating func validate() throws {
    input = try input.map(Self.withVariables)
    try belief.check(with: model.fitSettings)
    do {
      try Settings.checkFaces(planOptions.configuration)
    } catch {
      throw ValidationError("--\(error.key) \(error.problem); expected \(error.expected)")
    }
    guard !input.contains("") else { throw ValidationError("the name of an input is empty") }
    guard input.count == 1 || output == nil else {
      throw ValidationError("-o names one file; give --out-dir for \(input.count) inputs")
    }
    guard output == nil || outDir == nil else {
      throw ValidationError("-o and --out-dir exclude each other")
    }
    if let output, output.hasSuffix("/") || SystemName.isFolder(output) {
      throw ValidationError("-o names a file, \(output) is a folder; give --out-dir \(output)")
    }
    guard picture == nil || input.count == 1 else {
      throw ValidationError("--picture draws a frame of one input")
    }
    guard written.pictureFrame == nil || picture != nil else {
      throw ValidationError("--picture-frame needs --picture FILE")
    }
    _ = try videoSettings()
    try checkLive()
    let paths = outputPaths()
    for (index, path) in paths.enumerated() {
      if let other = paths[..<index].firstIndex(of: path) {
        throw ValidationError(
          "\(VideoInput.redacted(input[other])) and \(VideoInput.redacted(input[index])) would both be written to \(path); track them apart, with -o"
        )
      }
    }
    let outputs = outputs()
    try overlay.validate(inputs: input, outputs: outputs)
    if let picture, paths.flatMap({ [$0, RunReport.path(besides: $0)] }).contains(picture) {
      throw ValidationError("--picture and the CSV or its report would both be \(picture)")
    }
    try OutputCheck.keepApart(
      outputs: outputs.flatMap { [$0.rows, RunReport.path(besides: $0.rows), $0.overlay] }
        .compactMap(\.self) + [picture].compactMap(\.self),
      inputs: input + model.files)
    if let output {
      try OutputCheck.beTable(output, hint: "--overlay draws a video, --picture a picture")
    }
  }

  func run() throws {
    try DescriptorLimit.require()
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    let faceModel = try model.load()
    for folder in [outDir, overlay.overlayDir, written.thumbnails].compactMap(\.self) {
      try makeFolder(folder)
    }
    if let source = try liveInput ?? liveByHTTP(interruption) {
      let status = try follow(source, to: outputPaths()[0], faceModel, interruption)
      guard status == .success else { throw status }
      return
    }
    let jobs = TrackJobs(
      self, outputs: outputs(), model: faceModel, interruption: interruption)
    try jobs.run()
  }

  /// How many inputs are tracked at a time.
  var jobCount: Int { min(speed.jobs ?? Self.coreCount, input.count) }

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

  /// Where each input's rows go.
  private func outputPaths() -> [String] {
    if let output { return [output] }
    return input.map { input in
      if input == "-" && outDir == nil { return "-" }
      return (outDir.map { $0 + "/" } ?? "") + Self.stem(of: input) + ".csv"
    }
  }

  /// Where all goes that is made of each input.
  private func outputs() -> [TrackOutputs] {
    zip(input, outputPaths()).map { input, rows in
      let name = rows == "-" ? Self.stem(of: input) : Self.stem(of: rows)
      let drawn = overlay.overlayDir.map { $0 + "/" + name + ".mp4" }
      return TrackOutputs(
        rows: rows, overlay: overlay.overlay ?? drawn,
        thumbnails: written.thumbnails.map { $0 + "/" + name })
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

// MARK: - Live sources

extension TrackCommand {
  /// The live source, where the input is one whatever it answers.
  private var liveInput: String? {
    input.first { VideoInput.isLive($0) && !VideoInput.isHTTP($0) }
  }

  /// The one input, where it is by HTTP and answers as live sources do, or not yet.
  private func liveByHTTP(_ interruption: Interruption) throws -> String? {
    guard input.count == 1, VideoInput.isHTTP(input[0]) else { return nil }
    do {
      let answer = try VideoInput.answer(
        of: input[0], allowsRedirects: live.allowRedirects,
        deadlineSeconds: Settings.openDeadline.liveValue(reading.openDeadline),
        interruption: interruption)
      guard answer == .live else { return nil }
    } catch let error where error.kind == .interrupted {
      throw Terminal.interrupted
    } catch {
      // A camera may come; a file that is not there is a mistake.
      guard !Self.namesRecording(input[0]) else {
        Terminal.complain(error)
        throw Terminal.unusable
      }
    }
    try checkLiveOptions()
    return input[0]
  }

  private static let recordedExtensions: Set<Substring> = [
    "mp4", "m4v", "mov", "mkv", "avi", "webm", "wmv", "mpg", "mpeg", "mts", "m2ts", "3gp",
  ]

  /// Whether an address ends with a recording's extension.
  private static func namesRecording(_ input: String) -> Bool {
    let place = input.prefix { $0 != "?" && $0 != "#" }
    guard let dot = place.lastIndex(of: ".") else { return false }
    return recordedExtensions.contains(place[place.index(after: dot)...].lowercased()[...])
  }

  /// A usage error for what does not go together with a live source, or only with one.
  private func checkLive() throws {
    guard let liveInput else {
      // What an address by HTTP is, its answer tells.
      if let option = live.given, !input.contains(where: VideoInput.isHTTP) {
        throw ValidationError(
          "\(option) is for live sources; \(VideoInput.redacted(input[0])) is none")
      }
      return
    }
    guard input.count == 1 else {
      throw ValidationError(
        "\(VideoInput.redacted(liveInput)) is a live source and does not end; track it alone")
    }
    try checkLiveOptions()
  }

  private func checkLiveOptions() throws {
    let unfit = [
      (Settings.start.key, range.start != 0), (Settings.every.key, range.every != 1),
      (Settings.picture.key, picture != nil), (Settings.overlay.key, overlay.overlay != nil),
      (Settings.overlayDir.key, overlay.overlayDir != nil),
      (Settings.thumbnails.key, written.thumbnails != nil),
      (Settings.strict.key, damage.strict),
      (Settings.decoderThreads.key, speed.decoderThreads != nil),
      (Settings.jobs.key, speed.jobs != nil),
      (Settings.allowPlaylists.key, stream.allowPlaylists),
      (Settings.videoStream.key, stream.videoStream != nil),
    ]
    for (option, isGiven) in unfit where isGiven {
      throw ValidationError("--\(option) is for recorded inputs, not for live sources")
    }
    _ = try live.settings(
      model.greyConversion, reading, largest: try pictures.largest(.live))
  }

  private func follow(
    _ source: String, to path: String, _ faceModel: FaceModel, _ interruption: Interruption
  ) throws -> ExitCode {
    let track: LiveTrack
    do {
      track = try LiveTrack(
        self, input: source, output: path, model: faceModel, interruption: interruption)
    } catch let status as ExitCode {
      throw status
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
    return track.follow()
  }

  /// The last part of a live source's address that may be shown: "video0", "stream"; its host where
  /// that is all.
  private static func liveStem(of input: String) -> String {
    let address = VideoInput.redacted(input).prefix { $0 != "?" && $0 != "#" }
    let place = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? address
    let parts = place.split(separator: "/").filter { $0 != "..." }
    let name = parts.count > 1 ? parts.last : parts.first?.split(separator: ":").first
    return name.map(String.init) ?? "track"
  }

  /// An address with the values of the variables that it names (`${NAME}`), percent-encoded, so that
  /// a password need not stand in the command's line.
  private static func withVariables(_ input: String) throws -> String {
    guard input.contains("${"), access(input, F_OK) != 0 else { return input }
    do throws(AddressSecretError) {
      return try SourceAddress.expanding(
        input, environment: ProcessInfo.processInfo.environment
      ).secretText
    } catch {
      throw ValidationError("cannot use \(VideoInput.redacted(input)): \(error)")
    }
  }
}
