import ArgumentParser
import CLNF
import ModelTraining

/// Parts of landmarkd on annotated images, drawn sequences and tables.
///
/// Answers depend on the machine only where they are times.
struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure parts of landmarkd; prints Markdown tables for docs/results.",
    subcommands: [
      Detector.self, Verdict.self, Convergence.self, Jitter.self, Losses.self, Settings.self,
      Cost.self, Compare.self, Sequence.self, Returns.self,
    ])
}

/// Pictures with their points.
struct AnnotatedFolder: ParsableArguments {
  @Argument(help: "A folder of pictures, each with its 68 points in a .pts file of the same name.")
  var folder: String

  func list(faceWidth: Double? = nil) throws -> AnnotatedImage.List {
    try AnnotatedImage.List(folder: folder, faceWidth: faceWidth)
  }
}

/// The model that is measured.
struct MeasuredModel: ParsableArguments {
  @Argument(help: "The model, a file or a folder; default for the one that landmarkd brings.")
  var model: String

  func load() throws -> FaceModel {
    model == FaceModel.defaultName
      ? try FaceModel.default() : try FaceModel.load(model, withParts: false)
  }
}

extension Measure {
  struct Detector: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Recall, box error and time of the face detector.")

    @OptionGroup var pictures: AnnotatedFolder

    @Argument(help: "Shrink the pictures until the face is this wide, px; default as they are.")
    var width: Double?

    func validate() throws {
      if let width, !(1...10_000).contains(width) {
        throw ValidationError("<width> is \(width), expected 1 to 10000 pixels")
      }
    }

    func run() throws {
      print(try DetectorMeasurement.table(of: pictures.list(faceWidth: width)))
    }
  }

  struct Verdict: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How well failures are told from good fits.",
      discussion: "The folder also holds boxes.csv: image, x, y, width, height.")

    @OptionGroup var pictures: AnnotatedFolder
    @OptionGroup var model: MeasuredModel

    @Argument(help: "Where to draw the reliability of the confidence (PNG).")
    var picture: String?

    func run() throws {
      let measurement = try VerdictMeasurement(model: model.load(), list: pictures.list())
      print(try measurement.tables(picture: picture))
    }
  }

  struct Convergence: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What good fits show at their end.")

    @OptionGroup var pictures: AnnotatedFolder
    @OptionGroup var model: MeasuredModel

    @Argument(help: "Windows by scale, coarse to fine, with commas between them: 11,9,7.")
    var windows: WindowSizes

    func run() throws {
      print(
        try ConvergenceMeasurement.table(
          of: pictures.list(), model: model.load(), windows: windows.sizes))
    }
  }

  struct Jitter: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How much landmarks move on still faces with sensor noise.")

    /// As many faces are enough.
    private static let faces = 20

    @OptionGroup var pictures: AnnotatedFolder
    @OptionGroup var model: MeasuredModel

    func run() throws {
      print(
        try JitterMeasurement.table(of: pictures.list(), model: model.load(), limit: Self.faces))
    }
  }

  struct Losses: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How soon lost faces are noticed and found again.",
      discussion: "Sequences are made from the videos' frames; the first video shows one person.")

    @OptionGroup var model: MeasuredModel

    @Argument(help: "Videos.")
    var videos: [String]

    func run() throws { print(try LossMeasurement.table(videos: videos, model: model.load())) }
  }

  struct Returns: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How soon a face that comes back turned is found.",
      discussion: "landmarkd-dev train render-sequence --script turn draws sequences.")

    @OptionGroup var model: MeasuredModel

    @Argument(help: "The table of what is true (CSV).")
    var truth: String

    @Argument(help: "The video.")
    var video: String

    func run() throws {
      print(
        try ReturnMeasurement.table(
          model: model.load(), truth: SequenceTruth.read(truth), video: video))
    }
  }

  struct Settings: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets of fit settings on the same faces and boxes.")

    @OptionGroup var model: MeasuredModel

    @Argument(
      help: "Sets with commas between them: landmarkd, classic, reference or JSON files.")
    var names: String

    @Argument(help: "Folders of pictures, each with its 68 points in a .pts file of the same name.")
    var folders: [String]

    func run() throws {
      print(
        try SettingsMeasurement.table(
          of: folders.map { try AnnotatedImage.List(folder: $0) }, model: model.load(),
          names: names.split(separator: ",").map(String.init)))
    }
  }

  struct Cost: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Time until a model is ready, and of its response maps.")

    @OptionGroup var model: MeasuredModel

    func run() throws { print(try CostMeasurement(path: model.model, load: model.load).tables()) }
  }

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How far the landmarks of two tables of one video lie apart.")

    @Argument(help: "A table (CSV).")
    var table: String

    @Argument(help: "The table to compare it with.")
    var other: String

    func run() throws { print(try TableComparison.table(table, against: other)) }
  }

  struct Sequence: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Error, jitter, head pose and time on a drawn sequence.",
      discussion: "landmarkd-dev train render-sequence draws sequences.")

    @OptionGroup var model: MeasuredModel

    @Argument(help: "The table of what is true (CSV).")
    var truth: String

    @Argument(help: "The video.")
    var video: String

    @Argument(
      help: """
        Sets of fit settings with commas between them: landmarkd, classic, reference or JSON \
        files. With @MM behind a set, faces that move less than MM mm a frame are fitted at the finest \
        scale only.
        """)
    var names = "landmarkd"

    @Argument(help: "Where to draw the worst frames (PNG): true points green, found ones yellow.")
    var picture: String?

    func run() throws {
      let measurement = SequenceMeasurement(
        model: try model.load(), truth: try SequenceTruth.read(truth), video: video)
      print(
        try measurement.text(
          settings: names.split(separator: ",").map(String.init), picture: picture))
    }
  }
}

/// "11,9,7": windows by scale.
struct WindowSizes: ExpressibleByArgument {
  var sizes: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",").map { Int($0) }
    sizes = parts.compactMap(\.self)
    if sizes.count != parts.count || sizes.isEmpty { return nil }
  }
}
