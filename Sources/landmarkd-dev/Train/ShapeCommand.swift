import ArgumentParser
import CLNF
import Foundation
import ModelTraining

struct ShapeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shape",
    abstract: "Learn the shape model of the landmarks, and say what its modes hold.",
    discussion: """
      experts does the same on its way to a model. The JSON holds mean (x, y, z stacked, mm), modes (unit \
      vectors, one after the other) and variances (mm^2).
      """)

  @OptionGroup var fitted: FittedFaceOptions

  @Option(help: "How many modes.")
  var modes = ShapeStatistics.Settings().modeCount

  @Option(help: "Share of the samples whose expression is that of a photo.")
  var observedShare = ShapeStatistics.Settings().observedShare

  @Option(help: "Seed of all that is drawn.")
  var seed = ShapeStatistics.Settings().seed

  @Option(name: .shortAndLong, help: "The JSON to write.")
  var output: String

  func run() throws {
    guard (1...100).contains(modes) else {
      throw ValidationError("--modes \(modes): expected 1 to 100")
    }
    let contents = try fitted.read()
    var settings = ShapeStatistics.Settings()
    settings.modeCount = modes
    settings.seed = seed
    settings.observedShare = observedShare
    let statistics = try ShapeStatistics(
      head: contents.material.head, definition: contents.definition,
      faces: contents.faces, settings: settings)
    for count in [1, 2, 5, 10, 20, 34, 50, modes].filter({ $0 <= modes }).uniqued {
      print(
        String(format: "%3d modes: %.1f %%", count, 100 * statistics.explained[count - 1]))
    }
    let model = statistics.model
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try encoder.encode(
      ShapeFile(mean: model.meanShape, modes: model.modeVectors, variances: model.variances)
    ).write(to: URL(fileURLWithPath: output), options: .atomic)
  }
}

/// A shape model as JSON.
struct ShapeFile: Codable {
  var mean: [Double]
  var modes: [Double]
  var variances: [Double]

  static func read(_ path: String) throws -> PointDistributionModel {
    let file = try JSONDecoder().decode(
      ShapeFile.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    return try PointDistributionModel(
      mean: file.mean, modes: file.modes, variances: file.variances)
  }
}

extension [Int] {
  /// Without repetitions, sorted.
  fileprivate var uniqued: [Int] { Set(self).sorted() }
}
