import Foundation
import Glibc
import Testing

/// Shards, retries, the table at the end and its JSON, batches side by side and interrupted ones.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct BatchResultTests {
  let batch: Batch
  var folder: Scratch { batch.folder }

  init() throws { batch = try Batch() }

  @Test func shardsAreDisjointAndTogetherAll() throws {
    try folder.makeFolder("s/d")
    let names = (1...11).map { "d/v\($0)" } + ["w"]
    for name in names { symlink(try Media.face.get(), folder.file("s/\(name).avi")) }
    var made: [String] = []
    for shard in 1...3 {
      let result = try batch.track(
        "s", "--shard", "\(shard)/3", "--out-dir", "o\(shard)", "--summary", "\(shard).json")
      #expect(result.status == 0, "\(result)")
      let tables =
        FileManager.default.fileExists(atPath: folder.file("o\(shard)"))
        ? try batch.tables("o\(shard)") : []
      let summary = try batch.summary("\(shard).json")
      #expect(summary.inputs.count == 12)
      #expect(summary.counts["tracked"] == tables.count)
      #expect(summary.counts["otherShard"] == 12 - tables.count)
      made += tables
    }
    #expect(made.sorted() == names.map { $0 + ".csv" }.sorted())
    // The place of the study has no say: the name below the base has.
    rename(folder.file("s"), folder.file("t"))
    let moved = try batch.track(
      "t/d", "t/w.avi", "--base", "t", "--shard", "1/3", "--out-dir", "p")
    #expect(moved.status == 0, "\(moved)")
    #expect(try batch.tables("p") == batch.tables("o1"))
  }

  @Test func aShardOfNothing() throws {
    try batch.videos("a.avi")
    for shard in 1...2 {
      let result = try batch.track("a.avi", "--shard", "\(shard)/2", "--summary", "\(shard).json")
      #expect(result.status == 0, "\(result)")
    }
    let counts = try (1...2).map { try batch.summary("\($0).json").counts }
    #expect(counts.contains(["tracked": 1]) && counts.contains(["otherShard": 1]))
  }

  @Test func failuresAreToldAgain() throws {
    try batch.videos("s/a.avi")
    try folder.write("no video", to: "s/b.mp4")
    let result = try batch.track("s", "--out-dir", "o", "--summary", "sum.json", "--retries", "3")
    #expect(result.status == 1, "\(result)")
    #expect(result.lines.suffix(5).first?.hasPrefix("2 inputs: 30 frames, 30 rows, ") == true)
    #expect(
      result.lines.suffix(4).prefix(3) == [
        "  tracked           1", "  failed            1",
        "landmarkd: 1 of 2 inputs could not be used:",
      ], "\(result)")
    let summary = try batch.summary("sum.json")
    let bad = try #require(summary.inputs.last)
    #expect(bad.status == "failed" && bad.error?.contains("not a video") == true)
    // What is no video is none the next time either.
    #expect(bad.attempts == 1)
    let good = try #require(summary.inputs.first)
    #expect(good.output == "o/a.csv" && good.rows == 30 && good.attempts == 1)
    #expect(abs((good.mediaSeconds ?? 0) - 29.0 / 15) < 0.01)
  }

  @Test func errorsThatMayPassAreTriedAgain() throws {
    try batch.videos("face.avi")
    mkfifo(folder.file("late"), 0o600)
    // Nobody writes until it has been told that it is tried again. A writer that came as a try ends would lose
    // its reader.
    let result = try batch.shell(
      """
      "$@" 2> told & program=$!
      until grep -q again told || ! kill -0 $program 2> none; do sleep 0.05; done
      kill -0 $program 2> none && cat face.avi > late
      wait $program; status=$?; cat told >&2; exit $status
      """, "late", "face.avi", "--open-deadline", "1s", "--retries", "60", "--summary", "sum.json")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains("failed with errors that may pass: try 1 of 60 again"))
    let inputs = try batch.summary("sum.json").inputs
    #expect(inputs.map(\.status) == ["tracked", "tracked"], "\(result)")
    #expect((inputs.first?.attempts ?? 0) > 1 && inputs.last?.attempts == 1)
    #expect(try folder.data("late.csv").count == folder.data("face.csv").count)
    let given = try batch.track("late", "--open-deadline", "100ms", "--retries", "2", "-o", "x.csv")
    #expect(given.status == 1, "\(given)")
    #expect(given.errors.components(separatedBy: "cannot open late").count == 4, "\(given)")
  }

  @Test func anInterruptedBatchIsGoneOnWith() throws {
    symlink(try Media.long.get(), folder.file("long.avi"))
    try batch.videos("s/a.avi", "s/c.avi")
    symlink(try Media.long.get(), folder.file("s/b.avi"))
    let arguments = ["s", "--out-dir", "o", "--skip-done", "--summary", "sum.json", "--jobs", "1"]
    let run = try RunningCommand(
      [Command.path, "track", "--model", Fixtures.model] + arguments, in: folder)
    try waitUntil("the second") { folder.size("o/b.csv.partial") > 0 }
    run.kill(SIGINT)
    let result = try run.wait()
    #expect(result.status == 130, "\(result)")
    #expect(try batch.files("o") == ["a.csv", "a.csv.json", "b.csv.partial"])
    #expect(
      try batch.summary("sum.json").statuses == [
        "s/a.avi": "tracked", "s/b.avi": "interrupted", "s/c.avi": "notBegun",
      ])
    let again = try Command.run(["track", "--model", Fixtures.model] + arguments, in: folder)
    #expect(again.status == 0, "\(again)")
    #expect(try batch.summary("sum.json").counts == ["done": 1, "tracked": 2])
    #expect(try batch.files("o").count == 6)
  }

  @Test func twoBatchesIntoOneFolder() throws {
    for number in 1...12 { try batch.videos("s/\(number % 3)/v\(number).avi") }
    let runs = try (1...2).map { number in
      try batch.start("s", "--out-dir", "o", "--skip-done", "--summary", "\(number).json")
    }
    for run in runs {
      let result = try run.wait()
      #expect(result.status == 0, "\(result)")
    }
    let summaries = try (1...2).map { try batch.summary("\($0).json") }
    #expect(summaries.compactMap { $0.counts["tracked"] }.reduce(0, +) == 12)
    for summary in summaries { #expect(summary.counts["failed"] == nil) }
    #expect(try batch.tables("o").count == 12)
    #expect(try batch.files("o").count == 24)
  }

  @Test func aSummaryOnStandardOutput() throws {
    try batch.videos("a.avi")
    let result = try batch.track("a.avi", "--summary", "-", "-q")
    #expect(result.status == 0 && result.errors == "", "\(result)")
    #expect(result.output.contains("\"status\" : \"tracked\""))
    // Without --skip-done another one's place is not taken.
    try folder.write(result.output, to: "sum.json")
    expectRefusal(
      try batch.track("a.avi", "--summary", "sum.json", "-o", "b.csv"), naming: "sum.json exists")
  }
}
