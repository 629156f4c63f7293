import Foundation
import Glibc
import TestSupport
import Testing

/// Inputs that cannot be used, whole or in part.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct InputFaultTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  func track(_ arguments: String..., input: String? = nil) throws -> Command.Result {
    try Command.run(["track", "--model", Fixtures.model] + arguments, in: folder, input: input)
  }

  @Test func missing() throws {
    expectRefusal(try track("none.mp4"), naming: "cannot open none.mp4", "no such file")
    expectRefusal(try track("shot%04d.png"), naming: "cannot open shot%04d.png")
    expectRefusal(try track("file:///clip.mp4"), naming: "file:///clip.mp4", "by its path")
    #expect(try folder.names == [])
  }

  @Test func empty() throws {
    try folder.write("", to: "clip.mp4")
    expectRefusal(try track("clip.mp4"), naming: "cannot open clip.mp4", "empty")
    #expect(try folder.names == ["clip.mp4"])
  }

  @Test func notAVideo() throws {
    var generator = SeededGenerator(seed: TestSeed.of(5))
    try folder.write(
      (0..<5000).map { _ in UInt8.random(in: 0...255, using: &generator) }, to: "a.mp4")
    expectRefusal(try track("a.mp4"), naming: "cannot open a.mp4", "not a video")
    try folder.write("frame,face_id\n1,0\n", to: "b.txt")
    expectRefusal(try track("b.txt"), naming: "b.txt")
    expectRefusal(try track(Fixtures.model, "-o", "x.csv"), naming: Fixtures.model)
    #expect(try folder.names == ["a.mp4", "b.txt"])
  }

  @Test func soundOnly() throws {
    let sound = try Media.sound.get()
    expectRefusal(try track(sound), naming: sound, "only audio")
    #expect(try folder.names == [])
  }

  @Test func aFolderWithoutImages() throws {
    try folder.makeFolder("shots")
    try folder.write("nothing", to: "shots/notes.txt")
    expectRefusal(try track("shots"), naming: "cannot open shots", "no images")
  }

  @Test func aStartBehindTheEnd() throws {
    expectRefusal(
      try track(try Media.face.get(), "--start", "60", "-o", "o.csv"), naming: "60.0 s")
    expectRefusal(
      try track(try Media.face.get(), "--start", "0.51", "--duration", "0.001", "-o", "o.csv"),
      naming: "no frame lies between --start and the end of --duration")
    #expect(try folder.names == [])
  }

  @Test func truncated() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: try Media.face.get()))
    try folder.write(whole.prefix(whole.count * 6 / 10), to: "cut.avi")
    let result = try track("cut.avi")
    #expect(result.status == 2, "\(result)")
    #expect(result.errors.contains("cut.avi ended early"), "\(result)")
    let rows = try Table(folder, "cut.csv").rows
    #expect(rows.count > 5 && rows.count < 30)
    let report = try Report(folder, "cut.csv.json")
    #expect(report.endedEarly)
    #expect(report.endReason?.isEmpty == false)
    #expect(report.counts["rowsWritten"] == rows.count)
    #expect(try folder.names == ["cut.avi", "cut.csv", "cut.csv.json"])
  }

  /// One picture's data overwritten: its row is there, and it is said.
  @Test func damageIsSaid() throws {
    try Media.ffmpeg(
      [
        "-i", try Media.face.get(), "-c:v", "libx264", "-bf", "0", "-bitexact",
        folder.file("whole.mp4"),
      ], in: folder)
    var bytes = try folder.data("whole.mp4")
    let start = try #require(bytes.firstRange(of: Data("mdat".utf8))).upperBound
    for index in (start + 9000)..<(start + 9200) { bytes[index] = UInt8(index * 7 & 0xFF) }
    try folder.write(bytes, to: "hit.mp4")

    let whole = try track("whole.mp4", "--strict")
    #expect(whole.status == 0, "\(whole)")
    #expect(!whole.errors.contains("damaged"), "\(whole)")
    let result = try track("hit.mp4")
    #expect(result.status == 0, "\(result)")
    let report = try Report(folder, "hit.csv.json")
    let damage = ["damagedFrames", "lostFrames", "decodeErrors"].map { report.counts[$0] ?? 0 }
    #expect(damage.reduce(0, +) > 0, "\(report.counts)")
    #expect(!report.endedEarly)
    let summary = try #require(result.lines.last)
    #expect(summary.contains("damaged frame") || summary.contains("lost frame"), "\(result)")
    let quiet = try track("hit.mp4", "--strict", "-q", "-o", "strict.csv")
    #expect(quiet.status == 2, "\(quiet)")
    #expect(quiet.lines.first?.hasPrefix("landmarkd: hit.mp4: ") == true, "\(quiet)")
    #expect(try folder.text("strict.csv") == folder.text("hit.csv"))
  }

  /// Raw streams state no times: it is said, and the true rate can be given.
  @Test(arguments: [("raw.h264", "libx264"), ("raw.mjpeg", "mjpeg")])
  func inventedTimesAreSaid(_ name: String, _ codec: String) throws {
    // Without timing in the stream's headers, as cameras write it.
    let bare =
      codec == "libx264" ? ["-bsf:v", "h264_metadata=fixed_frame_rate_flag=0", "-bf", "0"] : []
    try Media.ffmpeg(
      ["-i", try Media.face.get(), "-c:v", codec] + bare + [folder.file(name)], in: folder)
    let assumed = try track(name, "-o", "a.csv")
    #expect(assumed.status == 0, "\(assumed)")
    #expect(assumed.errors.contains("note: \(name): states no times: "), "\(assumed)")
    #expect(assumed.errors.contains("--frame-rate gives the true rate"), "\(assumed)")
    #expect(try Table(folder, "a.csv").column("pts").allSatisfy { $0 == "" })
    let strict = try track(name, "--frame-rate", "15", "--strict", "-o", "b.csv")
    #expect(strict.status == 0, "\(strict)")
    #expect(!strict.errors.contains("note:"), "\(strict)")
    let table = try Table(folder, "b.csv")
    #expect(try table.column("pts").allSatisfy { $0 == "" })
    let times = try table.numbers("timestamp")
    #expect(times.count == 30)
    for (index, time) in times.enumerated() { #expect(abs(time - Double(index) / 15) < 1e-6) }
    let part = try track(name, "--frame-rate", "15", "--start", "1", "-o", "c.csv")
    #expect(part.status == 0, "\(part)")
    #expect(try Table(folder, "c.csv").numbers("frame").first == 16)
  }

  /// A rate that is given replaces the times of a file that states wrong ones.
  @Test func aGivenRateReplacesTheTimesOfAFile() throws {
    let result = try track(try Media.face.get(), "--frame-rate", "60", "-o", "o.csv")
    #expect(result.status == 0, "\(result)")
    let table = try Table(folder, "o.csv")
    #expect(try table.numbers("timestamp").last == 0.483333)
    #expect(try Report(folder, "o.csv.json").times.mediaSeconds < 0.5)
  }

  @Test func onePixelAndManyPixels() throws {
    let dot = try track(try Media.dot.get())
    #expect(dot.status == 0, "\(dot)")
    #expect(try Table(folder, "dot.csv").column("state") == ["searching"])
    let poster = try track(try Media.poster.get())
    #expect(poster.status == 0, "\(poster)")
    #expect(try Table(folder, "poster.csv").column("success") == ["0"])
  }

  @Test func severalInputsWithABadOne() throws {
    try folder.write("", to: "bad.mp4")
    try folder.makeFolder("shots")
    try folder.copy(Fixtures.portrait, to: "shots/1.pgm")
    let result = try track(try Media.face.get(), "bad.mp4", "shots", "--out-dir", "out")
    #expect(result.status == 1, "\(result)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
    #expect(names == ["face.csv", "face.csv.json", "shots.csv", "shots.csv.json"])
    #expect(result.lines.suffix(2).first?.contains("1 of 3 inputs could not be used") == true)
    #expect(result.lines.last?.contains("bad.mp4") == true)
  }

  @Test func fromAPipeAndAFile() throws {
    let face = try Media.face.get()
    let piped = try Command.shell(
      "cat \(face) | \"$@\"", ["track", "-", "-q", "--model", Fixtures.model], in: folder)
    #expect(piped.status == 0, "\(piped)")
    #expect(piped.errors == "")
    #expect(try Table(piped.output).rows.count == 30)
    let direct = try track("-", "-o", "o.csv", input: face)
    #expect(direct.status == 0, "\(direct)")
    #expect(try folder.text("o.csv") == piped.output)
    #expect(try folder.names == ["o.csv", "o.csv.json"])
    expectRefusal(try track("-"), naming: "standard input")
  }

  @Test func aFIFOThatNobodyWrites() throws {
    mkfifo(folder.file("camera"), 0o600)
    let start = ContinuousClock.now
    expectRefusal(try track("camera", "--open-deadline", "1"), naming: "camera", "deadline")
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(try folder.names == ["camera"])
  }

  /// The writer stalls in the middle: the rows up to then stay.
  @Test func aFIFOThatStalls() throws {
    mkfifo(folder.file("camera"), 0o600)
    let long = try Media.long.get()
    let result = try Command.shell(
      "(head -c 1000000 \(long); sleep 20) > camera & writer=$!; \"$@\"; s=$?; kill $writer; exit $s",
      ["track", "camera", "--read-deadline", "1", "-o", "o.csv", "--model", Fixtures.model],
      in: folder)
    #expect(result.status == 1, "\(result)")
    let rows = try Table(folder, "o.csv.partial").rows.count
    #expect(rows > 10)
    #expect(result.errors.contains("\(rows) rows of camera are in o.csv.partial"), "\(result)")
    #expect(try folder.names == ["camera", "o.csv.partial"])
  }

  @Test(.enabled(if: OtherUser.canRun, OtherUser.isMissing))
  func notAllowedToRead() throws {
    try folder.copy(try Media.face.get(), to: "secret.avi")
    chmod(folder.file("secret.avi"), 0o600)
    let model = try OtherUser.model(in: folder)
    let result = try OtherUser.run(["track", "secret.avi", "--model", model], in: folder)
    expectRefusal(result, naming: "secret.avi", "permission")
    chmod(folder.file(model), 0o600)
    let other = try OtherUser.run(["track", "secret.avi", "--model", model], in: folder)
    expectRefusal(other, naming: model, "Permission denied")
  }

  /// Folders, patterns, and an image in the middle that is none.
  @Test func imageSequences() throws {
    try folder.makeFolder("shots")
    for number in [1, 2, 3, 10] {
      try folder.copy(Fixtures.portrait, to: "shots/shot\(number).pgm")
    }
    try folder.write("broken", to: "shots/shot2.pgm")
    let result = try track("shots", "--frame-rate", "10")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains("1 packets or images could not be decoded"), "\(result)")
    #expect(result.errors.contains("shot2.pgm"), "\(result)")
    #expect(!result.errors.contains("states no times"), "\(result)")
    let assumed = try track("shots", "-o", "assumed.csv")
    #expect(assumed.errors.contains("images state no times: 30 frames/s assumed"), "\(assumed)")
    let table = try Table(folder, "shots.csv")
    #expect(try table.column("pts").allSatisfy { $0 == "" })
    #expect(try table.column("frame") == ["1", "3", "4"])
    #expect(try table.column("source") == ["shot1.pgm", "shot3.pgm", "shot10.pgm"])
    #expect(try table.column("timestamp") == ["0.000000", "0.200000", "0.300000"])
    let pattern = try track("shots/shot%d.pgm", "--frame-rate", "10", "-o", "pattern.csv")
    #expect(pattern.status == 0, "\(pattern)")
    #expect(try folder.text("pattern.csv") == folder.text("shots.csv"))
    // A single image and a video have no such column.
    let one = try track("shots/shot1.pgm", "-o", "one.csv")
    #expect(one.status == 0, "\(one)")
    #expect(try folder.text("one.csv").hasPrefix("frame,face_id,"))
    let report = try Report(folder, "shots.csv.json")
    #expect(report.counts["decodeErrors"] == 1)
    #expect(report.counts["framesRead"] == 3)
  }
}

