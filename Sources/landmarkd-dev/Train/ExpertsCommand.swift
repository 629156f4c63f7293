import ArgumentParser
import CLNF
import Foundation
import ModelTraining

/// What the drawing of faces and the training of experts are asked for.
struct ExpertOptions: ParsableArguments {
  @Option(help: "Faces that are drawn.")
  var images = 24000

  @Option(help: "Faces that are drawn for the scale of 1 px/mm alone.")
  var fineImages = 8000

  @Option(help: "Steps of the optimiser for each net.")
  var steps = 4000

  @Option(help: "Units of the nets' first hidden layer.")
  var hidden = 48

  @Option(help: "Units of the nets' second hidden layer.")
  var secondHidden = 16

  @Option(help: "Scales, px/mm.")
  var scales = "0.25,0.35,0.5,1"

  @Flag(help: "Experts of seven neurons instead of nets, to compare.")
  var neurons = false

  @Flag(help: "The frontal view alone.")
  var frontal = false

  @Option(help: "Seed of all that is drawn.")
  var seed: UInt64 = 1

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 2

  func training() throws -> ExpertTrainingSettings {
    var settings = ExpertTrainingSettings()
    settings.patchScalings = try scales.split(separator: ",").map { text in
      guard let value = Double(text) else {
        throw ValidationError("--scales \(scales): expected numbers with commas between them")
      }
      return value
    }
    settings.nets.steps = steps
    settings.nets.firstHidden = hidden
    settings.nets.secondHidden = secondHidden
    settings.nets.seed = seed
    if neurons { settings.nets.kind = .field }
    if frontal { settings.views = [ExpertTrainingSettings.standardViews[0]] }
    return settings
  }

  var series: CropSeries {
    var scene = SceneSettings()
    scene.seed = seed
    scene.pose.farYaw = 45...97
    scene.pose.farShare = 0.28
    return CropSeries(
      faceCount: images, fineFaceCount: fineImages, scene: scene, threads: threads)
  }
}

struct ExpertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experts",
    abstract: "Draw faces, train the patch experts on them, and make a model of it all.",
    discussion: """
      The work folder keeps the drawn crops and every finished view, so that a run that was \
      interrupted goes on where it was; with other settings it has to be another folder. With \
      --landmarks and --others some experts of a model are trained anew.
      """)

  @OptionGroup var fitted: FittedFaceOptions
  @OptionGroup var options: ExpertOptions

  @Option(help: "A folder for what is kept between runs.")
  var work: String

  @Option(
    help: "Train experts for these landmarks alone (FIRST-LAST), and for their mirror images.")
  var landmarks: String?

  @Option(help: "The model whose other experts, and all else, are kept. With --landmarks.")
  var others: String?

  @Option(name: .shortAndLong, help: "The model to write.")
  var output: String

  func validate() throws {
    guard (landmarks == nil) == (others == nil) else {
      throw ValidationError("--landmarks and --others go together")
    }
    _ = try chosen()
  }

  func run() throws {
    let contents = try fitted.read()
    let others = try others.map { try FaceModel.load($0) }
    let chosen = try chosen()
    let stage = ExpertStage(
      material: contents.material, definition: contents.definition, faces: contents.faces,
      options: options, landmarks: chosen, work: work)
    var model = try stage.run(name: "draft")
    if let others, let chosen {
      model = try others.with(
        scales: ExpertScale.taking(Set(chosen), from: model.scales, others: others.scales))
    }
    try model.write(to: output)
  }

  /// The landmarks that are asked for, each with its mirror partner, in order; nil: all.
  private func chosen() throws -> [Int]? {
    guard let landmarks else { return nil }
    let ends = landmarks.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
      0 <= first, first <= last, last < LandmarkMirror.map.count
    else {
      throw ValidationError(
        "--landmarks \(landmarks): expected a landmark, or FIRST-LAST, of 0 to 67")
    }
    return Set(first...last).union((first...last).map { LandmarkMirror.map[$0] }).sorted()
  }
}

