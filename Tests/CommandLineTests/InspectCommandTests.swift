import CLNF
import Foundation
import TestSupport
import Testing
import VideoInput

/// `landmarkd inspect` with the synthetic model, whose experts have Sigma components for windows
/// of 5 and 7 at 0.25 and 0.5, of 7 alone at 0.35.
@Suite struct InspectCommandTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.copy(
      Fixtures.folder.appending(path: "synthetic/image_frontal.pgm").path, to: "s.pgm")
  }

  func inspect(_ arguments: String...) throws -> Command.Result {
    let truth = try Truth.frontal()
    let (x, y) = (truth.x.min() ?? 0, truth.y.min() ?? 0)
    let (width, height) = ((truth.x.max() ?? 0) - x, (truth.y.max() ?? 0) - y)
    return try Command.run(
      ["inspect", "s.pgm", "--model", Fixtures.model, "--box", "\(x),\(y),\(width),\(height)"]
        + arguments, in: folder)
  }

  func report(_ name: String) throws -> JSONValue {
    try JSONValue(contentsOf: URL(fileURLWithPath: folder.file(name)))
  }

  @Test func theReportsFields() throws {
    let result = try inspect("--windows", "7,5,7", "--json", "r.json")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors == "")
    let report = try report("r.json")
    #expect(try report["input"].string() == "s.pgm")
    #expect(try report["frame"].integer() == 1)
    #expect(try report["box"].numbers().count == 4)
    #expect(
      try report["landmarks"].elements().map { try $0.numbers().count }
        == Array(repeating: 2, count: 16))
    #expect(try report["parameters"]["global"].numbers().count == 6)
    #expect(try report["parameters"]["local"].numbers().count == 5)
    #expect((0...1).contains(try report["confidence"].number()))
    _ = try report["success"].bool()
    #expect(try report["verdict"]["exceeded"].elements().isEmpty)
    #expect(try report["model"]["name"].string() == Fixtures.model)
    #expect(try report["settings"]["first-fit-windows"].numbers() == [7, 5, 7])
    let scales = try report["scales"].elements()
    #expect(try scales.map { try $0["scale"].number() } == [0.25, 0.35, 0.5])
    #expect(try scales.map { try $0["window"].integer() } == [7, 5, 7])
    #expect(try scales.map { try $0["sigma"].string() } == ["edges", "edge-free", "edges"])
    for scale in scales {
      _ = try scale["view"].integer()
      _ = try scale["cameToRest"].bool()
      let count = try scale["meanShift"].numbers().count
      #expect(count > 0)
      #expect(try scale["step"].numbers().count == count)
      #expect((1..<count).contains(try scale["rigidIterations"].integer()))
      for peak in try scale["peaks"].elements() {
        let (dx, dy) = (try peak["dx"].number(), try peak["dy"].number())
        let distance = (dx * dx + dy * dy).squareRoot()
        #expect(abs(distance - (try peak["distance"].number())) < 1e-8)
        #expect((0..<16).contains(try peak["landmark"].integer()))
      }
    }
    // What is edge-free is the neurons' sum over its largest value: between 0 and 1.
    #expect(try scales[1]["response"]["min"].number() >= 0)
    #expect(try scales[1]["response"]["max"].number() <= 1)
    for words in ["scale 0.35  window 5", "sigma edge-free", "within 1 px", "confidence"] {
      #expect(result.output.contains(words), "\(words)")
    }
  }

  @Test func theSameRunGivesTheSameBytes() throws {
    #expect(try inspect("--json", "a.json").status == 0)
    #expect(try inspect("--json", "b.json").status == 0)
    #expect(try folder.data("a.json") == folder.data("b.json"))
    let first = try #require(try folder.text("a.json").firstRange(of: "\"box\""))
    let second = try #require(try folder.text("a.json").firstRange(of: "\"confidence\""))
    #expect(first.lowerBound < second.lowerBound)
    // On standard output the JSON is alone.
    let result = try inspect("--json", "-")
    #expect(Data(result.output.utf8) == (try folder.data("a.json")))
    #expect(result.errors.contains("mean shift"))
  }

  @Test func pictures() throws {
    let result = try inspect("--windows", "7,0,5", "--out-dir", "made/here")
    #expect(result.status == 0, "\(result)")
    let names = [
      "convergence.png", "landmarks.png", "responses-scale0.25-window7.png",
      "responses-scale0.5-window5.png",
    ]
    let found = try FileManager.default.contentsOfDirectory(atPath: folder.file("made/here"))
    #expect(found.sorted() == names)
    for name in names {
      let frame = try ImageReader.read(folder.file("made/here/\(name)"))
      let (width, height) = (frame.grey.width, frame.grey.height)
      #expect(width >= 256 && height >= 256, "\(name) is \(width) x \(height)")
    }
    expectRefusal(
      try inspect("--windows", "7,0,5", "--out-dir", "made/here"), naming: "landmarks.png exists")
    #expect(try inspect("--windows", "7,0,5", "--out-dir", "made/here", "--force").status == 0)
  }

  @Test func comparedWithItself() throws {
    #expect(try inspect("--json", "r.json").status == 0)
    let result = try inspect("--compare", "r.json")
    #expect(result.status == 0, "\(result)")
    #expect(result.output.hasSuffix("responses agree: no difference\n"), "\(result)")
    #expect(!result.output.contains("DIFFERS"))
  }

  /// Arguments, and the stage and figure where they make the first difference.
  @Test(arguments: [
    (["--windows", "7,9,7"], "scale 0.35: window (9 | 7)"),
    (["--windows", "7,7"], "scale 0.5: only in the other report"),
    (["--box", "60,60,90,90"], "start: box (largest"),
    (["--fit-settings", "reference"], "scale 0.25: "),
  ])
  func theFirstDifference(arguments: [String], place: String) throws {
    #expect(try inspect("--windows", "7,7,7", "--json", "r.json").status == 0)
    // The last of an option's values counts.
    let result = try inspect(
      "--windows", "7,7,7", "--compare", "r.json", arguments[0], arguments[1])
    #expect(result.status == 0, "\(result)")
    let last = try #require(result.output.split(separator: "\n").last)
    #expect(last.hasPrefix("first difference at \(place)"), "\(last)")
  }

  /// Arguments, and what the message has to hold; status 64.
  @Test(arguments: [
    (["--frame", "1", "--at", "0"], "--frame and --at exclude each other"),
    (["--frame", "0"], "'--frame <n>': expected a whole number, 1 or more"),
    (["--at", "-1"], "'--at <time>': expected a time, 0s or more"),
    (
      ["--windows", "8"],
      "'8' is invalid for '--windows <list>': expected 0 or an odd number from 3 to 63"
    ),
    (
      ["--windows", "65"],
      "'65' is invalid for '--windows <list>': expected 0 or an odd number from 3"
    ),
    (["--windows", "0,0"], "for each scale, not 0 for all of them"),
    (["--windows", "7,,5"], "'7,,5' is invalid for '--windows <list>'"),
    (["--windows", "7,7,7,7"], "--windows lists 4 sizes, the model has 3 scales"),
    (["--box", "1,2,3"], "'1,2,3' is invalid for '--box <x,y,width,height>'"),
    (["--box", "1,2,0,4"], "'1,2,0,4' is invalid for '--box <x,y,width,height>'"),
    (["--case", "1"], "--case goes with --compare"),
    (["--image", "a.png"], "--image goes with --compare"),
    (["--json", "s.pgm", "--force"], "s.pgm would be written over s.pgm"),
  ])
  func wrongUsage(arguments: [String], message: String) throws {
    let result = try Command.run(
      ["inspect", "s.pgm", "--model", Fixtures.model] + arguments, in: folder)
    #expect(result.status == 64, "\(result)")
    #expect(result.errors.contains(message), "\(result)")
  }

  @Test func whatCannotBeUsed() throws {
    let base = ["inspect", "s.pgm", "--model", Fixtures.model]
    expectRefusal(
      try Command.run(base, in: folder), naming: "s.pgm: the detector finds no face; --box")
    expectRefusal(
      try Command.run(base + ["--frame", "2"], in: folder), naming: "frame 2 is asked for, it has 1"
    )
    expectRefusal(try inspect("--compare", "none.json"), naming: "cannot read none.json")
    try folder.write("{\"other\": 1}", to: "o.json")
    expectRefusal(try inspect("--compare", "o.json"), naming: "o.json: expected JSON with scales")
    try folder.write("{\"scales\": [{\"scale\": 0.25}]}", to: "o.json")
    expectRefusal(try inspect("--compare", "o.json"), naming: "o.json: at scales[0]: ", "missing")
    try folder.write("{\"images\": []}", to: "o.json")
    expectRefusal(try inspect("--compare", "o.json"), naming: "o.json has no image s.pgm")
    try folder.write("{\"cases\": []}", to: "o.json")
    expectRefusal(
      try Command.run(base + ["--compare", "o.json"], in: folder),
      naming: "o.json has no case of s.pgm")
    expectRefusal(
      try Command.run(["inspect", "none.png", "--model", Fixtures.model], in: folder),
      naming: "none.png")
  }

  /// The maps from a fit's own start are those of its first scale.
  @Test(arguments: [5, 7])
  func mapsFromGivenParameters(window: Int) throws {
    let model = try SyntheticFixture.model()
    let image = try SyntheticFixture.image("image_frontal.pgm")
    var settings = FitSettings.landmarkd(for: model)
    settings.firstFitWindows = [window]
    let fitter = try Fitter(model: model, settings: settings)
    fitter.keepsScaleReports = true
    let box = FaceBox(x: 60, y: 60, width: 100, height: 100)
    _ = fitter.fit(image: image, box: box)
    let fitted = try #require(fitter.scaleReports.first)
    let local = [Double](repeating: 0, count: model.shapeModel.modeCount)
    let start = FaceParameters(
      global: model.shapeModel.globalParameters(
        box: box, local: local, rotation: EulerAngles(x: 0, y: 0, z: 0)), local: local)
    let seen = try Fitter(model: model, settings: settings).responses(
      image: image, parameters: start, scaleIndex: 0, windowSize: window)
    #expect(seen.responses == fitted.responses)
    #expect(seen.view == fitted.view && seen.sigma == fitted.sigma)
    #expect(seen.parameters.global == start.global && seen.passes.isEmpty)
    #expect(seen.offsetX == Array(repeating: Double(window - 1) / 2, count: 16))
  }
}
