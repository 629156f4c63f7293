import ArgumentParser
import CLNF
import Foundation
import ModelTraining
import Recording
import VideoInput

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

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 2

  func run() throws {
    let stage = VerdictStage(
      model: try FaceModel.load(model, withParts: false), scenery: try Self.readScenery(scenes),
      seed: seed, threads: threads)
    let files = try material.flatMap { try AnnotatedFaces.files(in: $0) }
    let rules = try stage.run(count: files.count) {
      { try AnnotatedFaces.read(files[$0]) }
    }
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
}

/// The rules of a model, and the figures that are printed of them.
struct VerdictStage {
  let model: FaceModel
  let scenery: Scenery
  let seed: UInt64
  let threads: Int

  /// Gives face i.
  typealias FaceReader = (Int) throws -> VerdictTraining.Face

  /// - Parameter reader: makes for a thread what gives face i of `count`.
  func run(
    count: Int, reader: @escaping @Sendable () -> FaceReader
  ) throws -> LearnedVerdicts {
    let samples = try WorkSharing.map(
      count: count, threads: threads,
      worker: { (training: try makeTraining(), face: reader()) },
      finished: { if $0 % 20 == 0 { Progress.say("\($0) of \(count) faces") } }
    ) { worker, index in
      worker.training.samples(of: try worker.face(index), index: index)
    }.flatMap { $0 }
    let failed = samples.count { $0.error >= VerdictTraining.failedError }
    Progress.say("\(samples.count) fits, \(failed) failed")
    let own = FitVerdict.Evidence.allCases.filter { $0 != .validator }
    let looks: [FitVerdict.Evidence] = [.lookDistance, .lookDeviation, .lookMisfit]
    var kinds = [
      ("mean shift alone", own.filter { !looks.contains($0) }), ("mean shift and one look", own),
    ]
    if model.validator != nil {
      kinds.insert(("validator alone", [.validator]), at: 0)
      kinds.append(("both", FitVerdict.Evidence.allCases))
    }
    let training = try makeTraining()
    for (name, evidence) in kinds {
      let rule = training.learn(samples.filter { $0.face % 5 != 4 }, evidence: evidence)
      let apart = samples.filter { $0.face % 5 == 4 }
      report(name, rule, apart)
      for group in VerdictTraining.Group.allCases {
        let some = apart.filter { $0.group == group }
        if !some.isEmpty { report("  \(name), \(group.rawValue): \(some.count) fits,", rule, some) }
      }
    }
    return LearnedVerdicts(
      own: training.learn(samples, evidence: own),
      withValidator: training.learn(samples, evidence: FitVerdict.Evidence.allCases))
  }

  private func makeTraining() throws -> VerdictTraining {
    let fitter = try Fitter(model: model, settings: model.fitSettings ?? .landmarkd(for: model))
    let judge = model.validator.map {
      ValidatorEvaluation($0, landmarkCount: model.landmarkCount)
    }
    var settings = VerdictTraining.Settings()
    settings.seed = seed
    return VerdictTraining(fitter: fitter, judge: judge, scenery: scenery, settings: settings)
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
