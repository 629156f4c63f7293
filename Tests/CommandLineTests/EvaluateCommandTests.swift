import Foundation
import TestSupport
import Testing

/// The built command, where it can be tried without a model of 68 points.
@Suite struct EvaluateUsageTests {
  /// Of 16 landmarks.
  private static let smallModel = Fixtures.modelFolder

  @Test func helpNamesTheOptions() throws {
    let run = try Command.run(["evaluate", "--help"], in: Scratch())
    #expect(run.status == 0)
    for option in [
      "--boxes", "--starts", "--json", "--out-dir", "--force", "--model", "--fit-settings",
    ] {
      #expect(run.output.contains(option))
    }
  }

  @Test(arguments: [
    [], [".", "--model"], [".", "--model", "m", "--starts", "3"],
    [".", "--model", "m", "--nothing"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let run = try Command.run(["evaluate"] + arguments, in: Scratch())
    #expect(run.status == 64)
    #expect(run.output.isEmpty && !run.errors.isEmpty)
  }

  @Test func aModelThatIsMissing() throws {
    let run = try Command.run(["evaluate", ".", "--model", "m.landmarkd"], in: Scratch())
    #expect(run.status == 1)
    #expect(run.errors.contains("m.landmarkd"))
  }

  @Test func aModelWithoutEyeCorners() throws {
    let run = try Command.run(["evaluate", ".", "--model", Self.smallModel], in: Scratch())
    #expect(run.status == 1)
    #expect(
      run.errors == "landmarkd: \(Self.smallModel): a model of 16 landmarks; errors are measured "
        + "by the distance of landmarks 36 and 45\n")
  }
}

/// The built command with the reference toolkit's model.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct EvaluateCommandTests {
  private func model() throws -> String {
    try #require(MaterialFolder.reference).appending(path: "openface/model").path
  }

  /// The face of portrait.pgm; a fit from it is the tests' truth.
  private static let box = "78,53,103,104"

  /// A folder set/ with portrait.pgm and portrait.pts, and boxes.csv beside it.
  private func annotatedFolder() throws -> Scratch {
    let folder = try Scratch()
    try folder.makeFolder("set")
    try folder.copy(Fixtures.portrait, to: "set/portrait.pgm")
    try folder.write("image,x,y,width,height\nportrait.pgm,\(Self.box)\n", to: "boxes.csv")
    let fit = try Command.run(
      ["fit", "set/portrait.pgm", "--boxes", "boxes.csv", "--model", model(), "--pts-dir", "set"],
      in: folder)
    try #require(fit.status == 0, "\(fit.errors)")
    return folder
  }

  private func evaluate(_ arguments: String..., in folder: Scratch) throws -> Command.Result {
    try Command.run(["evaluate", "set", "--model", model()] + arguments, in: folder)
  }