/// From fitted faces to a model without verdicts.
struct ExpertStage {
  let material: TrainingMaterial
  let definition: LandmarkDefinition
  let faces: [FittedFace]
  let options: ExpertOptions
  /// Those whose experts are trained; nil: all.
  var landmarks: [Int]?
  let work: String

  func run(name: String) throws -> FaceModel {
    var settings = try options.training()
    settings.nets.landmarks = landmarks
    let shape = try shapeModel()
    let training = ExpertTraining(
      settings: settings, folder: URL(fileURLWithPath: work + "/experts"),
      threads: options.threads, log: { Progress.say($0) })
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    try drawMissing(settings)
    let scales = try training.train { try CropFile.read(cropFile($0)) }
    var contents = FaceModel.Contents(name: name, shapeModel: shape, scales: scales)
    contents.mirrorPartners = LandmarkMirror.map
    contents.fitSettings = DefaultFitSettings.make(patchScalings: settings.patchScalings)
    return try FaceModel(contents)
  }

  private func shapeModel() throws -> PointDistributionModel {
    let statistics = try ShapeStatistics(
      head: material.head, definition: definition, faces: faces)
    let modes = statistics.model.modeCount
    Progress.say(
      String(
        format: "shape model: %d modes hold %.1f %% of the variance", modes,
        100 * statistics.explained[modes - 1]))
    return statistics.model
  }

  private func cropFile(_ scaling: Double) -> URL {
    URL(fileURLWithPath: work + String(format: "/crops-%g.bin", scaling))
  }

  /// Draws the crops that are not there yet. All scales are drawn at once.
  private func drawMissing(_ settings: ExpertTrainingSettings) throws {
    let files = settings.patchScalings.map(cropFile)
    let origin = URL(fileURLWithPath: work + "/drawn-from.json")
    let wanted = try Self.encoded(
      DrawnFrom(
        images: options.images, fineImages: options.fineImages, seed: options.seed,
        patchScalings: settings.patchScalings, definition: definition, faces: faces))
    if let kept = try? Data(contentsOf: origin), kept != wanted {
      throw MaterialError(
        work, "holds crops that were drawn from other faces or with other options")
    }
    guard !files.allSatisfy({ FileManager.default.fileExists(atPath: $0.path) }) else { return }
    try wanted.write(to: origin, options: .atomic)
    let scene = try material.scene(of: faces, definition: definition)
    Progress.say(
      "\(scene.textures.count) textures, \(scene.photos.count) photos; drawing faces")
    let crops = options.series.draw(scene, patchScalings: settings.patchScalings) { done, total in
      if done % 2048 == 0 || done == total { Progress.say("  \(done) of \(total) faces") }
    }
    for (file, crops) in zip(files, crops) {
      guard let first = crops.first else { continue }
      let partial = file.appendingPathExtension("partial")
      let writer = try CropFile.Writer(
        partial, side: first.side, landmarkCount: first.landmarks.count)
      for crop in crops { try writer.append(crop) }
      try writer.close()
      guard rename(partial.path, file.path) == 0 else {
        throw MaterialError(file.path, "cannot be written")
      }
    }
  }

  /// What crops were drawn from: with anything else they would be others.
  private struct DrawnFrom: Codable {
    var images: Int
    var fineImages: Int
    var seed: UInt64
    var patchScalings: [Double]
    var definition: LandmarkDefinition
    var faces: [FittedFace]
  }

  private static func encoded(_ value: DrawnFrom) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return try encoder.encode(value)
  }
}

/// Lines that say how far training is, with the seconds since the start.
enum Progress {
  private static let start = ContinuousClock.now

  static func say(_ line: String) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print(String(format: "%6.0f s  ", seconds) + line)
    // A log in a file is read while it grows.
    fflush(nil)
  }
}

extension FaceModel {
  func write(to path: String) throws {
    try Data(archive()).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
