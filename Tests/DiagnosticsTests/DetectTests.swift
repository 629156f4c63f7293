import CLNF
import FaceFinding
import Foundation
import Pictures
import Recording
import TestSupport
import Testing
import VideoInput

@testable import Diagnostics

/// What `detect` does with its inputs; nothing here depends on what the finder finds.
@Suite struct DetectTests {
  let folder: ScratchFolder
  let output: String

  init() throws {
    folder = try ScratchFolder()
    output = folder.file("faces.csv")
  }

  /// A picture without anything in it.
  private func black(_ name: String, _ width: Int = 40, _ height: Int = 30) throws -> String {
    let head = Data("P5\n\(width) \(height)\n255\n".utf8)
    try (head + Data(count: width * height)).write(to: URL(fileURLWithPath: folder.file(name)))
    return folder.file(name)
  }

  private func settings(_ inputs: [String]) throws -> DetectSettings {
    var settings = DetectSettings(inputs: inputs, finder: .standard, video: .standard)
    settings.output = output
    settings.pictureName = { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    return settings
  }

  private func rows() throws -> [[String]] {
    try folder.text("faces.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func emptyPicturesHaveARowEach() throws {
    let inputs = try [black("a.pgm"), black("b.pgm", 1, 1), black("c.pgm", 1, 500)]
    let session = DetectSession(try settings(inputs), interruption: Interruption())
    #expect(try session.run { _ in } == .done)
    #expect(session.tally.images == 3 && session.tally.withoutFace == 3)
    #expect(session.tally.text == "3 images: 0 faces; 3 without a face")
    #expect(try rows().map(\.[0]) == inputs)
    for row in try rows() {
      #expect(row[1] == "1")
      #expect(row.dropFirst(2).allSatisfy { $0.isEmpty })
    }
    #expect(try folder.names == ["a.pgm", "b.pgm", "c.pgm", "faces.csv"])
  }

  @Test func whatCannotBeReadIsSaidAndLeftOut() throws {
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder.file("broken.png")))
    let inputs = try [black("a.pgm"), folder.file("broken.png"), folder.file("none.mp4")]
    let session = DetectSession(try settings(inputs), interruption: Interruption())
    var failures: [String] = []
    var begun: [String] = []
    let end = try session.run { news in
      switch news {
      case .begun(let input): begun.append(input)
      case .failed(let error): failures.append("\(error)")
      default: break
      }
    }
    #expect(end == .done && begun == inputs)
    #expect(failures.count == 2 && session.tally.failures == 2)
    #expect(failures[0].contains("broken.png") && failures[1].contains("no such file"))
    #expect(
      session.tally.text == "1 image: 0 faces; 1 without a face; 2 inputs could not be read")
    #expect(try rows().count == 1)
  }

  @Test func nothingIsWrittenWhereNothingCanBeRead() throws {
    let session = DetectSession(
      try settings([folder.file("none.png")]), interruption: Interruption())
    #expect(try session.run { _ in } == .done)
    #expect(session.table == nil && session.tally.failures == 1)
    #expect(try folder.names == [])
  }

  @Test func anInterruptionLeavesTheRowsInThePartial() throws {
    let inputs = try [black("a.pgm"), black("b.pgm"), black("c.pgm")]
    let interruption = Interruption()
    let session = DetectSession(try settings(inputs), interruption: interruption)
    let end = try session.run { news in
      if case .begun(let input) = news, input == inputs[1] { interruption.interrupt() }
    }
    #expect(end == .interrupted(rows: 2, place: output + ".partial"))
    #expect(try folder.text("faces.csv.partial").split(separator: "\n").count == 3)
    let before = DetectSession(try settings(inputs), interruption: interruption)
    #expect(try before.run { _ in } == .interrupted(rows: 0, place: nil))
    #expect(before.table == nil)
  }

  @Test func outputsAreLookedAtBeforehand() throws {
    let input = try black("a.pgm")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: output))
    func run(_ settings: DetectSettings) throws -> DetectSession.End {
      try DetectSession(settings, interruption: Interruption()).run { _ in
        Issue.record("nothing is to be begun")
      }
    }
    var asked = try settings([input])
    #expect(throws: RecordingError.alreadyExists(path: output, rows: nil)) { try run(asked) }
    asked.output = folder.file("none/faces.csv")
    #expect(throws: RecordingError.self) { try run(asked) }
    asked.output = folder.file("other.csv")
    asked.pictureFolder = folder.file("drawn")
    try FileManager.default.createDirectory(
      atPath: folder.file("drawn"), withIntermediateDirectories: true)
    let taken = folder.file("drawn/a.png")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: taken))
    #expect(asked.pictures(of: input) == [taken])
    #expect(throws: RecordingError.alreadyExists(path: taken, rows: nil)) { try run(asked) }
    asked.force = true
    #expect(
      try DetectSession(asked, interruption: Interruption()).run { _ in } == .done)
    #expect(try Data(contentsOf: URL(fileURLWithPath: taken)).prefix(4) == Data([137, 80, 78, 71]))
    #expect(try folder.text("faces.csv") == "mine")
  }

  @Test func foldersAndPatternsStandForTheirImages() throws {
    for name in ["shot10.pgm", "shot9.pgm"] { _ = try black(name) }
    let wanted = ["shot9.pgm", "shot10.pgm"].map(folder.file)
    #expect(DetectSettings.images(of: folder.path) == wanted)
    #expect(DetectSettings.images(of: folder.file("shot%d.pgm")) == wanted)
    for name in ["none.png", "none%d.png", "-", "shot9.pgm"].map(folder.file) {
      #expect(DetectSettings.images(of: name) == [name])
    }
  }

  @Test func theTallyInWords() {
    var tally = DetectTally()
    #expect(tally.text == "0 images: 0 faces; 0 without a face")
    (tally.videos, tally.frames, tally.faces) = (1, 30, 33)
    #expect(tally.text == "30 frames of 1 video: 33 faces; 0 without a face")
    (tally.images, tally.videos, tally.faces, tally.failures) = (1, 2, 1, 1)
    #expect(
      tally.text
        == "1 image, 30 frames of 2 videos: 1 face; 0 without a face; 1 input could not be read")
  }
}
