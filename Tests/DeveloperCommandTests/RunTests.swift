import CLNF
import Foundation
import TestSupport
import Testing

/// landmarkd-dev with material that is made here. What takes hours or real photos (all, experts,
/// fit-identities, fit-portraits, verdict) is only asked what it does without.
@Suite struct TrainRunTests {
  private let train: Program

  init() throws {
    train = try Program("train")
    try Material.write(to: train)
  }

  @Test func facesAreDrawn() throws {
    let run = try train(
      "render", "--material", "material", "--bare", "--count", "2", "--sheet", "sheet.png",
      "--images", "faces", "--side", "64")
    #expect(run.status == 0 && run.output.hasPrefix("2 faces, "), "\(run)")
    #expect(try Data(contentsOf: train.folder.appending(path: "sheet.png")).count > 1000)
    let boxes = try train.text("faces/boxes.csv").split(separator: "\n")
    #expect(boxes.count == 3 && boxes[1].hasPrefix("face00000.png,"))
    #expect(try train.text("faces/face00001.pts").contains("n_points: 68"))
  }

  @Test func aShapeModelIsLearned() throws {
    let run = try train(
      "shape", "--material", "material", "--definition", "definition.json", "--faces", "faces.json",
      "--modes", "5", "-o", "shape.json")
    #expect(run.status == 0 && run.output.contains("  5 modes: "), "\(run)")
    let shape = try JSONValue(contentsOf: train.folder.appending(path: "shape.json"))
    #expect(try shape["mean"].numbers().count == 204)
    #expect(try shape["modes"].numbers().count == 5 * 204)
    #expect(try shape["variances"].numbers().count == 5)
  }

  @Test func aModelIsPackedWithSettings() throws {
    let settings = try JSONEncoder().encode(FitSettings.video)
    try train.write(String(decoding: settings, as: UTF8.self), to: "settings.json")
    let run = try train(
      "pack", "--material", "material", "--definition", "definition.json", "--faces", "faces.json",
      "--model", SyntheticFixture.mainFile, "--fit-settings", "settings.json", "-o",
      "packed.landmarkd")
    #expect(run.status == 0 && run.errors == "", "\(run)")
    #expect(try FaceModel.load(train.path("packed.landmarkd")).fitSettings == .video)
  }

  /// Each is one line that names what cannot be used.
  @Test(arguments: [
    ["render", "--material", "nothing"],
    ["shape", "--material", "nothing", "--definition", "d", "--faces", "f", "-o", "o"],
    [
      "experts", "--material", "nothing", "--definition", "d", "--faces", "f", "--work", "w", "-o",
      "o",
    ],
    ["fit-identities", "--material", "nothing", "--points", "p", "--definition", "d", "-o", "o"],
    [
      "fit-portraits", "--material", "nothing", "--definition", "d", "--faces", "f", "--teacher",
      "t",
      "--held-out", "h", "--points", "p", "-o", "o",
    ],
    ["render-sequence", "--material", "nothing", "-o", "o/", "--truth", "t"],
    [
      "pack", "--material", "nothing", "--definition", "d", "--faces", "f", "--model", "nothing",
      "-o", "o",
    ],
    ["verdict", "m", "--scenes", "s", "--model", "nothing", "-o", "o"],
    [
      "all", "--material", "nothing", "--points", "p", "--teacher", "t", "--held-out", "h",
      "--scenes", "s", "--work", "w", "-o", "o",
    ],
  ])
  func whatIsMissingIsNamed(arguments: [String]) throws {
    let run = try train.run(arguments)
    #expect(run.status == 1 && run.output == "", "\(run)")
    #expect(run.errorLines.count == 1 && run.errors.contains("nothing"), "\(run)")
    #expect(!FileManager.default.fileExists(atPath: train.path("o")))
  }
}

@Suite struct MeasureRunTests {
  private let measure: Program

  init() throws { measure = try Program("measure") }

