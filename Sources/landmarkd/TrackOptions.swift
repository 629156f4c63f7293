import ArgumentParser
import Session
import Tracking

/// What `track` writes.
struct TrackOutputOptions: ParsableArguments {
  @Option(
    setting: Settings.outputFile,
    help: "The CSV to write, - for standard output (default: the input's name with .csv, here).")
  var output: String?
  @Option(
    setting: Settings.outDir,
    help: "Folder for the CSVs of several inputs, made if need be.")
  var outDir: String?
  @Flag(setting: Settings.force) var force = false
  @Option(setting: Settings.picture) var picture: String?
  @Option(setting: Settings.pictureFrame) var pictureFrame: Int?
  @Option(setting: Settings.thumbnails) var thumbnails: String?
}

/// Where what is made of one input goes.
struct TrackOutputs: Sendable {
  /// The CSV.
  var rows: String
  /// The drawn frames; nil where none are asked for.
  var overlay: String?
  /// What pictures of people begin with: FOLDER/NAME; nil where none are asked for.
  var thumbnails: String?
  /// Whether the folders that they lie in are made when the input is begun.
  var mirrorsFolders = false
}

/// Which face is followed, and how.
struct FaceOptions: ParsableArguments {
  @Option(setting: Settings.faces) var faces: Int?
  @Option(setting: Settings.faceAt) var faceAt: TrackingSettings.Point?
  @Flag(setting: Settings.samePerson) var samePerson = false
  @Flag(setting: Settings.fastMotion) var fastMotion = false
}

/// What becomes of an input that is not whole.
struct DamageOptions: ParsableArguments {
  @Flag(setting: Settings.strict) var strict = false
}

/// How the cores are shared.
struct SpeedOptions: ParsableArguments {
  @Option(setting: Settings.jobs) var jobs: Int?
  @Option(setting: Settings.decoderThreads) var decoderThreads: Int?
}
