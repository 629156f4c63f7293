import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Recording
import VideoInput

@main
struct LandmarkdTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "landmarkd-train", abstract: "Learns what landmarkd ships.",
    subcommands: [
      ExpertsCommand.self, FitIdentitiesCommand.self, FitSmilesCommand.self, RenderCommand.self,
      VerdictCommand.self,
    ])
}

/// Faces with true landmarks from folders of NAME.pts beside NAME.jpg.
enum AnnotatedFaces {
  static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".pts") }.map { folder + "/" + $0.dropLast(4) }
  }

  static func read(_ stem: String) throws -> VerdictTraining.Face {
    let frame = try ImageReader.read(stem + ".jpg")
    return VerdictTraining.Face(
      image: frame.grey.copy(), truth: try PTSFile.read(stem + ".pts", count: 68))
  }
}

struct VerdictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verdict",
    abstract: "Learn from good fits and failures when a model's fit is to be believed.",
    discussion: """
      Writes the rule as JSON. Every fifth face is kept apart for the figures that are printed; the \
      rule is then learned from all.
      """)

  @Argument(help: "Folders of NAME.jpg with NAME.pts.")
  var material: [String]

  @Option(help: "A folder of pictures without faces: scripts/fetch-scenes.sh fetches one.")
  var scenes: String

  @Option(help: "The model.")
  var model: String

  @Option(name: .shortAndLong, help: "The JSON to write.")
  var output: String

  @Option(help: "Seed of all that is drawn.")
  var seed: UInt64 = 1

  func run() throws {
    let faceModel = try FaceModel.load(model, withParts: false)
    let fitter = try Fitter(
      model: faceModel, settings: faceModel.fitSettings ?? .landmarkd(for: faceModel))
    let judge = faceModel.validator.map {
      ValidatorEvaluation($0, landmarkCount: faceModel.landmarkCount)
    }
    var settings = VerdictTraining.Settings()
    settings.seed = seed
    let training = VerdictTraining(
      fitter: fitter, judge: judge, scenery: try Self.readScenery(scenes), settings: settings)
    var samples: [VerdictTraining.Sample] = []
    let files = try material.flatMap { try AnnotatedFaces.files(in: $0) }
    for (index, stem) in files.enumerated() {
      samples += training.samples(of: try AnnotatedFaces.read(stem), index: index)
      if index % 20 == 19 { print("\(index + 1) of \(files.count) faces, \(samples.count) fits") }
    }
    let failed = samples.count { $0.error >= VerdictTraining.failedError }
    print("\(samples.count) fits, \(failed) failed")
    let own = FitVerdict.Evidence.allCases.filter { $0 != .validator }
    for (name, evidence) in [
      ("validator alone", [.validator]), ("mean shift alone", own),
      ("both", FitVerdict.Evidence.allCases),
    ] {
      let rule = training.learn(samples.filter { $0.face % 5 != 4 }, evidence: evidence)
      report(name, rule, samples.filter { $0.face % 5 == 4 })
    }
    let rules = LearnedVerdicts(
      own: training.learn(samples, evidence: own),
      withValidator: training.learn(samples, evidence: FitVerdict.Evidence.allCases))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try encoder.encode(rules).write(to: URL(fileURLWithPath: output))
  }

  static func readScenery(_ folder: String) throws -> Scenery {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { name in [".jpg", ".jpeg", ".png"].contains { name.hasSuffix($0) } }
    guard !names.isEmpty else {
      throw ValidationError("\(folder): expected pictures (.jpg, .png), found none")
    }
    return try Scenery(count: names.count) {
      try ImageReader.read(folder + "/" + names[$0]).grey.copy()
    }
  }

  private func report(_ name: String, _ rule: FitVerdict, _ samples: [VerdictTraining.Sample]) {
    let scores = samples.map { rule.probability(evidence: $0.evidence) }
    let good = samples.map { $0.error < VerdictTraining.failedError }
    let clear = samples.indices.filter { samples[$0].error < 0.08 || samples[$0].error > 0.12 }
    let area = Ranking.areaUnderCurve(scores, good)
    let clearArea = Ranking.areaUnderCurve(clear.map { scores[$0] }, clear.map { good[$0] })
    let alarms = Ranking.falseAlarms(scores, good, caught: 0.95)
    print(
      name,
      String(
        format:
          "AUC %.4f, without errors of 8 to 12 %%: %.4f; false alarms at 95 %% caught: %.2f %%",
        area, clearArea, 100 * alarms.share))
    let reliability = Reliability(confidences: scores, isRight: good)
    print(
      "  confidence against right:",
      reliability.bins.map { String(format: "%.2f/%.2f", $0.confidence, $0.right) }
        .joined(separator: " "),
      String(format: "; calibration error %.3f", reliability.calibrationError))
  }
}
