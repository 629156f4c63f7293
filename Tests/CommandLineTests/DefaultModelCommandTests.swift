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
