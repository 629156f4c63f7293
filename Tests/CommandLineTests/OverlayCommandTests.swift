import Foundation
import Glibc
import Testing
import VideoInput

private let sample = BuiltCommand.repository.appendingPathComponent("Samples/portrait.mp4").path
/// Trained on blobs: it believes no fit of a real face, which is as good here.
private let model = BuiltCommand.repository.appendingPathComponent(
  "Tests/Fixtures/synthetic/model/main_synthetic.txt"
).path

/// `--overlay` and `--smooth` of the built command.
@Suite struct OverlayCommandTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "landmarkd-overlay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func track(_ arguments: String..., input: String = sample) throws -> BuiltCommand.Result {
    try BuiltCommand.run(["track", input, "--model", model, "-q"] + arguments, in: folder)
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  /// The times of a video's frames, and the mean grey of their top left corners.
  private func read(_ name: String) throws -> (seconds: [Double], corners: [Double]) {
    let source = try VideoInput.open(folder.appendingPathComponent(name).path)
    var frame = VideoFrame()
    var (seconds, corners): ([Double], [Double]) = ([], [])
    while try source.read(into: &frame) {
      seconds.append(frame.timestampSeconds)
      var sum = 0
      for y in 0..<40 { for x in 0..<100 { sum += Int(frame.grey[x, y]) } }
      corners.append(Double(sum) / 4000)
    }
    return (seconds, corners)
  }

  private func settings(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appendingPathComponent(name))
    let report = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(report["settings"] as? [String: Any])
  }

  @Test func everyFrameIsDrawnAtItsTime() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try track("-o", "a.csv", "--overlay", "a.mp4", "--duration", "0.5")
    #expect(result.status == 0 && result.errors == "")
    #expect(try names == ["a.csv", "a.csv.json", "a.mp4"])
    let drawn = try read("a.mp4")
    #expect(drawn.seconds.count == 15)
    for (i, seconds) in drawn.seconds.enumerated() { #expect(abs(seconds - Double(i) / 30) < 1e-4) }
    // The caption darkens the corner of the light background.
    #expect(drawn.corners.allSatisfy { $0 < 130 })
    // The rows are those of a run without a drawing.
    #expect(try track("-o", "b.csv", "--duration", "0.5").status == 0)
    #expect(
      try Data(contentsOf: folder.appendingPathComponent("a.csv"))
        == Data(contentsOf: folder.appendingPathComponent("b.csv")))
    // Cut off in front: the drawing begins at 0.
    #expect(
      try track("-o", "c.csv", "--overlay", "c.mkv", "--start", "3", "--duration", "0.2").status
        == 0)
    #expect(try read("c.mkv").seconds.first == 0)
  }

  @Test func aFolderGetsPictures() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(
      try track("-o", "a.csv", "--overlay", "pictures/", "--duration", "0.3", "--every", "3").status
        == 0)
    let pictures = try FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("pictures").path
    ).sorted()
    #expect(pictures == ["frame-000001.png", "frame-000004.png", "frame-000007.png"])
    let again = try track("-o", "b.csv", "--overlay", "pictures", "--duration", "0.3")
    #expect(again.status == 1)
    #expect(again.errors.contains("frame-000001.png exists"))
    #expect(try names == ["a.csv", "a.csv.json", "pictures"])
  }

  @Test func whatExistsIsRefusedAndInputsAreSafe() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let mine = folder.appendingPathComponent("a.mp4")
    try Data("mine".utf8).write(to: mine)
    let refused = try track("-o", "a.csv", "--overlay", "a.mp4", "--duration", "0.1")
    #expect(refused.status == 1)
    #expect(
      refused.errors
        == "landmarkd: a.mp4 exists; it is replaced only when that is asked for (--force)\n")
    #expect(try names == ["a.mp4"])
    #expect(
      try track("-o", "a.csv", "--overlay", "a.mp4", "--duration", "0.1", "--force").status == 0)
    #expect(try read("a.mp4").seconds.count == 3)
    for bad in [
      ["--overlay", "a.gif"], ["--overlay", sample, "--force"], ["--smooth-beta", "1"],
      ["--smooth", "--smooth-min-cutoff", "0"], ["--smooth", "--smooth-beta", "-1"],
      [sample, "--overlay", "b.mp4"],
    ] {
      let result = try BuiltCommand.run(["track", sample, "--model", model] + bad, in: folder)
      #expect(result.status == 64, "\(bad): \(result.errors)")
    }
  }

  /// Each input is drawn to a video of its own, beside its rows.
  @Test(arguments: ["1", "2"])
  func aFolderOfVideos(jobs: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["a.mp4", "b.v2.mp4"] {
      symlink(sample, folder.appendingPathComponent(name).path)
    }
    func run(_ more: String...) throws -> BuiltCommand.Result {
      try BuiltCommand.run(
        ["track", "a.mp4", "b.v2.mp4", "--model", model, "-q", "--duration", "0.2"]
          + ["--out-dir", "rows", "--overlay-dir", "seen/new", "--jobs", jobs] + more, in: folder)
    }
    let result = try run()
    #expect(result.status == 0 && result.errors == "")
    let contents = { [folder] (name: String) in
      try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent(name).path
      ).sorted()
    }
    #expect(try contents("seen/new") == ["a.mp4", "b.v2.mp4"])
    #expect(try contents("rows").filter { $0.hasSuffix(".csv") } == ["a.csv", "b.v2.csv"])
    for name in try contents("seen/new") {
      #expect(try read("seen/new/" + name).seconds.count == 6)
    }
    // Nothing is replaced unasked, and one drawing does not stop the others.
    try FileManager.default.removeItem(at: folder.appendingPathComponent("rows"))
    try FileManager.default.removeItem(at: folder.appendingPathComponent("seen/new/a.mp4"))
    let again = try run()
    #expect(again.status == 1)
    #expect(again.errors.contains("landmarkd: seen/new/b.v2.mp4 exists; it is replaced only"))
    #expect(try contents("rows") == ["a.csv", "a.csv.json"])
    #expect(try run("--force").status == 0)
  }

  @Test func namesOfDrawingsAreTheRows() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(
      try track("-o", "mine.csv", "--overlay-dir", "seen", "--duration", "0.1").status == 0)
    #expect(try read("seen/mine.mp4").seconds.count == 3)
    let refused = try track("-o", "o.csv", "--overlay-dir", "mine.csv", "--duration", "0.1")
    #expect(refused.status == 1 && refused.errors.contains("cannot make the folder mine.csv"))
    // The input's own folder: a drawing never takes its place.
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: sample), to: folder.appendingPathComponent("in.mp4"))
    let over = try BuiltCommand.run(
      ["track", "in.mp4", "--model", model, "--overlay-dir", ".", "--force"], in: folder)
    #expect(over.status == 64)
    #expect(over.errors.contains("the drawing ./in.mp4 is also an input"), "\(over.errors)")
  }

  /// The signal comes when the first of 210 frames has been drawn.
  @Test(arguments: [SIGINT, SIGTERM])
  func anInterruptedDrawingCanBePlayed(number: Int32) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let (process, errors) = try BuiltCommand.start(
      ["track", sample, "--model", model, "-o", "a.csv", "--overlay", "a.mp4", "-q"], in: folder)
    let partial = folder.appendingPathComponent("a.mp4.partial").path
    for _ in 0..<10_000 where !FileManager.default.fileExists(atPath: partial) { usleep(2000) }
    kill(process.processIdentifier, number)
    let result = try BuiltCommand.result(process, errors)
    #expect(result.status == 130, "\(result.errors)")
    #expect(result.errors.contains("drawn frames are in a.mp4.partial"))
    #expect(!(try names).contains("a.mp4"))
    let count = try read("a.mp4.partial").seconds.count
    #expect(count > 0 && count < 210)
  }

  @Test func smoothingIsSaidInTheReport() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try track("-o", "a.csv", "--duration", "0.1").status == 0)
    #expect(try settings("a.csv.json")["smooth"] as? Bool == false)
    #expect(try settings("a.csv.json")["smooth-beta"] == nil)
    #expect(
      try track(
        "-o", "b.csv", "--duration", "0.1", "--smooth", "--smooth-min-cutoff", "2.5"
      ).status == 0)
    let report = try settings("b.csv.json")
    #expect(report["smooth"] as? Bool == true)
    #expect(report["smooth-min-cutoff"] as? Double == 2.5)
    #expect(report["smooth-beta"] as? Double == 0.05)
  }

  /// With a model that believes its fits.
  @Test(.enabled(if: referenceModel != nil, "needs LANDMARKD_REFERENCE"))
  func smoothRowsDifferAndParametersDoNot() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try #require(referenceModel)
    let rows = try ["raw": [], "smooth": ["--smooth"]].mapValues { options in
      let result = try BuiltCommand.run(
        ["track", sample, "--model", model, "-q", "-o", "a.csv", "--force", "--duration", "1"]
          + options, in: folder)
      #expect(result.status == 0, "\(result.errors)")
      return try String(
        contentsOf: folder.appendingPathComponent("a.csv"), encoding: .utf8
      ).split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }
    let (raw, smooth) = (try #require(rows["raw"]), try #require(rows["smooth"]))
    #expect(raw.count == 31 && raw.count == smooth.count && raw[1] == smooth[1])
    let changed = Set(
      raw[0].indices.filter { column in
        zip(raw, smooth).contains { $0[column] != $1[column] }
      }.map { String(raw[0][$0].prefix { $0 != "_" }) })
    #expect(changed == ["pose", "x", "y", "X", "Y", "Z"])
  }
}

private let referenceModel: String? = ProcessInfo.processInfo.environment["LANDMARKD_REFERENCE"]
  .map { $0 + "/openface/model/main_clnf_general.txt" }
