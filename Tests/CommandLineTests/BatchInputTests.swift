import Foundation
import Glibc
import SystemNames
import Testing

/// How many inputs are named, and where their outputs go.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
final class BatchInputTests {
  let batch: Batch
  var folder: Scratch { batch.folder }

  init() throws { batch = try Batch() }

  // Foundation does not remove what has names that are no UTF-8.
  deinit { _ = try? batch.shell("rm -rf ./*") }

  @Test func aFolderIsItsVideosAndMirrored() throws {
    try batch.videos(
      "study/b.avi", "study/a/two words.MP4", "study/a/b/x.mkv", "study/.hidden/x.avi",
      "study/a/.y.avi")
    try folder.write("notes", to: "study/a/notes.txt")
    // Back to itself, and to another disk.
    symlink("..", folder.file("study/a/loop"))
    try batch.videos("elsewhere/c.avi")
    symlink("../elsewhere", folder.file("study/linked"))
    mkfifo(folder.file("study/fifo.mp4"), 0o600)
    // With the program's own model, which believes its fits: there are pictures of people.
    let result = try Command.run(
      "track", "study", "--out-dir", "out", "--overlay-dir", "seen", "--thumbnails", "faces",
      "--jobs", "1", in: folder)
    #expect(result.status == 0, "\(result)")
    let stems = ["a/b/x", "a/two words", "b", "linked/c"]
    #expect(try batch.files("out") == stems.flatMap { [$0 + ".csv", $0 + ".csv.json"] }.sorted())
    #expect(try batch.files("seen") == stems.map { $0 + ".mp4" })
    #expect(try batch.files("faces") == stems.map { $0 + "-0.png" })
    // By name, those of a folder before the next folder's.
    let order = result.lines.prefix(4).map { $0.prefix { $0 != ":" } }
    #expect(
      order == [
        "study/b.avi", "study/a/two words.MP4", "study/a/b/x.mkv", "study/linked/c.avi",
      ])
    #expect(
      result.lines.last?.hasPrefix("4 inputs tracked: 120 frames, 120 rows, ") == true, "\(result)")
    let again = try batch.track("study/", "--base", ".", "--out-dir", "out")
    #expect(again.status == 0, "\(again)")
    #expect(try batch.tables("out/study") == stems.map { $0 + ".csv" })
  }

  @Test func foldersThatAreNone() throws {
    try batch.videos("both/deep/v.avi", "good/v.avi")
    try folder.copy(Fixtures.portrait, to: "both/still.pgm")
    try folder.makeFolder("neither/below")
    try folder.write("x", to: "neither/notes.txt")
    let result = try batch.track("both", "neither", "good", "--out-dir", "out")
    #expect(result.status == 1, "\(result)")
    #expect(
      result.errors.contains(
        "cannot open both: the folder has images, and videos in it or below (deep/v.avi)"),
      "\(result)")
    #expect(
      result.errors.contains(
        "cannot open neither: the folder has no images, and no videos in it or below"), "\(result)")
    #expect(result.errors.contains("2 of 3 inputs could not be used"), "\(result)")
    #expect(try batch.tables("out") == ["v.csv"])
    // Images alone are a sequence, as ever.
    unlink(folder.file("both/deep/v.avi"))
    let images = try batch.track("both", "-q")
    #expect(images.status == 0, "\(images)")
    #expect(try Table(folder, "both.csv").column("source") == ["still.pgm"])
  }

  @Test func patterns() throws {
    try batch.videos("s/p1/session1.avi", "s/p2/session2.avi", "s/p2/other.avi", "s/[odd].avi")
    let result = try batch.track("s/*/session*.avi", "--out-dir", "out", "--base", "s")
    #expect(result.status == 0, "\(result)")
    #expect(try batch.tables("out") == ["p1/session1.csv", "p2/session2.csv"])
    let none = try batch.track("s/*/take*.avi", "s/p2/other.avi", "--out-dir", "out")
    #expect(none.status == 1, "\(none)")
    #expect(none.errors.contains("s/*/take*.avi: no file has such a name"), "\(none)")
    #expect(folder.exists("out/other.csv"))
    // A file that is there is itself.
    let odd = try batch.track("s/[odd].avi", "-q")
    #expect(odd.status == 0 && folder.exists("[odd].csv"), "\(odd)")
  }

  @Test func listsOfLines() throws {
    try batch.videos("v/a.avi", "v/#b.avi", "v/c d.avi")
    try folder.write(
      "# what is meant\n\nv/a.avi\nv/missing.avi\nv/#b.avi\r\nv/c d.avi", to: "list")
    let result = try batch.track("--list", "list", "--out-dir", "out", "--base", "v")
    #expect(result.status == 1, "\(result)")
    #expect(
      result.lines.first == "landmarkd: list:4: cannot open v/missing.avi: there is no such file",
      "\(result)")
    #expect(result.errors.contains("1 of 4 inputs could not be used"), "\(result)")
    #expect(try batch.tables("out") == ["#b.csv", "a.csv", "c d.csv"])
    let piped = try batch.shell(
      "printf 'v/a.avi\\nv/none\\n' | \"$@\"", "--list", "-", "--out-dir", "piped")
    #expect(piped.status == 1, "\(piped)")
    #expect(piped.errors.contains("standard input:2: cannot open v/none"), "\(piped)")
    #expect(try batch.tables("piped") == ["a.csv"])
    try folder.write("# nothing\n", to: "empty")
    expectRefusal(try batch.track("--list", "empty"), naming: "the list empty names no input")
    expectRefusal(
      try batch.track("--list", "nowhere"), naming: "cannot read the list nowhere: No such file")
  }

  @Test func listsOfAnyNames() throws {
    try batch.videos("v/plain.avi")
    let result = try batch.shell(
      #"""
      n=$(printf 'v/caf\351\nx.avi'); cp v/plain.avi "$n"; cp v/plain.avi 'v/#y.avi'
      find v -name '*.avi' -print0 | "$@"
      """#, "--list", "-", "--base", "v", "--out-dir", "out")
    #expect(result.status == 0, "\(result)")
    let found = try #require(SystemName.names(inFolder: folder.file("out")))
    let names = found.map { SystemName.bytes($0.name) }
    let latin: [UInt8] = Array("caf".utf8) + [0xE9]
    let odd: [UInt8] = latin + Array("\nx.csv".utf8)
    let tables = Set(names.filter { $0.last == UInt8(ascii: "v") })
    let expected: Set<[UInt8]> = [Array("plain.csv".utf8), Array("#y.csv".utf8), odd]
    #expect(tables == expected)
    // A pattern is a name like any other in a list.
    let literal = try batch.shell(
      "printf 'v/*.avi\\000' | \"$@\"", "--list", "-", "--out-dir", "other")
    #expect(literal.status == 1, "\(literal)")
    #expect(literal.errors.contains("standard input, name 1: cannot open v/*.avi"), "\(literal)")
  }

  @Test func whatBaseRefuses() throws {
    try batch.videos("study/a/x.avi", "other/x.avi", "study/a/y.mkv")
    let outside = try batch.track("study/a/x.avi", "other/x.avi", "--base", "study")
    #expect(outside.status == 64, "\(outside)")
    #expect(outside.errors.contains("other/x.avi is not below --base study"), "\(outside)")
    let missing = try batch.track("study/a/x.avi", "--base", "stdy")
    #expect(missing.status == 64, "\(missing)")
    #expect(missing.errors.contains("--base stdy: expected the name of a folder"), "\(missing)")
    let one = try batch.track("study/a/x.avi", "--base", "study", "-o", "x.csv")
    #expect(one.status == 64, "\(one)")
    // "..", absolute names and links lead to the same place.
    symlink("study", folder.file("link"))
    let ways = try batch.track(
      "./study/../study/a/x.avi", folder.file("study/a/y.mkv"), "--base", "link", "--out-dir", "o")
    #expect(ways.status == 0, "\(ways)")
    #expect(try batch.tables("o") == ["a/x.csv", "a/y.csv"])
  }

  @Test func oneOutputOfTwoIsRefused() throws {
    try batch.videos("a/x.avi", "b/x.avi", "a/x.mp4")
    let flat = try batch.track("a/x.avi", "b/x.avi", "--out-dir", "o")
    #expect(flat.status == 64, "\(flat)")
    #expect(
      flat.errors.contains("a/x.avi and b/x.avi would both be written to o/x.csv"), "\(flat)")
    #expect(flat.errors.contains("--base"), "\(flat)")
    let same = try batch.track("a", "--out-dir", "o")
    #expect(same.status == 64, "\(same)")
    #expect(same.errors.contains("a/x.avi and a/x.mp4 would both be"), "\(same)")
    #expect(!same.errors.contains("--base"), "\(same)")
    #expect(!folder.exists("o"))
  }

  @Test(arguments: [
    (["a.avi", "--shard", "5/4"], "'5/4' is invalid for '--shard <i/n>': expected I/N with N"),
    (["a.avi", "--shard", "0/4"], "'0/4' is invalid"), (["a.avi", "--shard", "1"], "'1' is"),
    (["a.avi", "--shard", "1/2/3"], "such as 2/8"), (["a.avi", "--shard", "-1/4"], "'-1/4'"),
    (["a.avi", "--retries", "-1"], "'-1' is invalid for '--retries <n>'"),
    (["a.avi", "--base", ""], "'--base <folder>': expected the name of a folder"),
    (["-", "--list", "-"], "standard input is the list (--list -) and an input (-)"),
    (["-", "--base", "."], "- is not below --base ."),
    (["a.avi", "--summary", "a.csv"], "--summary and another output would both be a.csv"),
    (["/dev/video0", "--skip-done"], "--skip-done is for recorded inputs"),
    (["a.avi", "--list"], "Missing value for '--list <file>'"),
  ])
  func usage(arguments: [String], message: String) throws {
    let result = try Command.run(["track", "--model", Fixtures.model] + arguments, in: folder)
    #expect(result.status == 64, "\(result)")
    #expect(result.lines.first?.contains(message) == true, "\(result)")
    #expect(try folder.names == [])
  }

  @Test func aListIsNotWrittenOver() throws {
    try batch.videos("x.avi")
    try folder.write("x.avi\n", to: "x.csv")
    let result = try batch.track("--list", "x.csv", "--force")
    #expect(result.status == 64, "\(result)")
    #expect(result.errors.contains("x.csv would be written over x.csv"), "\(result)")
    #expect(try folder.text("x.csv") == "x.avi\n")
  }
}
