import Foundation
import Glibc
import Testing

/// Inputs side by side, and frames decoded ahead: nothing of it is seen in what is written.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct JobsTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  func track(_ arguments: [String]) throws -> Command.Result {
    try Command.run(["track", "--model", Fixtures.model] + arguments, in: folder)
  }

  @Test func theBytesDoNotDependOnThreads() throws {
    let face = try Media.face.get()
    let long = try Media.long.get()
    try folder.copy(Fixtures.portrait, to: "still.pgm")
    let inputs = [face, "still.pgm", long]
    let options = ["--duration", "4", "--fast-motion", "-q"]
    let alone = try track(
      inputs + options + ["--out-dir", "alone", "--jobs", "1"])
    #expect(alone.status == 0, "\(alone)")
    #expect(try Table(folder, "alone/long.csv").rows.count == 60)
    for (index, ways) in [
      ["--jobs", "2"], ["--jobs", "64"], [], ["--decoder-threads", "5"],
    ].enumerated() {
      let result = try track(inputs + options + ["--out-dir", "\(index)"] + ways)
      #expect(result.status == 0, "\(result)")
      for name in ["face", "still", "long"] {
        #expect(
          try folder.data("\(index)/\(name).csv") == folder.data("alone/\(name).csv"),
          "\(name), \(ways)")
      }
    }
  }

  @Test(.enabled(if: access("/usr/bin/taskset", X_OK) == 0, "needs taskset of util-linux"))
  func oneCoreGivesTheSameBytes() throws {
    let long = try Media.long.get()
    let options = ["track", long, "--model", Fixtures.model, "--duration", "6", "-q", "-o"]
    let one = try Command.shell("taskset -c 0 \"$@\"", options + ["one.csv"], in: folder)
    #expect(one.status == 0, "\(one)")
    #expect(try Command.run(options + ["all.csv"], in: folder).status == 0)
    #expect(try folder.data("one.csv") == folder.data("all.csv"))
  }

  @Test(arguments: [1, 2, 3])
  func aBrokenInputAmongOthers(_ jobs: Int) throws {
    let face = try Media.face.get()
    let whole = try Data(contentsOf: URL(fileURLWithPath: face))
    try folder.write("", to: "bad.mp4")
    try folder.write("no video", to: "worse.mp4")
    try folder.write(whole.prefix(whole.count * 6 / 10), to: "cut.avi")
    let inputs = ["worse.mp4", face, "bad.mp4", "cut.avi"]
    let result = try track(inputs + ["--out-dir", "out", "--jobs", "\(jobs)"])
    #expect(result.status == 1, "\(result)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
    #expect(names == ["cut.csv", "cut.csv.json", "face.csv", "face.csv.json"])
    #expect(try Table(folder, "out/face.csv").rows.count == 30)
    // In the inputs' order, whichever was done first.
    let summary = result.lines.suffix(3)
    #expect(summary.first?.contains("2 of 4 inputs could not be used") == true, "\(result)")
    #expect(summary.dropFirst().first?.contains("worse.mp4") == true, "\(result)")
    #expect(summary.last?.contains("bad.mp4") == true, "\(result)")
    let cut = try track(["cut.avi", face, "--jobs", "\(jobs)", "--out-dir", "cut"])
    #expect(cut.status == 2, "\(cut)")
  }

  @Test func linesStayWhole() throws {
    let names = (1...24).map { "still\($0)" }
    for name in names { try folder.copy(Fixtures.portrait, to: name + ".pgm") }
    let result = try track(names.map { $0 + ".pgm" } + ["--jobs", "8"])
    #expect(result.status == 0, "\(result)")
    #expect(result.lines.count == names.count + 1)
    #expect(result.lines.last?.hasPrefix("24 inputs tracked: 24 frames, 24 rows, ") == true)
    for name in names {
      let mine = result.lines.filter { $0.hasPrefix("\(name).pgm: 1 frame, ") }
      #expect(mine.count == 1, "\(result)")
      #expect(mine.first?.hasSuffix(" -> \(name).csv") == true)
    }
  }

  @Test func anInterruptionReachesEveryJob() throws {
    let long = try Media.long.get()
    for name in ["a.avi", "b.avi", "c.avi"] { symlink(long, folder.file(name)) }
    let run = try RunningCommand(
      [Command.path, "track", "a.avi", "b.avi", "c.avi", "--jobs", "2", "-q", "--model"]
        + [Fixtures.model], in: folder)
    try waitUntil("two partials") {
      folder.size("a.csv.partial") > 0 && folder.size("b.csv.partial") > 0
    }
    usleep(200_000)
    run.kill(SIGINT)
    let result = try run.wait()
    #expect(result.status == 130, "\(result)")
    #expect(result.lines.count == 2, "\(result)")
    for name in ["a", "b"] {
      let rows = try Table(folder, "\(name).csv.partial").rows.count
      #expect(rows > 1 && rows < 3000)
      let line = "landmarkd: interrupted: \(rows) rows of \(name).avi are in \(name).csv.partial"
      #expect(result.lines.contains(line), "\(result)")
    }
    let names = try folder.names
    #expect(names == ["a.avi", "a.csv.partial", "b.avi", "b.csv.partial", "c.avi"])
  }

  /// The output breaks while the input waits for bytes: nobody waits for those any more.
  @Test(.enabled(if: access("/dev/full", W_OK) == 0, "needs /dev/full"))
  func aBrokenOutputEndsTheReading() throws {
    mkfifo(folder.file("camera"), 0o600)
    let long = try Media.long.get()
    let start = ContinuousClock.now
    let result = try Command.shell(
      "(head -c 1000000 \(long); exec sleep 60) > camera & writer=$!; \"$@\"; s=$?; kill $writer; "
        + "exit $s",
      ["track", "camera", "-o", "/dev/full", "--model", Fixtures.model], in: folder)
    #expect(result.status == 1, "\(result)")
    #expect(result.errors.contains("/dev/full"), "\(result)")
    #expect(ContinuousClock.now - start < .seconds(25))
  }

  @Test func limits() throws {
    for jobs in ["0", "65", "-1", "two"] {
      let result = try track([try Media.face.get(), "--jobs", jobs])
      #expect(result.status == 64 && result.errors.contains("--jobs"), "\(result)")
    }
    let live = try track(["/dev/video0", "--jobs", "2"])
    #expect(live.status == 64 || live.status == 1, "\(live)")
    #expect(try folder.names == [])
  }

  /// `script` of util-linux runs a command on a terminal of its own.
  @Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "needs script of util-linux"))
  func oneProgressLineForAll() throws {
    let face = try Media.face.get()
    try folder.copy(face, to: "other.avi")
    let shown = try RunningCommand(
      [
        "script", "-qec",
        "stty cols 100; \(Command.path) track \(face) other.avi --jobs 2 --model \(Fixtures.model)",
        "/dev/null",
      ], in: folder
    ).wait()
    #expect(shown.status == 0, "\(shown)")
    #expect(shown.output.contains("\r\u{1B}[K0 of 2 inputs done, "), "\(shown)")
    #expect(shown.output.contains(/tracked [\d.]+ %, about \d+:\d\d left/), "\(shown)")
    // A message takes the progress line's place instead of standing behind it.
    for line in shown.output.split(whereSeparator: \.isNewline)
    where line.contains("avi: 30 frames") {
      let words = line.components(separatedBy: "\r\u{1B}[K").last ?? ""
      #expect(words.contains("avi: 30 frames, "), "\(line.debugDescription)")
    }
  }
}