  @Test func aFitMeasuredAgainstItself() throws {
    let folder = try annotatedFolder()
    let run = try evaluate(
      "--boxes", "boxes.csv", "--json", "a.json", "--out-dir", "out", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.hasPrefix("1 face, 1 found (100.0 %)\n"))
    let json = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("a.json")))
    // The .pts file has six decimals.
    #expect(try json["points68"]["mean"].number() < 2e-6)
    #expect(try json["points49"]["below05"].number() == 1)
    #expect(try json["images"][0]["confidence"].number() > 0.5)
    #expect(try json["settings"]["fit-settings"].string() == "landmarkd")
    let curve = try folder.text("out/curve.csv").split(separator: "\n")
    #expect(curve.count == 202 && curve.last == "0.200,1.000000,1.000000")
    let images = try folder.text("out/images.csv").split(separator: "\n")
    #expect(images.count == 2 && images[1].hasPrefix("portrait.pgm,0.00000"))
    #expect(images[1].hasSuffix(",78.000,53.000,103.000,104.000"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
    #expect(names.count == 4 && names[3].hasPrefix("worst-01-portrait-e0.000-c"))
    // Again: refused, then the same bytes but for times.
    let refused = try evaluate("--boxes", "boxes.csv", "--out-dir", "out", in: folder)
    #expect(refused.status == 1 && refused.errors.contains("--force"))
    let before = try ["a.json", "out/curve.png", "out/images.csv"].map(folder.data)
    let again = try evaluate(
      "--boxes", "boxes.csv", "--json", "a.json", "--out-dir", "out", "--force", in: folder)
    #expect(again.status == 0 && again.output == run.output)
    #expect(try ["a.json", "out/curve.png", "out/images.csv"].map(folder.data) == before)
  }

  @Test func theDetectorFindsTheFaceOrItCounts() throws {
    let folder = try annotatedFolder()
    let found = try evaluate("--json", "-", in: folder)
    #expect(found.status == 0)
    #expect(found.output.contains("\"found\" : 1"))
    #expect(found.errors.contains("1 face, 1 found"))
    // The truth moved to a corner: the face that is found is another.
    let far = (0..<68).map { "\(1 + $0 % 10) \(1 + $0 / 10)" }.joined(separator: "\n")
    try folder.write(far, to: "set/portrait.pts")
    let missed = try evaluate("--json", "a.json", in: folder)
    #expect(missed.status == 0)
    #expect(missed.output.hasPrefix("1 face, 0 found (0.0 %)\n"))
    let json = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("a.json")))
    #expect(!json["points68"]["median"].exists)
    #expect(try json["withNotFound"]["points68"]["below10"].number() == 0)
  }

  @Test func severalBoxesAreSeveralRowsAndNoBoxIsNotFound() throws {
    let folder = try annotatedFolder()
    try folder.write(
      "image,x,y,width,height,more\nportrait.pgm,\(Self.box),1\nportrait.pgm,80,50,105,105,2\n",
      to: "boxes.csv")
    let two = try evaluate("--boxes", "boxes.csv", in: folder)
    #expect(two.status == 0 && two.output.hasPrefix("2 faces, 2 found"))
    try folder.write("other.pgm,1,2,3,4\n", to: "boxes.csv")
    let none = try evaluate("--boxes", "boxes.csv", in: folder)
    #expect(none.status == 0 && none.output.hasPrefix("1 face, 0 found"))
  }

  @Test func aBrokenImageIsSaidAndCounted() throws {
    let folder = try annotatedFolder()
    try folder.write("P5 20 20 255\nshort", to: "set/broken.pgm")
    try FileManager.default.copyItem(
      atPath: folder.file("set/portrait.pts"), toPath: folder.file("set/broken.pts"))
    let run = try evaluate("--boxes", "boxes.csv", "--json", "a.json", in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains("broken.pgm"))
    #expect(run.output.hasPrefix("1 face, 1 found (100.0 %), unreadable images: 1\n"))
    let json = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("a.json")))
    #expect(try json["unreadable"].integer() == 1)
    #expect(try json["count"].integer() == 1)
  }

  @Test func truthThatCannotBeUsed() throws {
    let folder = try annotatedFolder()
    try folder.write("1 2\n3 x\n", to: "set/portrait.pts")
    let broken = try evaluate(in: folder)
    #expect(broken.status == 1 && broken.output.isEmpty)
    #expect(broken.errors.hasPrefix("landmarkd: set/portrait.pts: line 2: '3 x' is no point"))
    try folder.write(String(repeating: "1 2\n", count: 66), to: "set/portrait.pts")
    let short = try evaluate(in: folder)
    #expect(short.errors == "landmarkd: set/portrait.pts: line 66: 66 points, expected 68\n")
    try folder.write(String(repeating: "1 2\n", count: 68), to: "set/portrait.pts")
    let flat = try evaluate(in: folder)
    #expect(flat.status == 1 && flat.errors.contains("36 and 45 lie on each other"))
    try FileManager.default.removeItem(atPath: folder.file("set/portrait.pts"))
    let none = try evaluate(in: folder)
    #expect(none.status == 1)
    #expect(none.errors.hasPrefix("landmarkd: set: no annotated images: expected"))
  }

  /// The evaluation folder's README: "general single", to 2 %, with shares to 2 points.
  @Test(.enabled(if: MaterialFolder.hasEvaluation, "LANDMARKD_EVALUATION is not set"))
  func helenGivesTheReferencesFigures() throws {
    let folder = try Scratch()
    let set = try #require(MaterialFolder.evaluation).appending(path: "helen-even").path
    let run = try Command.run(
      [
        "evaluate", set, "--boxes", set + "/boxes.csv", "--model", model(), "--fit-settings",
        "reference", "--json", "a.json",
      ], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let json = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("a.json")))
    #expect(try json["count"].integer() == 165)
    #expect(try json["found"].number() == 1)
    for (points, median, mean, below08) in [
      ("points68", 0.0426, 0.0569, 0.84), ("points49", 0.0293, 0.0447, 0.89),
    ] {
      #expect(abs(try json[points]["median"].number() - median) <= 0.02 * median)
      #expect(abs(try json[points]["mean"].number() - mean) <= 0.02 * mean)
      #expect(abs(try json[points]["below08"].number() - below08) <= 0.02)
    }
  }
}
