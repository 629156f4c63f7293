import CLNF
import Foundation
import TestSupport
import Testing

/// The commands with a model of nets.
@Suite struct NetCommandTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.write(Data(try SyntheticNets.model().archive()), to: "nets.landmarkd")
    try folder.copy(
      Fixtures.folder.appending(path: "synthetic/image_frontal.pgm").path, to: "s.pgm")
  }

  @Test func infoNamesKindSizesAndMirrorImages() throws {
    let result = try Command.run("model", "info", "nets.landmarkd", in: folder)
    #expect(result.status == 0, "\(result)")
    for words in [
      "16 landmarks, 5 modes", "3 views, 42 nets 121-10-5-1 (23 stored) on 11 x 11 px",
      "views      (0 0 0), (0 -30 0), (0 30 0)", "visible    16 13 13 landmarks by view",
      "mirrored   6 13 0 of them by view", "windows    nets have no Sigma; fitted with 21",
      "responses to the power of 1.0",
    ] { #expect(result.output.contains(words), "\(words): \(result)") }
  }

  @Test func convertKeepsEveryBit() throws {
    for (from, to) in [("nets", "a"), ("a", "b")] {
      let result = try Command.run(
        "model", "convert", "\(from).landmarkd", "\(to).landmarkd", in: folder)
      #expect(result.status == 0, "\(result)")
    }
    #expect(try folder.data("a.landmarkd") == folder.data("b.landmarkd"))
    let (nets, converted) = (
      try FaceModel.load(folder.file("nets.landmarkd")),
      try FaceModel.load(folder.file("a.landmarkd"))
    )
    #expect(nets.scales == converted.scales && nets.mirrorPartners == converted.mirrorPartners)
    let verified = try Command.run("model", "verify", "a.landmarkd", "nets.landmarkd", in: folder)
    #expect(verified.status == 0, "\(verified)")
  }

  @Test func inspectShowsTheirResponses() throws {
    let result = try Command.run(
      "inspect", "s.pgm", "--model", "nets.landmarkd", "--box", "23,20,94,93", "--json", "r.json",
      "--out-dir", "pictures", in: folder)
    #expect(result.status == 0, "\(result)")
    let report = try JSONValue(contentsOf: URL(fileURLWithPath: folder.file("r.json")))
    let scales = try report["scales"].elements()
    #expect(try scales.map { try $0["sigma"].string() } == ["edge-free", "edge-free", "edge-free"])
    for scale in scales {
      #expect(try scale["response"]["min"].number() >= 0)
      #expect(try scale["response"]["max"].number() <= 1)
    }
    #expect(try report["settings"]["response-exponent"].number() == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("pictures"))
    #expect(names.count == 5, "\(names)")
  }

  @Test func fitUsesThem() throws {
    try folder.write("image,x,y,width,height\ns.pgm,23,20,94,93\n", to: "boxes.csv")
    let result = try Command.run(
      "fit", "s.pgm", "--model", "nets.landmarkd", "--boxes", "boxes.csv", "-o", "f.csv",
      in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(try folder.text("f.csv").split(separator: "\n").count == 2)
  }
}
