import ArgumentParser
import CLNF
import Foundation
import ModelTraining

struct AllCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Make the default model: all stages, one after the other.",
    discussion: """
      fit-identities, fit-portraits, experts, verdict, pack. What is finished is \
      kept in the work folder, so that a run that was interrupted goes on; the same material, options \
      and seed give the same model.
      """)

  @OptionGroup var files: MaterialOptions
  @OptionGroup var options: ExpertOptions
  @OptionGroup var portraits: PortraitOptions

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
    // Read first: what is missing is told before hours of work, not after.
    let scenery = try VerdictCommand.readScenery(scenes)
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    let identities = try IdentityStage(material: material, pointsFolder: points).run()
    try identities.write(definition: work + "/definition.json", faces: work + "/faces.json")
    let faces = try PortraitStage(
      material: material, definition: identities.definition,
      placed: TrainingMaterial.placedPoints(in: points), options: portraits
    ).run(identities.faces)
    try FittedFace.write(faces, to: work + "/faces-all.json")
    let stage = ExpertStage(
      material: material, definition: identities.definition, faces: faces, options: options,
      work: work + "/experts")
    let model = try stage.run(name: "default").withoutFaintNets()
    let finished = try FittedVerdictStage(
      material: material, definition: identities.definition, faces: faces, model: model,
      scenery: scenery, seed: options.seed, threads: options.threads
    ).judged()
    try finished.write(to: output)
    Progress.say("\(output): \(finished.archive().count) bytes")
  }
}
