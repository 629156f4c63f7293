import Foundation
import Testing

/// What `landmarkd track` writes when all goes well.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct TrackResultTests {
  let folder: Scratch
  let face: String

  init() throws {
    folder = try Scratch()
    face = try Media.face.get()
  }

  @discardableResult
  func track(_ output: String, _ arguments: String...) throws -> Table {
    let result = try Command.run(
      ["track", face, "--model", Fixtures.model, "-o", output] + arguments, in: folder)
    try #require(result.status == 0, "\(result)")
    return try Table(folder, output)
  }

  @Test func theTrackAndItsReport() throws {
    let result = try Command.run("track", face, "--model", Fixtures.model, in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(result.output == "")
    #expect(result.lines.count == 1)
    #expect(result.lines.first?.hasPrefix("\(face): 30 frames, ") == true)
    #expect(result.lines.first?.hasSuffix(" -> face.csv") == true)
    // Every frame is counted as one of three.
    let counted = try #require(
      result.lines.first?.firstMatch(
        of: /(\d+) tracked \([\d.]+ %\), (\d+) doubtful, (\d+) without a face/))
    let parts: [Int] = [counted.1, counted.2, counted.3].map { Int($0) ?? -1 }
    #expect(parts.reduce(0, +) == 30)
    #expect(try folder.names == ["face.csv", "face.csv.json"])

    let table = try Table(folder, "face.csv")
    #expect(try table.numbers("frame") == (1...30).map(Double.init))
    #expect(try table.column("timestamp")[29] == "1.933333")
    #expect(try table.column("state").allSatisfy { ["tracking", "doubtful", "lost"].contains($0) })
    #expect(table.header.suffix(2) == ["pts", "time_utc"])
    #expect(table.header.count == 5 + 6 + 2 * 16 + 3 * 16 + 6 + 5 + 5 + 2)

    let report = try Report(folder, "face.csv.json")
    #expect(report.input == face)
    #expect(report.model.name == Fixtures.model)
    #expect(report.model.checksum.wholeMatch(of: /sha256:[0-9a-f]{64}/) != nil)
    #expect(report.counts["framesRead"] == 30)
    #expect(report.counts["rowsWritten"] == 30)
    let success = try table.column("success").count { $0 == "1" }
    #expect(report.counts["framesTracked"] == success)
    #expect(report.counts["framesWithoutFace"] == 0)
    #expect(report.counts["framesFailed"] == 30 - success)
    #expect(!report.endedEarly)
    #expect(abs(report.times.mediaSeconds - 29.0 / 15) < 1e-6)
    #expect(report.times.wallSeconds > 0)
    #expect(report.times.started < report.times.finished)
    #expect(report.versions["landmarkd"] != nil && report.versions["ffmpeg"] != nil)
  }

  @Test func theReportHasEverySettingThatMatters() throws {
    try track(
      "o.csv", "--every", "2", "--start", "0.5", "--duration", "1", "--fx", "600", "--face-at",
      "-5,20", "--columns", "pose,fit", "--frame-rate", "25", "--enlarge", "1.5")
    let object = try JSONSerialization.jsonObject(with: folder.data("o.csv.json"))
    let settings = try #require((object as? [String: Any])?["settings"] as? [String: Any])
    for (name, value) in [
      ("every", 2), ("start", 0.5), ("duration", 1), ("fx", 600), ("frame-rate", 25),
      ("enlarge", 1.5),
    ] as [(String, Double)] { #expect(settings[name] as? Double == value, "\(name)") }
    #expect(settings["columns"] as? String == "pose,fit")
    #expect(settings["face-at"] as? [Double] == [-5, 20])
    #expect(settings["fit-settings"] as? String == "landmarkd")
    #expect(settings["pose"] as? String == "world")
  }

  @Test func quietSaysNothing() throws {
    let result = try Command.run(
      "track", face, "-q", "--model", Fixtures.model, "-o", "o.csv", in: folder)
    #expect(result.status == 0)
    #expect(result.output + result.errors == "")
  }

  @Test(arguments: [
    ("pose", ["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"]),
    (
      "times , fit",
      ["state", "mean_shift", "peak_offset", "likelihood", "iterations", "pts", "time_utc"]
    ),
    (
      "parameters", ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty"] + (0..<5).map { "p_\($0)" }
    ),
    ("landmarks", (0..<16).map { "x_\($0)" } + (0..<16).map { "y_\($0)" }),
  ])
  func columns(groups: String, names: [String]) throws {
    let some = try track("some.csv", "--columns", groups)
    let all = try track("all.csv")
    #expect(
      some.header == ["frame", "face_id", "timestamp", "confidence", "success"] + names)
    for name in some.header { #expect(try some.column(name) == all.column(name)) }
  }

  @Test func startDurationAndEvery() throws {
    let every = try track("every.csv", "--every", "4")
    #expect(try every.numbers("frame") == stride(from: 1, to: 31, by: 4).map(Double.init))
    let part = try track("part.csv", "--start", "0.5", "--duration", "0.5")
    let frames = try part.numbers("frame")
    // 15 frames a second: 0.5 s is between frames 8 (0.467 s) and 9.
    #expect(frames.first == 9 && frames.count == 7 || frames.count == 8, "\(frames)")
    #expect(try part.numbers("timestamp").allSatisfy { $0 >= 0.5 && $0 < 1 })
    let both = try track("both.csv", "--start", "0.5", "--duration", "0.5", "--every", "3")
    #expect(try both.numbers("frame") == [9, 12, 15])
  }

  @Test func cameraAndPose() throws {
    let world = try track("world.csv")
    let camera = try track("camera.csv", "--pose", "camera")
    let focal = try track("focal.csv", "--fx", "1000", "--fy", "1000", "--cx", "0", "--cy", "0")
    for name in ["pose_Tx", "pose_Ty", "pose_Tz", "x_0", "p_scale"] {
      #expect(try world.column(name) == camera.column(name))
    }
    #expect(try world.column("pose_Rx") != camera.column("pose_Rx"))
    // Twice to five times the default's focal length: that much further away.
    let ratio = try focal.numbers("pose_Tz")[0] / world.numbers("pose_Tz")[0]
    #expect(ratio > 2, "\(ratio)")
    #expect(try focal.numbers("pose_Tx")[0] > world.numbers("pose_Tx")[0])
    #expect(try focal.column("x_0") == world.column("x_0"))
  }

  @Test func theSameAgainIsTheSameBytes() throws {
    try track("a.csv", "--decoder-threads", "1")
    try track("b.csv", "--decoder-threads", "1")
    try track("c.csv", "--decoder-threads", "2")
    try track("d.csv")
    let first = try folder.data("a.csv")
    for name in ["b.csv", "c.csv", "d.csv"] { #expect(try folder.data(name) == first, "\(name)") }
  }

  @Test func aPictureOfAFrame() throws {
    try track("o.csv", "--picture", "o.png", "--picture-frame", "7")
    let png = try folder.data("o.png")
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    // IHDR: width and height, big endian.
    #expect(Array(png[16..<24]) == [0, 0, 1, 0, 0, 0, 1, 0])
    try track("p.csv", "--fast-motion", "--face-at", "128,128", "--min-face", "60")
  }

  /// `script` of util-linux runs a command on a terminal of its own.
  @Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "needs script of util-linux"))
  func progressIsForTerminals() throws {
    let command = "\(Command.path) track \(face) --model \(Fixtures.model)"
    let shown = try RunningCommand(
      ["script", "-qec", "stty cols 60; \(command) -o a.csv", "/dev/null"], in: folder
    ).wait()
    #expect(shown.status == 0, "\(shown)")
    #expect(shown.output.contains("frame 1 of 30, "), "\(shown)")
    #expect(shown.output.contains("\r\u{1B}[K"))
    // No line wraps: what follows a \r and an erasure fits the terminal.
    let lines = shown.output.split(separator: "\r\u{1B}[K")
      .filter { $0.contains("frames/s, tracked") }
    #expect(!lines.isEmpty && lines.allSatisfy { $0.count < 60 }, "\(lines)")
    let quiet = try RunningCommand(
      ["script", "-qec", "\(command) -q -o b.csv", "/dev/null"], in: folder
    ).wait()
    #expect(quiet.status == 0)
    #expect(quiet.output == "")
    let file = try Command.run("track", face, "--model", Fixtures.model, "-o", "c.csv", in: folder)
    #expect(!file.errors.contains("\u{1B}") && !file.errors.contains("frame 1"))
  }
}
