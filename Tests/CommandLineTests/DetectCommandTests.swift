import Foundation
import Glibc
import Testing

/// `landmarkd detect`: its inputs, outputs, words and status. What is found is up to the finder's nets
/// (DetectSampleTests); here only how it is told.
@Suite struct DetectCommandTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.copy(Fixtures.portrait, to: "portrait.pgm")
    try folder.write("P5\n1 1\n255\n.", to: "dot.pgm")
    try folder.write(Array("P5\n64 48\n255\n".utf8) + Array(repeating: 0, count: 3072), to: "b.pgm")
  }

  private func detect(_ arguments: String..., input: String? = nil) throws -> Command.Result {
    try Command.run(["detect"] + arguments, in: folder, input: input)
  }

  private static let columns = [
    "image", "frame", "timestamp", "face", "score", "x", "y", "width", "height", "x_right_eye",
    "y_right_eye", "x_left_eye", "y_left_eye", "x_nose_tip", "y_nose_tip", "x_right_mouth_corner",
    "y_right_mouth_corner", "x_left_mouth_corner", "y_left_mouth_corner",
  ]

  /// Faces are numbered from 0 with falling scores and have all values; a frame without a face has one
  /// row without any.
  private func check(_ table: Table) throws {
    #expect(table.header == Self.columns)
    var last: [String: (face: Int, score: Double)] = [:]
    for row in table.rows {
      let place = "\(row["image"] ?? "") \(row["frame"] ?? "")"
      let values = Self.columns.dropFirst(3).map { row[$0] ?? "" }
      guard row["face"] != "" else {
        #expect(values.allSatisfy(\.isEmpty) && last[place] == nil, "\(row)")
        last[place] = (Int.max, 0)
        continue
      }
      let face = try #require(Int(row["face"] ?? ""))
      let score = try #require(Double(row["score"] ?? ""))
      #expect(values.allSatisfy { Double($0) != nil }, "\(row)")
      #expect(face == (last[place]?.face ?? -1) + 1 && score <= last[place]?.score ?? 1, "\(row)")
      #expect((0...1).contains(score))
      last[place] = (face, score)
    }
  }

  @Test func imagesToATable() throws {
    let result = try detect("portrait.pgm", "dot.pgm", "b.pgm", "--min-score", "0")
    #expect(result.status == 0, "\(result)")
    let table = try Table(result.output)
    try check(table)
    #expect(Set(try table.column("image")) == ["portrait.pgm", "dot.pgm", "b.pgm"])
    #expect(try table.column("frame").allSatisfy { $0 == "1" })
    #expect(try table.column("timestamp").allSatisfy(\.isEmpty))
    #expect(table.rows.first { $0["image"] == "dot.pgm" }?["face"] == "")
    #expect(result.lines.count == 1 && result.errors.hasPrefix("3 images: "), "\(result)")
  }

  /// Less sure faces come in addition.
  @Test func aScoreIsAsked() throws {
    let none = try Table(try detect("b.pgm", "dot.pgm", "--min-score", "1").output)
    #expect(none.rows.count == 2)
    var before = 0
    for score in ["1", "0.5", "0"] {
      let result = try detect("portrait.pgm", "--min-score", score, "-q")
      #expect(result.status == 0 && result.errors == "", "\(result)")
      let rows = try Table(result.output).rows
      let scores = rows.compactMap { Double($0["score"] ?? "") }
      #expect(scores.allSatisfy { $0 >= (Double(score) ?? 0) - 5e-5 })
      #expect(scores.count >= before)
      before = scores.count
    }
  }

  /// The same values in both formats, which a name or an option chooses.
  @Test func jsonLines() throws {
    struct Row: Decodable {
      let image: String
      let frame: Int
      let timestamp: Double?
      let face: Int?
      let score: Double?
      let box: [String: Double]?
      let points: [String: [Double]]?
    }
    let inputs = ["portrait.pgm", "dot.pgm", "--min-score", "0"]
    let table = try Table(try Command.run(["detect"] + inputs, in: folder).output)
    let named = try Command.run(["detect"] + inputs + ["-o", "o.ndjson"], in: folder)
    #expect(named.status == 0 && named.errors.hasSuffix(" -> o.ndjson\n"), "\(named)")
    let asked = try Command.run(["detect"] + inputs + ["--ndjson"], in: folder)
    let text = try folder.text("o.ndjson")
    #expect(asked.output == text)
    let rows = try text.split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
    #expect(rows.count == table.rows.count)
    for (row, cells) in zip(rows, table.rows) {
      func number(_ column: String) -> Double? { Double(cells[column] ?? "") }
      #expect(row.image == cells["image"] && row.frame == 1 && row.timestamp == nil)
      #expect(row.face.map(Double.init) == number("face") && row.score == number("score"))
      for key in ["x", "y", "width", "height"] { #expect(row.box?[key] == number(key)) }
      for key in ["right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner"] {
        #expect(row.points?[key] == number("x_\(key)").map { [$0, number("y_\(key)") ?? .nan] })
      }
    }
  }

  @Test func foldersPatternsAndBrokenImages() throws {
    try folder.makeFolder("photos")
    for name in ["shot10.pgm", "shot9.pgm"] {
      try folder.copy(Fixtures.portrait, to: "photos/\(name)")
    }
    try folder.write("no image", to: "photos/notes.txt")
    let wanted = ["photos/shot9.pgm", "photos/shot10.pgm"]
    for input in ["photos", "photos/shot%d.pgm"] {
      let names = try Table(try detect(input).output).column("image")
      #expect(NSOrderedSet(array: names).array as? [String] == wanted)
    }
    try folder.makeFolder("empty")
    try folder.write("P5\n64 64\n255\nshort", to: "broken.pgm")
    let result = try detect(
      "dot.pgm", "broken.pgm", "none.png", "empty", "photos/notes.txt", "b.pgm", "-o", "o.csv")
    #expect(result.status == 1 && result.output == "", "\(result)")
    #expect(result.lines.count == 5)
    for (line, words) in zip(
      result.lines,
      [
        "broken.pgm", "cannot open none.png: there is no such file",
        "cannot open empty: the folder has no images", "cannot open photos/notes.txt: not a video",
        "2 images: ",
      ])
    { #expect(line.contains(words), "\(line)") }
    #expect(result.lines.last?.hasSuffix("; 4 inputs could not be read -> o.csv") == true)
    let rows = try Table(folder, "o.csv")
    #expect(Set(try rows.column("image")) == ["dot.pgm", "b.pgm"])
    for (input, words) in [
      ("empty", "the folder has no images"), ("photos/notes.txt", "not a video or image"),
      ("none.png", "no such file"),
    ] {
      expectRefusal(try detect(input, "-o", "x.csv"), naming: input, words)
      #expect(!folder.exists("x.csv") && !folder.exists("x.csv.partial"))
    }
  }

  @Test func namesOfAnyKind() throws {
    for name in ["a,b.pgm", "new\nline.pgm", "-dash.pgm", "zwölf \u{1F600}.pgm"] {
      try folder.copy(folder.file("dot.pgm"), to: name)
    }
    let result = try detect("--", "a,b.pgm", "new\nline.pgm", "-dash.pgm", "zwölf \u{1F600}.pgm")
    #expect(result.status == 0, "\(result)")
    for cell in ["\"a,b.pgm\"", "\"new\nline.pgm\"", "-dash.pgm", "zwölf \u{1F600}.pgm"] {
      #expect(result.output.contains("\n\(cell),1,,,"), "\(result)")
    }
    let bytes = try Command.shell(
      #"n=$(printf 'caf\351'); cp dot.pgm "$n.pgm"; "$@" "$n.pgm" --picture-dir "d$n"; rm -r *caf*"#,
      ["detect"], in: folder)
    #expect(bytes.status == 0 && bytes.output.contains(#"caf\xE9.pgm,1"#), "\(bytes)")
  }

  // MARK: Pictures

  @Test func imagesAreDrawn() throws {
    let result = try detect(
      "portrait.pgm", "b.pgm", "dot.pgm", "--picture-dir", "drawn/all", "-o", "o.csv")
    #expect(result.status == 0, "\(result)")
    for name in ["portrait", "b", "dot"] {
      #expect(
        try folder.data("drawn/all/\(name).png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
    // Nothing is begun where a picture is there already.
    try folder.write("mine", to: "drawn/all/b.png")
    expectRefusal(
      try detect("portrait.pgm", "b.pgm", "--picture-dir", "drawn/all", "-o", "p.csv"),
      naming: "drawn/all/portrait.png exists", "--force")
    #expect(!folder.exists("p.csv") && !folder.exists("p.csv.partial"))
    #expect(try folder.text("drawn/all/b.png") == "mine")
    let forced = try detect("b.pgm", "--picture-dir", "drawn/all", "-o", "o.csv", "--force", "-q")
    #expect(forced.status == 0 && forced.errors == "", "\(forced)")
    #expect(try folder.text("o.csv").hasPrefix("image,frame,"))
    #expect(folder.size("drawn/all/b.png") > 50)
    try folder.write("", to: "file")
    expectRefusal(try detect("b.pgm", "--picture-dir", "file/x"), naming: "file/x", "directory")
  }

  /// --force replaces outputs, never what is to be read.
  @Test func inputsAreNotWrittenOver() throws {
    try folder.makeFolder("seen/clip")
    try folder.copy(Fixtures.portrait, to: "seen/clip/frame-000001.png")
    try folder.copy(Fixtures.portrait, to: "a.png")
    try folder.write("a film", to: "clip.mp4")
    symlink("portrait.pgm", folder.file("link.csv"))
    for arguments in [
      ["portrait.pgm", "-o", "portrait.pgm"], ["portrait.pgm", "-o", "link.csv"],
      ["a.png", "--picture-dir", "."],
      ["clip.mp4", "seen/clip/frame-000001.png", "--picture-dir", "seen"],
    ] {
      let result = try Command.run(["detect", "--force"] + arguments, in: folder)
      #expect(result.status == 64, "\(result)")
      #expect(result.errors.contains("which is to be read"), "\(result)")
    }
    #expect(folder.size("a.png") == 65_551 && folder.size("portrait.pgm") == 65_551)
  }

  // MARK: Outputs

  @Test func existingFilesAndOddPlaces() throws {
    try folder.write("mine", to: "o.csv")
    expectRefusal(try detect("b.pgm", "-o", "o.csv"), naming: "o.csv exists", "--force")
    #expect(try folder.text("o.csv") == "mine")
    expectRefusal(try detect("b.pgm", "-o", "none/o.csv"), naming: "none/o.csv", "No such file")
    expectRefusal(
      try detect("b.pgm", "-o", "/dev/full"), naming: "cannot write /dev/full", "No space left")
    let null = try detect("b.pgm", "-o", "/dev/null", "-q")
    #expect(null.status == 0 && null.errors == "", "\(null)")
    expectRefusal(
      try Command.shell("\"$@\" > /dev/full", ["detect", "b.pgm"], in: folder),
      naming: "cannot write standard output", "No space left")
    expectRefusal(
      try Command.shell("\"$@\" >&-", ["detect", "b.pgm"], in: folder),
      naming: "cannot write standard output: Bad file descriptor")
    expectRefusal(
      try Command.shell("\"$@\" <&-", ["detect", "-"], in: folder), naming: "standard input")
  }

  @Test func aPipeThatNobodyReads() throws {
    mkfifo(folder.file("pipe"), 0o600)
    let run = try RunningCommand([Command.path, "detect", "b.pgm", "-o", "pipe"], in: folder)
    try waitUntil("a handler") { run.hears(SIGHUP) }
    usleep(300_000)
    run.kill(SIGHUP)
    let result = try run.wait(seconds: 30)
    expectRefusal(result, status: 130, naming: "cannot write pipe: nobody reads it")
  }

  @Test func interruptedBetweenImages() throws {
    let images = Array(repeating: Fixtures.portrait, count: 3000)
    let run = try RunningCommand([Command.path, "detect", "-o", "o.csv"] + images, in: folder)
    try waitUntil("a partial") { folder.size("o.csv.partial") > 0 }
    usleep(100_000)
    run.kill(SIGINT)
    let result = try run.wait()
    let rows = try Table(folder, "o.csv.partial").rows.count
    expectRefusal(result, status: 130, naming: "interrupted: \(rows) rows are in o.csv.partial")
    #expect(!folder.exists("o.csv"))
  }
}

/// `landmarkd detect` of recorded videos.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct DetectVideoTests {
  let folder: Scratch
  let face: String

  init() throws {
    folder = try Scratch()
    face = try Media.face.get()
  }

  private func detect(_ arguments: String..., input: String? = nil) throws -> Command.Result {
    try Command.run(["detect"] + arguments, in: folder, input: input)
  }

  private func frames(_ table: Table) throws -> [Int] {
    var numbers: [Int] = []
    for number in try table.numbers("frame").map({ Int($0) }) where number != numbers.last {
      numbers.append(number)
    }
    return numbers
  }

  @Test func everyFrameHasItsTime() throws {
    let result = try detect(face, "-o", "o.csv")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.hasPrefix("30 frames of 1 video: "), "\(result)")
    let table = try Table(folder, "o.csv")
    #expect(try frames(table) == Array(1...30))
    #expect(try table.column("image").allSatisfy { $0 == face })
    for row in table.rows {
      let number = try #require(Double(row["frame"] ?? ""))
      #expect(abs(try #require(Double(row["timestamp"] ?? "")) - (number - 1) / 15) < 2e-6)
    }
    let piped = try detect("-", "-q", input: face)
    #expect(piped.status == 0 && piped.errors == "", "\(piped)")
    #expect(piped.output == (try folder.text("o.csv")).replacing("\n\(face),", with: "\n-,"))
  }

  @Test func aPartOfAVideo() throws {
    let part = try Table(
      try detect(face, "--start", "1", "--duration", "0.4", "--every", "2").output)
    #expect(try frames(part) == [16, 18, 20])
    expectRefusal(try detect(face, "--start", "60", "-o", "o.csv"), naming: "60.0 s")
    expectRefusal(
      try detect(face, "--start", "0.51", "--duration", "0.001", "-o", "o.csv"),
      naming: "no frame lies between --start and the end of --duration")
    #expect(try folder.names == [])
  }

  /// Raw streams state no times; what the note names is there.
  @Test func aRateIsGiven() throws {
    try Media.ffmpeg(["-i", face, "-c:v", "mjpeg", folder.file("raw.mjpeg")], in: folder)
    let assumed = try detect("raw.mjpeg", "-o", "a.csv")
    #expect(assumed.status == 0 && assumed.errors.contains("--frame-rate gives the true rate"))
    let given = try detect("raw.mjpeg", "--frame-rate", "10", "-o", "b.csv")
    #expect(given.status == 0 && !given.errors.contains("note:"), "\(given)")
    #expect(try Table(folder, "b.csv").numbers("timestamp").last == 2.9)
  }

  @Test func imagesAndVideosTogether() throws {
    try folder.copy(Fixtures.portrait, to: "portrait.pgm")
    try folder.copy(face, to: "clip.avi")
    try folder.write("", to: "bad.mp4")
    let result = try detect(
      "portrait.pgm", "bad.mp4", "clip.avi", "--duration", "0.2", "--picture-dir", "drawn", "-o",
      "o.csv")
    #expect(result.status == 1, "\(result)")
    #expect(result.lines.count == 2 && result.lines[0].contains("bad.mp4"), "\(result)")
    #expect(result.lines[1].hasPrefix("1 image, 3 frames of 1 video: "), "\(result)")
    #expect(result.lines[1].hasSuffix("1 input could not be read -> o.csv"), "\(result)")
    let names = try Table(folder, "o.csv").column("image")
    #expect(names.first == "portrait.pgm" && names.last == "clip.avi")
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: folder.file("drawn")).sorted() == [
        "clip", "clip/frame-000001.png", "clip/frame-000002.png", "clip/frame-000003.png",
        "portrait.png",
      ])
    // Two runs are never mixed.
    expectRefusal(
      try detect("clip.avi", "--picture-dir", "drawn", "-o", "p.csv"),
      naming: "drawn/clip/frame-000001.png exists")
    #expect(!folder.exists("p.csv") && !folder.exists("p.csv.partial"))
  }

  @Test func aTruncatedVideo() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: face))
    try folder.write(whole.prefix(whole.count * 6 / 10), to: "cut.avi")
    let result = try detect("cut.avi", face, "-o", "o.csv")
    #expect(result.status == 2, "\(result)")
    #expect(result.errors.contains("landmarkd: cut.avi ended early: "), "\(result)")
    let table = try Table(folder, "o.csv")
    #expect(try table.column("image").first == "cut.avi" && table.column("image").last == face)
    expectRefusal(try detect(try Media.sound.get()), naming: "only audio")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func rowsStayInThePartial(signal: Int32) throws {
    let long = try Media.long.get()
    let run = try RunningCommand(
      [Command.path, "detect", long, "other.avi", "-o", "o.csv"], in: folder)
    try waitUntil("a partial") { folder.size("o.csv.partial") > 0 }
    usleep(200_000)
    run.kill(signal)
    let result = try run.wait()
    let table = try Table(folder, "o.csv.partial")
    expectRefusal(
      result, status: 130, naming: "interrupted: \(table.rows.count) rows are in o.csv.partial")
    let numbers = try frames(table)
    #expect(numbers == Array(1...numbers.count) && numbers.count < 3000)
    #expect(try folder.names == ["o.csv.partial"])
  }

  @Test func aReaderThatGoesAway() throws {
    let long = try Media.long.get()
    let result = try Command.shell(
      "{ \"$@\"; echo $? > status; } | head -1", ["detect", long, "--min-score", "0"], in: folder)
    #expect(try folder.text("status") == "1\n", "\(result)")
    #expect(result.output.hasPrefix("image,frame,timestamp,"))
    #expect(result.errors.contains("landmarkd: cannot write standard output: Broken pipe\n"))
    #expect(
      result.lines.last?.hasSuffix(" rows are lost: they could not be written") == true,
      "\(result)")
  }

  @Test(.enabled(if: SmallDisk.isAllowed, SmallDisk.isMissing))
  func aFullDisk() throws {
    let disk = try SmallDisk(folder)
    let long = try Media.long.get()
    let result = try Command.run(
      "detect", long, "--min-score", "0", "-o", "disk/o.csv", in: folder)
    #expect(result.status == 1, "\(result)")
    #expect(result.errors.contains("disk/o.csv.partial: No space left on device"), "\(result)")
    let rows = try Table(folder, "disk/o.csv.partial").rows.count
    #expect(result.errors.contains("\(rows) rows are in disk/o.csv.partial"), "\(result)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["o.csv.partial"])
  }

  @Test func aFIFOThatNobodyWritesIsInterrupted() throws {
    mkfifo(folder.file("camera"), 0o600)
    let run = try RunningCommand([Command.path, "detect", "camera", "-o", "o.csv"], in: folder)
    try waitUntil("a handler") { run.hears(SIGINT) }
    usleep(300_000)
    run.kill(SIGINT)
    expectRefusal(
      try run.wait(seconds: 30), status: 130, naming: "interrupted: nothing was written")
    expectRefusal(try detect("camera", "--open-deadline", "0.5"), naming: "camera", "deadline")
    #expect(try folder.names == ["camera"])
  }
}
