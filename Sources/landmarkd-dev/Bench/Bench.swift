import ArgumentParser
import CLNF
import Foundation

/// How long landmarkd's parts take; `make bench` runs it.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how long landmarkd's parts take.",
    subcommands: [RunCommand.self, FramesCommand.self, FinderCommand.self],
    defaultSubcommand: RunCommand.self)
}

/// What is measured with: videos and models.
struct BenchMaterial: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The reference toolkit's folder, with openface/model and video/; without it, samples and the default model only.",
      valueName: "folder"))
  var reference: String?

  @Option(help: ArgumentHelp("The folder of sample clips.", valueName: "folder"))
  var samples = "Samples"

  var generalModel: String? { reference.map { $0 + "/openface/model/main_clnf_general.txt" } }

  /// Short videos of 640 x 480.
  var videos: [String] {
    (reference.map { [$0 + "/video/default.wmv"] } ?? []) + [samples + "/talking.mp4"]
  }
}

/// Everything: by stage, by tracked frame, by file.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Measure everything; prints tables.")

  @OptionGroup var material: BenchMaterial

  @Option(
    help: ArgumentHelp(
      "A folder of long clips (scripts/make-benchmark-clips.sh): each is tracked whole, in turns with ffmpeg.",
      valueName: "folder"))
  var clips: String?

  @Option(help: ArgumentHelp("The landmarkd that tracks the clips.", valueName: "program"))
  var landmarkd = ".build/release/landmarkd"

  @Option(help: ArgumentHelp("Write the figures as JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("An older JSON to compare with.", valueName: "file"))
  var compare: String?

  @Option(help: "How often a set of frames is tracked, and a clip read.")
  var runs = 5

  @Option(help: "Only groups whose name contains this.")
  var only = ""

  func validate() throws {
    guard (1...1000).contains(runs) else {
      throw ValidationError("--runs is \(runs); expected 1 to 1000")
    }
  }

  func run() throws {
    let old = try compare.map { try BenchReport.read($0) }
    var report = BenchReport(instructionSet: InstructionSet.best.rawValue)
    if wants(TrackedFrames.group) {
      try TrackedFrames(material: material, runs: runs).measure(into: &report)
    }
    if wants(Stages.group) {
      try Stages(material: material, runs: runs).measure(into: &report)
    }
    if let clips, wants(WholeFiles.group) {
      try WholeFiles(folder: clips, program: landmarkd, runs: runs).measure(into: &report)
    }
    if let json { try report.write(to: json) }
    print(report.tables(against: old))
  }

  private func wants(_ group: String) -> Bool { only.isEmpty || group.contains(only) }
}
