import ArgumentParser
import CLNF
import Foundation
import ModelTraining

struct AllCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Make the default model: all stages, one after the other.",
    discussion: """
      fit-identities, a first frontal model, fit-smiles, experts, verdict, pack. What is finished is \
      kept in the work folder, so that a run that was interrupted goes on; the same material, options \
      and seed give the same model.
      """)

  @OptionGroup var files: MaterialOptions
  @OptionGroup var options: ExpertOptions

  @Option(help: "A folder of NAME.pts: points placed by hand on London photos.")
  var points: String

  @Option(help: "A folder of pictures without faces: scripts/fetch-scenes.sh fetches one.")
  var scenes: String

  @Option(help: "A folder for what is kept between runs.")
  var work: String

  @Option(name: .shortAndLong, help: "The model to write.")
  var output: String

  func run() throws {
    let material = try TrainingMaterial(files.material)
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    let identities = try IdentityStage(material: material, pointsFolder: points).run()
    try identities.write(definition: work + "/definition.json", faces: work + "/faces.json")
    let faces = identities.faces + (try smiles(material, identities))
    try FittedFace.write(faces, to: work + "/faces-all.json")
    let stage = ExpertStage(
      material: material, definition: identities.definition, faces: faces, options: options,
      work: work + "/experts")
    let model = try stage.run(name: "default")
    let verdicts = try FittedVerdictStage(
      material: material, definition: identities.definition, faces: faces, model: model,
      scenery: try VerdictCommand.readScenery(scenes), seed: options.seed
    ).run()
    let finished = try model.with(verdicts: verdicts)
    try finished.write(to: output)
    Progress.say("\(output): \(finished.archive().count) bytes")
  }

  /// The people's smiling photos, fitted with a frontal model that is good enough for that.
  private func smiles(
    _ material: TrainingMaterial, _ identities: IdentityStage.Result
  ) throws -> [FittedFace] {
    var draft = options
    draft.images = 3000
    draft.steps = 800
    draft.scales = "0.25,0.35,0.5"
    draft.frontal = true
    let stage = ExpertStage(
      material: material, definition: identities.definition, faces: identities.faces,
      options: draft, work: work + "/draft")
    return try SmileStage(
      material: material, definition: identities.definition, model: try stage.run(name: "draft")
    ).run(identities.faces)
  }
}

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Learn the verdicts of a model from the fitted faces, and write it with them.")

  @OptionGroup var files: MaterialOptions

  @Option(help: "The landmark definition (JSON).")
  var definition: String

  @Option(help: "The fitted faces (JSON).")
  var faces: String

  @Option(help: "The model.")
  var model: String

  @Option(help: "Fit settings to give the model (JSON); else its own stay.")
  var fitSettings: String?

  @Option(
    help: """
      A folder of pictures without faces: scripts/fetch-scenes.sh fetches one. Without it the \
      model's verdicts stay.
      """)
  var scenes: String?

  @Option(help: "Seed of all that is drawn.")
  var seed: UInt64 = 1

  @Option(name: .shortAndLong, help: "The model to write.")
  var output: String

  func run() throws {
    let material = try TrainingMaterial(files.material)
    var model = try FaceModel.load(model)
    if let fitSettings {
      let data = try Data(contentsOf: URL(fileURLWithPath: fitSettings))
      model = try model.with(
        fitSettings: try JSONDecoder().decode(FitSettings.self, from: data))
    }
    guard let scenes else { return try model.write(to: output) }
    let verdicts = try FittedVerdictStage(
      material: material,
      definition: try LandmarkDefinition.read(
        definition, vertexCount: material.head.vertexCount),
      faces: try FittedFace.readList(faces, head: material.head), model: model,
      scenery: try VerdictCommand.readScenery(scenes), seed: seed
    ).run()
    try model.with(verdicts: verdicts).write(to: output)
  }
}

/// Verdicts learned from the photos of fitted faces, by our own definition of the landmarks, and from
/// drawn faces, which are turned as no photo is.
struct FittedVerdictStage {
  let material: TrainingMaterial
  let definition: LandmarkDefinition
  let faces: [FittedFace]
  let model: FaceModel
  let scenery: Scenery
  let seed: UInt64

  /// Drawn faces beside the photos.
  private static let drawnCount = 150

  func run() throws -> LearnedVerdicts {
    let basis = LandmarkBasis(head: material.head, definition: definition)
    var settings = SceneSettings()
    settings.seed = seed &+ 0xD0
    let scene = SceneMaterial(
      head: material.head, definition: definition,
      textures: try faces.map { try material.texture(of: $0, definition: definition) },
      scenery: scenery)
    let renderer = SceneRenderer(material: scene, settings: settings)
    return try VerdictStage(model: model, scenery: scenery, seed: seed)
      .run(count: faces.count + Self.drawnCount) { index in
        index < faces.count
          ? try photo(faces[index], basis)
          : Self.drawn(renderer.face(index - faces.count))
      }
  }

  private func photo(
    _ face: FittedFace, _ basis: LandmarkBasis
  ) throws -> VerdictTraining.Face {
    let points = face.points(basis)
    return VerdictTraining.Face(
      image: try material.image(face.photo), truth: points.map(\.x) + points.map(\.y))
  }

  private static func drawn(_ face: RenderedFace) -> VerdictTraining.Face {
    let (seen, own) = (face.landmarks[36] - face.landmarks[45], face.shape[36] - face.shape[45])
    let distance = Double(face.pixelsPerMillimetre * (own * own).sum().squareRoot())
    return VerdictTraining.Face(
      image: face.image.copy(),
      truth: face.landmarks.map { Double($0.x) } + face.landmarks.map { Double($0.y) },
      hasPlainBackground: false,
      foreshortening: Double((seen * seen).sum().squareRoot()) / distance)
  }
}

extension FaceModel {
  /// The same model with other verdicts or settings.
  func with(
    verdicts: LearnedVerdicts? = nil, fitSettings: FitSettings? = nil
  ) throws -> FaceModel {
    var contents = Contents(name: name, shapeModel: shapeModel, scales: scales)
    contents.mirrorPartners = mirrorPartners
    contents.validator = validator
    contents.triangulations = triangulations
    contents.parts = parts
    contents.fitSettings = fitSettings ?? self.fitSettings
    contents.verdicts = verdicts ?? self.verdicts
    return try FaceModel(contents)
  }
}
