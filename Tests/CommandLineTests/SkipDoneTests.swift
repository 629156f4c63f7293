import Foundation
import Glibc
import Testing

/// `--skip-done`: what is left out, what is made anew, and what is somebody's.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct SkipDoneTests {
  let batch: Batch
  var folder: Scratch { batch.folder }

  init() throws {
    batch = try Batch()
    try batch.videos("s/a.avi", "s/d/b.avi")
  }

  /// Runs, and expects these statuses of a.avi and b.avi.
  private func expect(
    _ a: String, _ b: String, status: Int32 = 0, _ more: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try Command.run(
      [
        "track", "--model", Fixtures.model, "s", "--out-dir", "o", "--skip-done", "--summary",
        "summary.json",
      ] + more, in: folder)
    #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
    #expect(
      try batch.summary().statuses == ["s/a.avi": a, "s/d/b.avi": b], "\(result)",
      sourceLocation: sourceLocation)
  }

  @Test func doneIsLeftOut() throws {
    try expect("tracked", "tracked")
    let files = try batch.files("o")
    #expect(files == ["a.csv", "a.csv.json", "d/b.csv", "d/b.csv.json"])
    let before = try files.map { try folder.data("o/" + $0) }
    try expect("done", "done")
    #expect(try files.map { try folder.data("o/" + $0) } == before)
    let summary = try batch.summary()
    #expect(summary.frames == 0 && summary.counts == ["done": 2])
    #expect(summary.inputs.first?.rows == 30 && summary.inputs.first?.frames == 30)
    // What has no say in the rows may change, and where the input lies.
    try expect("done", "done", "--strict", "--jobs", "1", "--open-deadline", "5s")
    rename(folder.file("s"), folder.file("t"))
    let moved = try batch.track("t", "--out-dir", "o", "--skip-done")
    #expect(moved.status == 0, "\(moved)")
    #expect(moved.lines == ["2 inputs:", "  skipped as done   2"], "\(moved)")
    let single = try batch.track("t/a.avi", "--out-dir", "o", "--skip-done")
    #expect(single.lines == ["t/a.avi: done before, o/a.csv is left as it is"], "\(single)")
    // Only what is missing is made.
    unlink(folder.file("o/d/b.csv"))
    rename(folder.file("t"), folder.file("s"))
    try expect("done", "tracked")
    #expect(try folder.data("o/d/b.csv") == before[2])
  }

  @Test func theReportSaysWhatItIsAbout() throws {
    try expect("tracked", "tracked")
    let report = try #require(
      try JSONSerialization.jsonObject(with: folder.data("o/a.csv.json")) as? [String: Any])
    let source = try #require(report["source"] as? [String: Any])
    #expect(source["bytes"] as? Int == folder.size("s/a.avi"))
    #expect(source["files"] as? Int == 1 && source["changed"] as? Bool == false)
    #expect((source["digest"] as? String)?.contains(/^sha256:[0-9a-f]{64}$/) == true)
    var status = stat()
    stat(folder.file("s/a.avi"), &status)
    let modified = try #require(source["modified"] as? String)
    #expect(modified.hasSuffix(String(format: ".%09dZ", status.st_mtim.tv_nsec)), "\(modified)")
    #expect((report["output"] as? [String: Int])?["bytes"] == folder.size("o/a.csv"))
    #expect((report["madeWith"] as? String)?.contains(/^sha256:[0-9a-f]{64}$/) == true)
  }

  @Test func otherInputsAndSettingsNeedForce() throws {
    try expect("tracked", "tracked")
    let before = try folder.data("o/a.csv")
    let settings = try batch.track("s", "--out-dir", "o", "--skip-done", "--columns", "pose")
    #expect(settings.status == 1, "\(settings)")
    #expect(
      settings.errors.contains(
        "s/a.avi: o/a.csv was made with other settings (columns standard, now pose); "
          + "it is replaced only when that is asked for (--force)"), "\(settings)")
    #expect(try folder.data("o/a.csv") == before)
    // Another time of change and the same bytes: the same input.
    utimes(folder.file("s/a.avi"), nil)
    try expect("done", "done")
    // The same length and other bytes.
    var bytes = try folder.data("s/a.avi")
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, to: "s/a.avi")
    let input = try batch.track("s", "--out-dir", "o", "--skip-done")
    #expect(input.status == 1, "\(input)")
    #expect(input.errors.contains("o/a.csv was made of another input (changed at "), "\(input)")
    try folder.write(bytes + [0], to: "s/a.avi")
    let longer = try batch.track("s", "--out-dir", "o", "--skip-done")
    #expect(longer.errors.contains("another input (\(bytes.count + 1) bytes, "), "\(longer)")
    #expect(try folder.data("o/a.csv") == before)
    try expect("tracked", "done", status: 0, "--force")
    try expect("done", "done")
  }

  @Test func tablesOfOthersAreKept() throws {
    try folder.makeFolder("o/d")
    try folder.write("mine\n", to: "o/a.csv")
    try expect("failed", "tracked", status: 1)
    #expect(try folder.text("o/a.csv") == "mine\n")
    // One that was changed since.
    try folder.write(try folder.data("o/d/b.csv") + [10], to: "o/d/b.csv")
    let result = try batch.track("s", "--out-dir", "o", "--skip-done")
    #expect(result.status == 1, "\(result)")
    #expect(
      result.errors.contains("o/a.csv is there without o/a.csv.json, which says how it was made"),
      "\(result)")
    #expect(result.errors.contains(/o\/d\/b.csv has \d+ bytes, \d+ in .*: it was changed since/))
    // A report that is none.
    try folder.write("{}", to: "o/a.csv.json")
    try expect("failed", "failed", status: 1)
    try expect("tracked", "tracked", status: 0, "--force")
    // And a summary that is none is not written over, even so.
    try folder.write("mine\n", to: "summary.json")
    expectRefusal(
      try batch.track("s", "--out-dir", "o", "--skip-done", "--summary", "summary.json"),
      naming: "summary.json exists")
    #expect(try folder.text("summary.json") == "mine\n")
  }

  /// Killed when the table had its name and the report had not.
  @Test func theReportOfAKilledRunIsTaken() throws {
    try expect("tracked", "tracked")
    let before = try batch.files("o").map { try folder.data("o/" + $0) }
    rename(folder.file("o/a.csv.json"), folder.file("o/a.csv.json.partial"))
    // As link(2) and unlink(2) leave it between them.
    link(folder.file("o/d/b.csv"), folder.file("o/d/b.csv.partial"))
    rename(folder.file("o/d/b.csv.json"), folder.file("o/d/b.csv.json.partial"))
    try expect("done", "done")
    #expect(try batch.files("o") == ["a.csv", "a.csv.json", "d/b.csv", "d/b.csv.json"])
    #expect(try batch.files("o").map { try folder.data("o/" + $0) } == before)
    // Another table's report is not taken.
    rename(folder.file("o/a.csv.json"), folder.file("o/a.csv.json.partial"))
    try folder.write("mine\n", to: "o/a.csv")
    try expect("failed", "done", status: 1)
    #expect(try folder.text("o/a.csv") == "mine\n")
  }

  /// Emptying the second name would empty the table.
  @Test func theSecondNameOfATableIsNotEmptied() throws {
    try expect("tracked", "tracked")
    link(folder.file("o/a.csv"), folder.file("o/a.csv.partial"))
    let long = try Media.long.get()
    let run = try batch.start(long, "-o", "o/a.csv", "--force", "-q")
    try waitUntil("a partial of its own") {
      folder.size("o/a.csv.partial") > 0
        && folder.size("o/a.csv.partial") != folder.size("o/a.csv")
    }
    run.kill(SIGKILL)
    _ = try run.wait()
    #expect(try Table(folder, "o/a.csv").rows.count == 30)
  }

  @Test func drawingsBelongToIt() throws {
    try expect("tracked", "tracked")
    try expect("tracked", "tracked", status: 0, "--overlay-dir", "seen")
    try expect("done", "done", status: 0, "--overlay-dir", "seen")
    unlink(folder.file("seen/a.mp4"))
    try expect("tracked", "done", status: 0, "--overlay-dir", "seen")
    #expect(try batch.files("seen") == ["a.mp4", "d/b.mp4"])
    // --picture is of one input.
    for said in ["30 frames", "done before"] {
      let picture = try batch.track(
        "s/a.avi", "--out-dir", "o", "--skip-done", "--picture", "a.png", "--picture-frame", "2")
      #expect(picture.status == 0 && picture.errors.contains(said), "\(picture)")
      #expect(folder.exists("a.png"))
    }
  }

  @Test func whatIsInWorkIsLeftOut() throws {
    symlink(try Media.long.get(), folder.file("s/d/long.avi"))
    try folder.makeFolder("o/d")
    let other = try batch.start("s/d/long.avi", "-o", "o/d/long.csv", "-q")
    try waitUntil("a partial") { folder.size("o/d/long.csv.partial") > 0 }
    let result = try batch.track("s", "--out-dir", "o", "--skip-done", "--summary", "summary.json")
    #expect(result.status == 0, "\(result)")
    #expect(try batch.summary().counts == ["tracked": 2, "elsewhere": 1])
    #expect(result.lines.contains("  in work elsewhere 1"), "\(result)")
    other.kill(SIGKILL)
    _ = try other.wait()
    try expectRest()
  }

  /// What nobody works on any more is made.
  private func expectRest() throws {
    let result = try batch.track(
      "s", "--out-dir", "o", "--skip-done", "--duration", "2", "--summary", "summary.json")
    // The others were made without --duration.
    #expect(result.status == 1, "\(result)")
    #expect(try batch.summary().counts == ["tracked": 1, "failed": 2])
  }

  @Test(arguments: [false, true]) func anInputThatIsReplaced(_ isStrict: Bool) throws {
    try folder.copy(try Media.long.get(), to: "x.avi")
    let options = ["x.avi", "-o", "x.csv", "--skip-done"] + (isStrict ? ["--strict"] : [])
    let run = try RunningCommand(
      [Command.path, "track", "--model", Fixtures.model] + options, in: folder)
    try waitUntil("a partial") { folder.size("x.csv.partial") > 0 }
    rename(folder.file("s/a.avi"), folder.file("x.avi"))
    let result = try run.wait()
    #expect(result.status == (isStrict ? 2 : 0), "\(result)")
    #expect(result.errors.contains("x.avi was replaced or changed while it was read"), "\(result)")
    #expect(try folder.text("x.csv.json").contains("\"changed\" : true"))
    #expect(try Table(folder, "x.csv").rows.count == 3000)
    // It says of itself that it is not done: nothing else is asked for.
    let again = try Command.run(["track", "--model", Fixtures.model] + options, in: folder)
    #expect(again.status == 0, "\(again)")
    #expect(try Table(folder, "x.csv").rows.count == 30)
    let last = try Command.run(["track", "--model", Fixtures.model] + options, in: folder)
    #expect(last.errors.contains("done before"), "\(last)")
  }

  /// A damaged input is as damaged when it is left out.
  @Test func aStatusIsKept() throws {
    let whole = try folder.data("s/a.avi")
    try folder.write(whole.prefix(whole.count * 6 / 10), to: "s/a.avi")
    try expect("tracked", "tracked", status: 2)
    try expect("done", "done", status: 2)
    #expect(try batch.summary().inputs.first?.endedEarly == true)
  }

  /// A disk that could not be read may be well again.
  @Test func aReadErrorIsTriedAgain() throws {
    try expect("tracked", "tracked")
    let report = try folder.text("o/a.csv.json").replacing(
      "\"endedEarly\" : false",
      with:
        "\"endedEarly\" : true, \"endReason\" : \"reading ended with an error: Input/output error\""
    )
    try folder.write(report, to: "o/a.csv.json")
    try expect("tracked", "done")
    try expect("done", "done")
  }

  @Test func sequencesOfImages() throws {
    try folder.makeFolder("shots")
    for number in 1...3 { try folder.copy(Fixtures.portrait, to: "shots/\(number).pgm") }
    func run() throws -> Command.Result { try batch.track("shots", "--skip-done") }
    #expect(try run().status == 0)
    #expect(try run().errors.contains("done before"))
    try folder.copy(Fixtures.portrait, to: "shots/4.pgm")
    expectRefusal(try run(), naming: "shots.csv was made of another input (4 files, it had 3)")
  }
}
