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