  @Test(arguments: [
    ["detector", "nothing"], ["verdict", "nothing", "default"],
    ["convergence", "nothing", "default", "11,9,7"], ["jitter", "nothing", "default"],
    ["losses", "nothing", "a.avi"], ["settings", "default", "landmarkd", "nothing"],
    ["cost", "nothing"], ["compare", "nothing", "other"], ["sequence", "nothing", "t", "v"],
    ["returns", "default", "nothing", "v"],
  ])
  func whatIsMissingIsNamed(arguments: [String]) throws {
    let run = try measure.run(arguments)
    #expect(run.status == 1 && run.output == "", "\(run)")
    #expect(run.errorLines.count == 1 && run.errors.contains("nothing"), "\(run)")
  }

  /// Landmarks of the second table two pixels beside those of the first, in one of two frames.
  @Test func tablesAreCompared() throws {
    func table(_ offsets: [Int]) -> String {
      let header = ["frame", "success"] + (0..<68).map { "x_\($0)" } + (0..<68).map { "y_\($0)" }
      let rows = offsets.enumerated().map { frame, offset in
        ["\(frame + 1)", "1"] + (0..<68).map { "\(10 * $0 + offset)" } + (0..<68).map { _ in "5" }
      }
      return ([header] + rows).map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
    }
    try measure.write(table([0, 0]), to: "a.csv")
    try measure.write(table([0, 2]), to: "b.csv")
    let run = try measure("compare", "b.csv", "a.csv")
    // The outer eye corners, 36 and 45, are 90 px apart.
    #expect(run.status == 0 && run.output.contains("2 in both: distance mean 0.0111,"), "\(run)")
    #expect(run.output.contains("largest 0.0222"), "\(run)")
  }

  @Test func theCostOfAModel() throws {
    let run = try measure("cost", SyntheticFixture.mainFile)
    #expect(run.status == 0 && run.output.contains("|"), "\(run)")
  }

  /// A portrait whose points are laid around the face that the detector finds in it.
  @Test func theDetectorAndTheDefaultModelOnAPortrait() throws {
    try measure.makeFolder("faces")
    let portrait = SyntheticFixture.folder.deletingLastPathComponent().appending(
      path: "portrait.pgm")
    try FileManager.default.copyItem(
      at: portrait, to: measure.folder.appending(path: "faces/a.pgm"))
    let points = EllipsoidHead.landmarkPlaces.map { "\(128 + 1.1 * $0.x) \(125 + $0.y)\n" }
    try measure.write(
      "version: 1\nn_points: 68\n{\n\(points.joined())}\n", to: "faces/a.pts")
    let detector = try measure("detector", "faces")
    #expect(detector.status == 0 && detector.output.contains("|"), "\(detector)")
    let convergence = try measure("convergence", "faces", "default", "11,9,7")
    #expect(convergence.status == 0 && convergence.output.contains("|"), "\(convergence)")
  }

  /// What `train` draws is what `measure` reads.
  @Test func aDrawnSequenceIsMeasured() throws {
    let train = try Program("train")
    try Material.write(to: train)
    let drawn = try train(
      "render-sequence", "--material", "material", "--script", "still", "--seconds", "0.2",
      "--size", "320x240", "-o", "head.mp4", "--truth", "truth.csv")
    #expect(drawn.status == 0 && drawn.output.hasPrefix("6 frames, "), "\(drawn)")
    #expect(try train.text("truth.csv").split(separator: "\n").count == 7)
    let run = try measure("sequence", "default", train.path("truth.csv"), train.path("head.mp4"))
    #expect(run.status == 0 && run.output.contains(" of 6 frames believed"), "\(run)")
    let returns = try measure("returns", "default", train.path("truth.csv"), train.path("head.mp4"))
    #expect(returns.status == 0 && returns.output.contains("| 0 | 1 |"), "\(returns)")
  }
}
