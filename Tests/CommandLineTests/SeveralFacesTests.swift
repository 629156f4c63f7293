import Foundation
import Testing
import VideoInput

/// `--faces` of the built command, with the default model, on two people side by side.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing)) struct SeveralFacesTests {
  let folder: Scratch
  let couple: String

  init() throws {
    folder = try Scratch()
    couple = try Media.couple.get()
  }

  private func identities(_ name: String) throws -> [[String: Any]] {
    let object = try JSONSerialization.jsonObject(with: folder.data(name)) as? [String: Any]
    return try #require(object?["identities"] as? [[String: Any]])
  }

  @Test func eachFaceHasARowAndAPicture() throws {
    let result = try Command.run(
      "track", couple, "--faces", "all", "-o", "a.csv", "--thumbnails", "people", in: folder)
    #expect(result.status == 0 && result.errors.contains("; 2 people -> a.csv"), "\(result)")
    let table = try Table(folder, "a.csv")
    let frames = try table.column("frame")
    #expect(frames == (1...40).flatMap { ["\($0)", "\($0)"] })
    #expect(try table.column("face_id") == (1...40).flatMap { _ in ["0", "1"] })
    #expect(try table.column("success").allSatisfy { $0 == "1" })
    // One on each half of the picture.
    let tips = try table.numbers("x_30")
    let isRight = tips.map { $0 > 640 }
    #expect(isRight == (1...40).flatMap { _ in [isRight[0], !isRight[0]] })

    let people = try identities("a.csv.json")
    #expect(people.map { $0["faceID"] as? Int } == [0, 1])
    for person in people {
      #expect(person["frames"] as? Int == 40 && person["firstSeconds"] as? Double == 0)
      #expect(person["meanConfidence"] as? Double ?? 0 > 0.9)
      let path = try #require(person["thumbnail"] as? String)
      let source = try VideoInput.open(folder.file(path))
      var frame = VideoFrame()
      let isRead = try source.read(into: &frame)
      let size = [frame.grey.width, frame.grey.height]
      #expect(isRead && size == [128, 128])
    }
    #expect(people.map { $0["thumbnail"] as? String } == ["people/a-0.png", "people/a-1.png"])
    // Another table has pictures of its own.
    let again = try Command.run(
      "track", couple, "--faces", "all", "-o", "b.csv", "--thumbnails", "people", in: folder)
    #expect(again.status == 0, "\(again)")
  }

  /// A cut to a picture in which the two sit the other way round: the numbers go with the people, not with
  /// the places.
  @Test func afterACutNumbersGoWithThePeople() throws {
    let swapped = try Media.coupleSwapped.get()
    for faces in ["all", "2"] {
      let result = try Command.run(
        "track", swapped, "--faces", faces, "-o", "cut.csv", "--force", in: folder)
      #expect(result.status == 0 && result.errors.contains("; 2 people -> cut.csv"), "\(result)")
      let table = try Table(folder, "cut.csv")
      let frames = try table.numbers("frame").map { Int($0) }
      let ids = try table.column("face_id")
      let right = try table.numbers("x_30").map { $0 > 640 }
      #expect(Set(ids) == ["0", "1"] && frames.count >= 2 * 60)
      for (row, frame) in frames.enumerated() where frame > 2 {
        #expect((ids[row] == ids[0]) == ((right[row] == right[0]) == (frame <= 40)), "\(frame)")
      }
    }
  }

  @Test func thumbnailsThatAreThereStay() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("people"), withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: folder.file("people/a-0.png")))
    let result = try Command.run(
      "track", couple, "-o", "a.csv", "--thumbnails", "people", in: folder)
    expectRefusal(result, naming: "people/a-0.png")
    #expect(try folder.text("people/a-0.png") == "mine")
    let forced = try Command.run(
      "track", couple, "-o", "a.csv", "--thumbnails", "people", "--duration", "0.2", "--force",
      in: folder)
    #expect(forced.status == 0)
    #expect(try folder.data("people/a-0.png").count > 1000)
  }

  @Test func oneFaceHasOneRow() throws {
    let result = try Command.run("track", couple, "-o", "one.csv", in: folder)
    #expect(result.status == 0 && !result.errors.contains("people"), "\(result)")
    let table = try Table(folder, "one.csv")
    #expect(try table.column("frame") == (1...40).map { "\($0)" })
    #expect(try identities("one.csv.json").count == 1)
  }

  @Test func aFaceIsInspectedByItsNumber() throws {
    var boxes: Set<[Double]> = []
    for face in ["0", "1"] {
      let result = try Command.run(
        "inspect", couple, "--frame", "20", "--face", face, "--json", "\(face).json", in: folder)
      #expect(result.status == 0, "\(result)")
      let report = try JSONSerialization.jsonObject(with: folder.data("\(face).json"))
      let box = try #require((report as? [String: Any])?["box"] as? [Double])
      boxes.insert(box)
    }
    #expect(boxes.count == 2)
    expectRefusal(
      try Command.run("inspect", couple, "--frame", "20", "--face", "7", in: folder),
      naming: "frame 20 has no face 7; it has 0, 1")
    for other in [["--at", "1"], ["--box", "1,2,3,4"], ["--fit-settings", "reference"]] {
      let result = try Command.run(["inspect", couple, "--face", "0"] + other, in: folder)
      #expect(result.status == 64 && result.errors.contains("--face"), "\(result)")
    }
  }

  @Test func allFacesAreDrawn() throws {
    let result = try Command.run(
      "track", couple, "--faces", "2", "-o", "d.csv", "--overlay", "drawn/", "--duration", "0.2",
      "--picture", "p.png", in: folder)
    #expect(result.status == 0, "\(result)")
    let plain = try VideoInput.open(couple)
    let drawn = try VideoInput.open(folder.file("p.png"))
    var a = VideoFrame()
    var b = VideoFrame()
    let isPlainRead = try plain.read(into: &a)
    let isDrawnRead = try drawn.read(into: &b)
    #expect(isPlainRead && isDrawnRead)
    // Something is drawn on both halves.
    var changed = [0, 0]
    for y in 0..<480 {
      for x in 0..<1280 where abs(Int(a.grey[x, y]) - Int(b.grey[x, y])) > 40 {
        changed[x / 640] += 1
      }
    }
    #expect(changed.allSatisfy { $0 > 300 }, "\(changed)")
  }
}
