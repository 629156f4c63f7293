import CLNF
import Foundation
import TestSupport
import Testing

/// The commands without --model.
@Suite struct DefaultModelCommandTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  @Test func exportWritesItsFile() throws {
    #expect(try Command.run("model", "export", "d.landmarkd", in: folder).status == 0)
    #expect(try folder.data("d.landmarkd") == Data(FaceModel.defaultArchive()))
    expectRefusal(
      try Command.run("model", "export", "d.landmarkd", in: folder), naming: "d.landmarkd exists")
    let forced = try Command.run("model", "export", "d.landmarkd", "--force", in: folder)
    #expect(forced.status == 0)
    let (file, own) = (
      try Command.run("model", "info", "d.landmarkd", in: folder),
      try Command.run("model", "info", in: folder)
    )
    #expect(file.status == 0 && own.status == 0)
    #expect(own.output.hasPrefix("default\n"))
    #expect(
      file.output.split(separator: "\n").dropFirst()
        == own.output.split(separator: "\n").dropFirst())
    #expect(try Command.run("model", "verify", "d.landmarkd", in: folder).status == 0)
  }

  /// A portrait's mouth behind a dark bar: its landmarks are the least sure ones.
  @Test func inspectNamesTheLandmarksThatAreHidden() throws {
    var picture = try Data(contentsOf: URL(fileURLWithPath: Fixtures.portrait))
    try folder.write(picture, to: "whole.pgm")
    let whole = try Command.run("inspect", "whole.pgm", "--json", "whole.json", in: folder)
    #expect(whole.status == 0, "\(whole)")
    #expect(whole.output.contains("landmarks   seen and right: "))
    #expect(whole.output.contains("lookDistance"))
    let report = try JSONValue(
      contentsOf: URL(fileURLWithPath: folder.file("whole.json")))
    let sure = try report["landmarkConfidences"].numbers()
    let mouth = try report["landmarks"].elements()[48...].map { try $0.numbers() }
    #expect(sure.count == 68 && sure.allSatisfy { (0...1).contains($0) })
    let (width, offset) = try Self.layout(of: picture)
    let (xs, ys) = (mouth.map { $0[0] }, mouth.map { $0[1] })
    let (left, right) = (Int(xs.min() ?? 0) - 20, Int(xs.max() ?? 0) + 20)
    for y in Int(ys.min() ?? 0) - 10...Int(ys.max() ?? 0) + 12 {
      for x in left...right { picture[offset + y * width + x] = 40 }
    }
    try folder.write(picture, to: "covered.pgm")
    let covered = try Command.run("inspect", "covered.pgm", "--json", "covered.json", in: folder)
    #expect(covered.status == 0, "\(covered)")
    let hidden = try JSONValue(
      contentsOf: URL(fileURLWithPath: folder.file("covered.json")))["landmarkConfidences"]
      .numbers()
    func mean(_ values: ArraySlice<Double>) -> Double {
      values.reduce(0, +) / Double(values.count)
    }
    #expect(mean(hidden[48...]) < mean(sure[48...]) - 0.1)
    #expect(mean(hidden[48...]) < mean(hidden[36..<48]) - 0.1)
  }

  /// Columns and the place of the first pixel of a binary PGM without comments.
  private static func layout(of picture: Data) throws -> (width: Int, offset: Int) {
    var fields: [String] = []
    var at = picture.startIndex
    while fields.count < 4 {
      let end = try #require(picture[at...].firstIndex { [10, 32].contains($0) })
      fields.append(String(decoding: picture[at..<end], as: UTF8.self))
      at = picture.index(after: end)
    }
    return (try #require(Int(fields[1])), at)
  }

  /// As itself and as its file it gives the same rows; only the report's name of it differs.
  @Test(.enabled(if: Media.hasFFmpeg, Media.isMissing))
  func trackAndFitUseIt() throws {
    #expect(try Command.run("model", "export", "d.landmarkd", in: folder).status == 0)
    let face = try Media.face.get()
    for (arguments, output) in [([], "own.csv"), (["--model", "d.landmarkd"], "file.csv")] {
      let result = try Command.run(["track", face, "-o", output] + arguments, in: folder)
      #expect(result.status == 0, "\(result)")
    }
    #expect(try folder.data("own.csv") == folder.data("file.csv"))
    let (own, file) = (try Report(folder, "own.csv.json"), try Report(folder, "file.csv.json"))
    #expect(own.model.name == "default" && file.model.name == "d.landmarkd")
    #expect(own.model.checksum == file.model.checksum)
  }
}
