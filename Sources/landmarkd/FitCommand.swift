import ArgumentParser
import CLNF
import Diagnostics
import FaceFinding
import FoundationEssentials
import Measurement
import Recording
import Session
import SystemNames
import Tracking
import VideoInput

struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit the landmarks of the faces in single images.",
    discussion: """
      Without --boxes every face that the detector finds is fitted. The CSV has the columns of \
      track without times, with the image's name in front; a row a face, an empty row for an image \
      without one.

      Example: landmarkd fit photos/ --picture-dir drawn -o photos.csv
      """)

  @Argument(help: "Images, and folders of images.")
  var image: [String]

  @OptionGroup(title: "Output") var written: FitOutputOptions
  @OptionGroup(title: "Output") var columns: ColumnOptions
  @OptionGroup(title: "Face") var faces: FitFaceOptions
  @OptionGroup(title: "Face") var detector: DetectorOptions
  @OptionGroup(title: "Camera") var camera: CameraOptions
  @OptionGroup(title: "Input") var pictures: PictureOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Limits of belief, for experts") var belief: BeliefOptions

  @Flag(setting: Settings.quiet) var quiet = false

  var output: String { written.output ?? "-" }
  var force: Bool { written.force }
  var pts: String? { written.ptsDir }
  var picture: String? { written.pictureDir }
  var boxes: String? { faces.boxes }
  var starts: Fitter.Starts { Settings.starts.value(faces.starts) }

  mutating func validate() throws {
    image = image.flatMap(Self.images)
    if columns.columns != nil, columns.text != "all", columns.text != "standard",
      columns.groups.contains(.times)
    {
      throw ValidationError("--columns names times, which images have not")
    }
    try belief.check(with: model.fitSettings)
    guard !image.contains("") else { throw ValidationError("the name of an image is empty") }
    if output.hasSuffix("/") || SystemName.isFolder(output) {
      throw ValidationError("-o names a file, \(output) is a folder")
    }
    if pts != nil || picture != nil {
      var images: [String: String] = [:]
      for image in image {
        if let other = images.updateValue(image, forKey: Self.stem(of: image)) {
          throw ValidationError(
            "\(other) and \(image) would be written to the same file of --pts-dir or --picture-dir; fit them apart"
          )
        }
      }
    }
    try OutputCheck.keepApart(
      outputs: [output] + image.flatMap(files(of:)),
      inputs: image + model.files + (boxes.map { [$0] } ?? []))
    try OutputCheck.beTable(output, hint: "--picture-dir draws the images")
  }

  /// The images of a folder; anything else is one itself, and is said to be none when it is read.
  private static func images(of name: String) -> [String] {
    guard SystemName.isFolder(name) else { return [name] }
    let found = VideoInput.files(of: name)
    return found.isEmpty ? [name] : found
  }

  /// An image's name without folder and extension.
  static func stem(of image: String) -> String {
    URL(fileURLWithPath: image).deletingPathExtension().lastPathComponent
  }

  /// The files of the image's first face, beside the CSV.
  func files(of image: String) -> [String] {
    let stem = Self.stem(of: image)
    return (pts.map { ["\($0)/\(stem).pts"] } ?? [])
      + (picture.map { ["\($0)/\(stem).png"] } ?? [])
  }

  func run() throws {
    let interruption = Interruption()
    SignalWatch.start { interruption.interrupt() }
    let faceModel = try model.load()
    var table: BoxTable?
    do {
      table = try boxes.map { try BoxTable(path: $0) }
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
    for folder in [pts, picture] {
      if let folder { try makeFolder(folder) }
    }
    let session = try FitSession(
      self, model: faceModel, boxes: table, interruption: interruption)
    let status = try session.run()
    if status != .success { throw status }
  }
}

/// What `fit` writes.
struct FitOutputOptions: ParsableArguments {
  @Option(
    setting: Settings.outputFile,
    help: "The CSV to write, - for standard output (default: -).")
  var output: String?
  @Option(
    setting: Settings.pictureDir, help: "Folder for a PNG an image, landmarks drawn.")
  var pictureDir: String?
  @Option(setting: Settings.ptsDir) var ptsDir: String?
  @Flag(setting: Settings.force) var force = false
}

/// Where faces are, and from how many rotations they are fitted.
struct FitFaceOptions: ParsableArguments {
  @Option(setting: Settings.boxes) var boxes: String?
  @Option(setting: Settings.starts) var starts: Fitter.Starts?
}
