import Foundation
import TestSupport
import Testing

/// `landmarkd model`, and models that cannot be used.
@Suite struct ModelCommandTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.copy(Fixtures.modelFolder, to: "model")
  }

  func model(_ arguments: String...) throws -> Command.Result {
    try Command.run(["model"] + arguments, in: folder)
  }

  @Test func info() throws {
    let result = try model("info", "model")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors == "")
    for words in [
      "model/main_synthetic.txt", "sha256:", "16 landmarks, 5 modes", "scale 2", "3 views",
      "visible    16 13 13 landmarks", "validator    fully connected", "mouth: 6 landmarks",
    ] { #expect(result.output.contains(words), "\(words): \(result)") }
    let detector = try model("info", "model/clnf_synthetic.txt")
    #expect(detector.status == 0)
    #expect(!detector.output.contains("validator"))
  }

  @Test func verifyGoesOnAfterABadOne() throws {
    try folder.write("x", to: "a.txt")
    let result = try model("verify", "model", "a.txt", "none", "model/part/main_part.txt")
    #expect(result.status == 1)
    #expect(result.output.split(separator: "\n").count == 2)
    #expect(result.lines.count == 2)
    #expect(result.lines[0].hasPrefix("landmarkd: a.txt: "))
    #expect(result.lines[1] == "landmarkd: none: cannot be opened: No such file or directory")
  }

  @Test func convertRoundTrip() throws {
    #expect(try model("convert", "model", "a.landmarkd").status == 0)
    #expect(try model("convert", "a.landmarkd", "b.landmarkd").status == 0)
    #expect(try folder.data("a.landmarkd") == folder.data("b.landmarkd"))
    expectRefusal(try model("convert", "model", "a.landmarkd"), naming: "a.landmarkd exists")
    expectRefusal(try model("convert", "model", "none/a"), naming: "none/a", "No such file")
    #expect(try model("convert", "model", "a.landmarkd", "--force").status == 0)
    let text = try model("info", "model").output.split(separator: "\n").dropFirst(3)
    let own = try model("info", "a.landmarkd").output.split(separator: "\n").dropFirst(3)
    #expect(text == own)
    #expect(try folder.names == ["a.landmarkd", "b.landmarkd", "model"])
  }

  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing))
  func aConvertedModelTracksTheSame() throws {
    let face = try Media.face.get()
    #expect(try model("convert", "model", "m.landmarkd").status == 0)
    for (model, output) in [("model", "a.csv"), ("m.landmarkd", "b.csv")] {
      let result = try Command.run("track", face, "--model", model, "-o", output, in: folder)
      #expect(result.status == 0, "\(result)")
    }
    #expect(try folder.data("a.csv") == folder.data("b.csv"))
    let report = try Report(folder, "b.csv.json")
    #expect(report.model.name == "m.landmarkd")
    #expect(try model("info", "m.landmarkd").output.contains(report.model.checksum))
  }

  static let files = [
    "main_synthetic.txt", "clnf_synthetic.txt", "tris_synthetic.txt", "pdms/pdm_synthetic.txt",
    "patch_experts/experts_0.35_synthetic.txt", "validation/validator_net_tanh.txt",
    "part/main_part.txt", "part/pdms/pdm_part.txt",
  ]

  @Test(arguments: files.dropFirst())
  func aMissingFile(name: String) throws {
    unlink(folder.file("model/" + name))
    expectRefusal(
      try model("verify", "model"), naming: "model/\(name)", "No such file or directory")
  }

  @Test(arguments: files.dropFirst(2))
  func aFileThatIsCutShort(name: String) throws {
    let whole = try folder.data("model/" + name)
    var lengths = [0, 1, 7, whole.count / 2]
    // Without its last digits a text is still one, and without its last lines a main file may still
    // name all it needs.
    if !name.contains("main_") { lengths.append(whole.count * 19 / 20) }
    if name.contains("patches") || name.contains("validator") { lengths.append(whole.count - 1) }
    try expectRefusals(name, lengths.map { whole.prefix($0) })
  }

  /// Writes the model once for each of `contents`, with that for its file `name`, and expects
  /// `model verify` to refuse each, naming the file.
  func expectRefusals(
    _ name: String, _ contents: [Data], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let models = try contents.enumerated().map { index, bytes in
      try folder.copy(Fixtures.modelFolder, to: "m\(index)")
      try folder.write(bytes, to: "m\(index)/\(name)")
      return "m\(index)"
    }
    let result = try Command.run(["model", "verify"] + models, in: folder)
    #expect(result.status == 1, "\(result)", sourceLocation: sourceLocation)
    #expect(result.lines.count == models.count, "\(result)", sourceLocation: sourceLocation)
    for (line, model) in zip(result.lines, models) {
      #expect(line.contains("\(model)/\(name): "), "\(line)", sourceLocation: sourceLocation)
    }
  }

  /// A picture, a video, text of another program, the model of another part.
  @Test(arguments: files)
  func aFileOfAnotherKind(name: String) throws {
    let picture = try Data(contentsOf: URL(fileURLWithPath: Fixtures.portrait))
    try expectRefusals(name, [picture, Data("{}\n".utf8), Data(picture.reversed())])
  }

  @Test func figuresOfTheShapeModelThatCannotBe() throws {
    let name = "pdms/pdm_synthetic.txt"
    let text = try folder.text("model/" + name)
    let damaged = try [
      ("-60.0", "nan"), ("-60.0", "inf"), ("-60.0", "1e999"), ("-60.0", "abc"),
      ("48\n1\n", "48\n2\n"), ("48\n1\n", "-48\n1\n"), ("48\n1\n", "999999999\n999999999\n"),
      ("48\n1\n", "9223372036854775807\n9223372036854775807\n"),
      ("48\n1\n", "99999999999999999999999\n1\n"), ("48\n5\n", "48\n4\n"), ("48\n5\n", "0\n0\n"),
    ].map { found, replacement in
      let place = try #require(text.range(of: found))
      return Data(text.replacingCharacters(in: place, with: replacement).utf8)
    }
    try expectRefusals(name, damaged)
    try folder.write(damaged[0], to: "model/" + name)
    expectRefusal(
      try Command.run("track", "a.avi", "--model", "model", in: folder), naming: name)
  }

  /// Sizes that overflow, one 32-bit word of the experts' file at a time.
  @Test func sizesOfTheExpertsThatCannotBe() throws {
    let name = "patch_experts/experts_0.25_synthetic.txt"
    let whole = try folder.data("model/" + name)
    var damaged: [Data] = []
    for offset in [8, 12, 16, 48, 120, 124, 128, 352, 360, 364] {
      for word: UInt32 in [0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000_0000] {
        var bytes = whole
        for index in 0..<4 {
          bytes[offset + index] = UInt8(truncatingIfNeeded: word >> (8 * index))
        }
        damaged.append(bytes)
      }
    }
    try expectRefusals(name, damaged)
  }

  /// Damage anywhere is read or refused, never a crash. A hundred models in one run.
  @Test func damagedBytesOfAnyFile() throws {
    let seed = TestSeed.of(20_261)
    print("command-line: model damage with seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    #expect(try model("convert", "model", "whole.landmarkd").status == 0)
    let whole = try folder.data("whole.landmarkd")
    var names: [String] = []
    for index in 0..<100 {
      var bytes = whole
      switch index % 3 {
      case 0: bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator))
      case 1: bytes[Int.random(in: 0..<4096, using: &generator)] ^= 1 << UInt8(index % 8)
      default:
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8(index % 8)
      }
      guard bytes != whole else { continue }
      names.append("damaged\(index).landmarkd")
      try folder.write(bytes, to: names[names.count - 1])
    }
    let result = try Command.run(["model", "verify"] + names, in: folder)
    #expect(result.status == 1, "\(result)")
    #expect(result.lines.count == names.count)
    for (line, name) in zip(result.lines, names) {
      #expect(line.hasPrefix("landmarkd: \(name): "), "\(line)")
    }
  }

  /// The second seed makes a neuron that is no number.
  @Test(arguments: [TestSeed.of(77), 11_598_555_440_471_934_137])
  func damagedBytesOfTheExperts(seed: UInt64) throws {
    let name = "patch_experts/experts_0.5_synthetic.txt"
    let whole = try folder.data("model/" + name)
    var generator = SeededGenerator(seed: seed)
    var models: [String] = []
    for index in 0..<40 {
      try folder.copy(Fixtures.modelFolder, to: "m\(index)")
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
          UInt8.random(in: 0...255, using: &generator)
      }
      try folder.write(bytes, to: "m\(index)/\(name)")
      models.append("m\(index)")
    }
    let result = try Command.run(["model", "verify"] + models, in: folder)
    #expect(result.signal == nil, "\(result)")
    #expect(result.lines.count + result.output.split(separator: "\n").count == models.count)
    for line in result.lines { #expect(line.contains(name), "\(line)") }
  }

  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing))
  func modelsThatAreNone() throws {
    let face = try Media.face.get()
    try folder.makeFolder("empty")
    for (model, words) in [
      ("none", "none: cannot be opened: No such file"), ("empty", "empty: holds no model"),
      (face, "is not text"), ("/dev/zero", "is not a regular file"),
    ] {
      expectRefusal(
        try Command.run("track", face, "-o", "o.csv", "--model", model, in: folder), naming: words)
      expectRefusal(
        try Command.run("fit", Fixtures.portrait, "--model", model, in: folder), naming: words)
      expectRefusal(
        try Command.run("model", "info", model, in: folder), naming: words)
    }
    #expect(try folder.names == ["empty", "model"])
  }
}