/// A user without rights, to be refused things that root is not.
enum OtherUser {
  static let isMissing: Comment = "needs root, setpriv, and a build that other users can run"

  static let canRun: Bool = {
    guard getuid() == 0, let folder = try? Scratch() else { return false }
    return (try? run(["--version"], in: folder))?.status == 0
  }()

  static func run(_ arguments: [String], in folder: Scratch) throws -> Command.Result {
    try RunningCommand(
      ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Command.path] + arguments,
      in: folder
    ).wait()
  }

  /// A model that this user can read.
  static func model(in folder: Scratch) throws -> String {
    let result = try Command.run("model", "convert", Fixtures.model, "m.landmarkd", in: folder)
    try #require(result.status == 0)
    chmod(folder.file("m.landmarkd"), 0o644)
    return "m.landmarkd"
  }
}

/// NAME.json, as far as the tests look at it.
struct Report: Decodable {
  struct Model: Decodable {
    let name: String
    let checksum: String
  }
  struct Times: Decodable {
    let started: String
    let finished: String
    let wallSeconds: Double
    let mediaSeconds: Double
  }
  let input: String
  let model: Model
  let versions: [String: String]
  let counts: [String: Int]
  let times: Times
  let endedEarly: Bool
  let endReason: String?

  init(_ folder: Scratch, _ name: String) throws {
    self = try JSONDecoder().decode(Report.self, from: folder.data(name))
  }
}
