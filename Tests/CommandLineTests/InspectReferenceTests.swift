import Foundation
import TestSupport
import Testing

/// `landmarkd inspect --compare` with the reference's figures: do our response maps agree?
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct InspectReferenceTests {
  let folder: Scratch
  let fixtures: URL
  let model: String

  init() throws {
    folder = try Scratch()
    let reference = try #require(MaterialFolder.reference).appending(path: "openface")
    fixtures = reference.appending(path: "fixtures")
    model = reference.appending(path: "model/main_clnf_general.txt").path
  }

  func inspect(_ image: String, _ arguments: String...) throws -> Command.Result {
    try Command.run(
      ["inspect", fixtures.appending(path: image).path, "--model", model] + arguments, in: folder)
  }

  /// Every stage of the fit, from the box to the landmarks.
  @Test(arguments: 1...6)
  func samplesAgree(sample: Int) throws {
    let result = try inspect(
      "sample\(sample)_gray.pgm", "--fit-settings", "reference", "--compare",
      fixtures.appending(path: "images.json").path)
    #expect(result.status == 0, "\(result)")
    #expect(!result.output.contains("DIFFERS"), "\(result.output)")
    // Three scales of responses, and their whole way to the landmarks.
    #expect(result.output.split(separator: "\n").count { $0.hasPrefix("  responses m") } == 9)
    #expect(result.output.contains("  landmarks            136 values"))
    let last = try #require(result.output.split(separator: "\n").last)
    #expect(last.hasPrefix("responses agree: "), "\(last)")
  }

  /// Map by map from the reference's own parameters.
  @Test func allCasesAgree() throws {
    let file = fixtures.appending(path: "responses.json")
    let cases = try JSONValue(contentsOf: file)["cases"].elements()
    #expect(cases.count == 15)
    for entry in cases {
      let number = try entry["case"].integer()
      let result = try inspect(
        try entry["image"].string(), "--fit-settings", "reference", "--compare", file.path,
        "--case", "\(number)")
      #expect(result.status == 0, "\(result)")
      let last = try #require(result.output.split(separator: "\n").last)
      #expect(last.hasPrefix("responses agree: "), "case \(number): \(last)")
      #expect(last.contains("(case \(number), landmark "), "\(last)")
    }
  }

  /// The verdict's parts add up to the confidence; a limit that is not kept is named.
  @Test func theVerdictIsExplained() throws {
    let result = try inspect("sample1_gray.pgm", "--max-mean-shift", "0.01", "--json", "v.json")
    #expect(result.status == 0, "\(result)")
    #expect(result.output.contains("result      not believed"))
    #expect(result.output.contains("beyond the limit: mean shift "))
    let report = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("v.json")))
    let verdict = report["verdict"]
    let figures = try verdict["figures"].elements()
    #expect(figures.count == 11, "ten of the fit's own and the validator's")
    var sum = try verdict["bias"].number()
    for figure in figures { sum += try figure["logOdds"].number() }
    #expect(abs(1 / (1 + exp(-sum)) - (try report["confidence"].number())) < 1e-6)
    #expect(try verdict["exceeded"].elements().map { try $0["name"].string() } == ["mean shift"])
    let refused = try inspect("sample1_gray.pgm", "--fit-settings", "reference", "--max-step", "1")
    #expect(refused.status == 64, "\(refused)")
  }

  @Test func whatDiffersIsNamed() throws {
    let images = fixtures.appending(path: "images.json").path
    let window = try inspect(
      "sample1_gray.pgm", "--fit-settings", "reference", "--windows", "11,9,5", "--compare", images)
    #expect(
      window.output.contains("\nfirst difference at scale 0.5: window (5 | 7); before it responses")
    )
    // The size has no components; edge-free responses stay between 0 and 1.
    #expect(window.output.contains("scale 0.5  window 5  view 6  sigma edge-free"))
    let other = try inspect(
      "sample2_gray.pgm", "--fit-settings", "reference", "--compare",
      fixtures.appending(path: "responses.json").path, "--case", "0")
    #expect(other.status == 0)
    #expect(other.output.contains("\nfirst difference at case 0: responses (largest"))
    #expect(other.output.contains("whose figures are of sample1_gray.pgm"))
  }

  @Test func optionsOfTheOtherKind() throws {
    let (images, responses) = ("images.json", "responses.json")
    for (file, arguments, message) in [
      (images, ["--case", "1"], "--case goes with a file of response maps"),
      (responses, ["--image", "a"], "--image goes with a file of images"),
      (responses, ["--json", "r.json"], "compared without a fit"),
    ] {
      let result = try inspect(
        "sample1_gray.pgm", "--compare", fixtures.appending(path: file).path, arguments[0],
        arguments[1])
      #expect(result.status == 64, "\(result)")
      #expect(result.errors.contains(message), "\(result)")
    }
  }
}
