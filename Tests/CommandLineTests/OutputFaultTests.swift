import Foundation
import Glibc
import Testing

/// Outputs that cannot be written, or may not be.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct OutputFaultTests {
  let folder: Scratch
  let face: String

  init() throws {
    folder = try Scratch()
    face = try Media.face.get()
  }

  func track(_ arguments: String...) throws -> Command.Result {
    try Command.run(["track", face, "--model", Fixtures.model] + arguments, in: folder)
  }

  @Test func existingFilesAreKeptWithoutForce() throws {
    for name in ["o.csv", "o.csv.json", "o.png"] {
      try folder.write("mine", to: name)
      let result = try track("-o", "o.csv", "--picture", "o.png")
      expectRefusal(result, naming: "\(name) exists", "--force")
      #expect(try folder.names == [name])
      unlink(folder.file(name))
    }
    try folder.write("mine", to: "o.csv")
    try folder.write("mine", to: "o.csv.json")
    let forced = try track("-o", "o.csv", "--force")
    #expect(forced.status == 0, "\(forced)")
    #expect(try Table(folder, "o.csv").rows.count == 30)
    #expect(try Report(folder, "o.csv.json").counts["rowsWritten"] == 30)
  }

  /// --force replaces outputs, never what is to be read, however that is named.
  @Test(arguments: [
    ["track", "-", "-o", "in.avi", "--force"],
    ["track", "-", "-o", "o.csv", "--picture", "in.avi", "--force"],
    ["track", "shots", "-o", "shots/shot2.pgm", "--force"],
    ["track", "shots/shot%d.pgm", "-o", "shots/shot2.pgm", "--force"],
    ["track", "shots", "-o", "o.csv", "--overlay", "linked.mkv", "--force"],
    ["evaluate", "shots", "--json", "shots/shot2.pgm", "--force"],
    ["inspect", "-", "--json", "in.avi", "--force"],
  ])
  func forceKeepsInputs(arguments: [String]) throws {
    try folder.copy(face, to: "in.avi")
    try folder.makeFolder("shots")
    for number in [1, 2] { try folder.copy(Fixtures.portrait, to: "shots/shot\(number).pgm") }
    symlink("shots/shot2.pgm", folder.file("linked.mkv"))
    let before = try ["in.avi", "shots/shot2.pgm"].map { try folder.data($0) }
    let result = try Command.run(
      arguments + ["--model", Fixtures.model], in: folder, input: folder.file("in.avi"))
    #expect(result.status == 64, "\(result)")
    #expect(result.errors.contains("would be written over"), "\(result)")
    #expect(try ["in.avi", "shots/shot2.pgm"].map { try folder.data($0) } == before)
  }

  @Test func aFolderThatIsMissingOrInTheWay() throws {
    expectRefusal(try track("-o", "none/o.csv"), naming: "none/o.csv", "No such file")
    try folder.write("", to: "file")
    expectRefusal(try track("--out-dir", "file"), naming: "folder file", "Not a directory")
    try folder.makeFolder("o.csv.json")
    expectRefusal(try track("-o", "o.csv", "--force"), naming: "o.csv.json", "Is a directory")
    #expect(try folder.names == ["file", "o.csv.json"])
  }

  /// The picture is of the last frame: nothing may be lost for it.
  @Test func aPictureThatCannotBeDrawnIsSaidBeforehand() throws {
    expectRefusal(
      try track("-o", "o.csv", "--picture", "none/o.png"), naming: "none/o.png", "No such file")
    #expect(try folder.names == [])
    let result = try track("-o", "o.csv", "--picture", "o.png", "--picture-frame", "31")
    #expect(result.status == 0)
    #expect(result.errors.contains("frame 31 was not read; no picture was drawn"), "\(result)")
    #expect(!folder.exists("o.png"))
  }

  @Test func devices() throws {
    expectRefusal(try track("-o", "/dev/full"), naming: "cannot write /dev/full", "No space left")
    let null = try track("-o", "/dev/null", "-q")
    #expect(null.status == 0, "\(null)")
    #expect(null.errors == "")
    // A device has no place for a report beside it.
    for name in ["/dev/null.json", "/dev/full.json", "/dev/null.partial"] {
      #expect(access(name, F_OK) != 0, "\(name)")
    }
    mkfifo(folder.file("pipe"), 0o600)
    let piped = try Command.shell(
      "cat pipe > rows & \"$@\" && wait",
      ["track", face, "-o", "pipe", "--model", Fixtures.model], in: folder)
    #expect(piped.status == 0, "\(piped)")
    #expect(try Table(folder, "rows").rows.count == 30)
    #expect(try folder.names == ["pipe", "rows"])
  }

  @Test(.enabled(if: OtherUser.canRun, OtherUser.isMissing))
  func aFolderThatIsNotWritable() throws {
    let model = try OtherUser.model(in: folder)
    try folder.copy(face, to: "clip.avi")
    for name in ["clip.avi"] { chmod(folder.file(name), 0o644) }
    try folder.makeFolder("out")
    let into = try OtherUser.run(
      ["track", "clip.avi", "--out-dir", "out", "--model", model], in: folder)
    expectRefusal(into, naming: "out/clip.csv", "Permission denied")
    // In a folder of somebody else's: the default name, and a new folder.
    chmod(folder.path, 0o755)
    let here = try OtherUser.run(["track", "clip.avi", "--model", model], in: folder)
    expectRefusal(here, naming: "clip.csv", "Permission denied")
    let new = try OtherUser.run(
      ["track", "clip.avi", "--out-dir", "new/a", "--model", model], in: folder)
    expectRefusal(new, naming: "folder new/a", "Permission denied")
    // Reading is all that standard output needs.
    let out = try OtherUser.run(["track", "clip.avi", "-o", "-", "--model", model], in: folder)
    #expect(out.status == 0, "\(out)")
  }

  /// 128 KB are less than the track has.
  @Test(.enabled(if: SmallDisk.isAllowed, SmallDisk.isMissing))
  func aFullDisk() throws {
    let disk = try SmallDisk(folder)
    let long = try Media.long.get()
    let result = try Command.run(
      "track", long, "-o", "disk/o.csv", "--model", Fixtures.model, in: folder)
    #expect(result.status == 1, "\(result)")
    #expect(result.errors.contains("disk/o.csv.partial: No space left on device"), "\(result)")
    let rows = try Table(folder, "disk/o.csv.partial").rows.count
    #expect(rows > 20)
    #expect(
      result.errors.contains("\(rows) rows of \(long) are in disk/o.csv.partial"), "\(result)")
    #expect(
      result.lines.last?.hasSuffix(" rows of \(long) are lost: they could not be written") == true,
      "\(result)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["o.csv.partial"])
  }

  @Test func aReaderThatGoesAway() throws {
    let long = try Media.long.get()
    let result = try Command.shell(
      "{ \"$@\"; echo $? > status; } | head -1",
      ["track", long, "-o", "-", "-q", "--model", Fixtures.model], in: folder)
    #expect(try folder.text("status") == "1\n")
    #expect(result.output.hasPrefix("frame,face_id,timestamp,"))
    #expect(result.errors.contains("landmarkd: cannot write standard output: Broken pipe\n"))
    #expect(
      result.lines.last?.hasSuffix(" rows of \(long) are lost: they could not be written") == true,
      "\(result)")
    // The reader is gone before the first byte.
    let info = try Command.shell(
      "{ sleep 1; \"$@\"; echo $? > status; } | true", ["model", "info", Fixtures.model],
      in: folder)
    #expect(try folder.text("status") == "1\n", "\(info)")
    expectRefusal(
      try Command.shell("\"$@\" > /dev/full", ["model", "info", Fixtures.model], in: folder),
      naming: "standard output", "No space left")
  }

  /// Descriptors that the caller closed are neither taken by our files nor a reason to crash.
  @Test(arguments: ["<&-", "2>&-", ">&-", "<&- >&- 2>&-", "2>/dev/full", ">/dev/full"])
  func oddStandardDescriptors(redirection: String) throws {
    let result = try Command.shell(
      "\"$@\" \(redirection)", ["track", face, "-o", "o.csv", "--model", Fixtures.model],
      in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(try Table(folder, "o.csv").rows.count == 30)
    let failing = try Command.shell(
      "\"$@\" \(redirection)", ["track", "none.avi", "--model", Fixtures.model], in: folder)
    #expect(failing.status == 1, "\(failing)")
    #expect(try folder.names == ["o.csv", "o.csv.json"])
  }

  @Test func closedDescriptorsThatAreNeeded() throws {
    expectRefusal(
      try Command.shell("\"$@\" <&-", ["track", "-", "--model", Fixtures.model], in: folder),
      naming: "standard input")
    expectRefusal(
      try Command.shell(
        "\"$@\" >&-", ["track", face, "-o", "-", "--model", Fixtures.model], in: folder),
      naming: "cannot write standard output: Bad file descriptor")
  }

  @Test func oddEnvironments() throws {
    let bare = try Command.run(
      ["track", face, "-o", "o.csv", "--model", Fixtures.model], in: folder,
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(bare.status == 0, "\(bare)")
    // The folder that the command runs in is removed under it.
    let result = try Command.shell(
      "mkdir gone && cd gone && rmdir ../gone && \"$@\"",
      ["track", face, "-o", folder.file("p.csv"), "--model", Fixtures.model], in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(try folder.text("p.csv") == folder.text("o.csv"))
  }

  /// Names that a shell, a format string or a terminal would take for something else.
  @Test(arguments: [
    "a b.avi", "100%s%d%@.avi", "-dash.avi", "zwölf \u{1F600}.avi", "new\nline.avi",
  ])
  func oddNames(name: String) throws {
    try folder.copy(face, to: name)
    let result = try Command.run("track", "--model", Fixtures.model, "--", name, in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(try Table(folder, name.replacing(".avi", with: ".csv")).rows.count == 30)
    #expect(try Report(folder, name.replacing(".avi", with: ".csv.json")).input == name)
  }
}

/// A file system of 128 KB in a folder.
final class SmallDisk {
  let path: String
  private let folder: Scratch
  static let isMissing: Comment = "needs the right to mount a tmpfs"

  init(_ folder: Scratch) throws {
    self.folder = folder
    path = folder.file("disk")
    try folder.makeFolder("disk")
    try #require(mount("tmpfs", path, "tmpfs", 0, "size=128k") == 0)
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  static let isAllowed: Bool = {
    guard let folder = try? Scratch() else { return false }
    return (try? SmallDisk(folder)) != nil
  }()
}
