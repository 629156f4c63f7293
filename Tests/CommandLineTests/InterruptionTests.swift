import Foundation
import Glibc
import Testing

/// Runs that are ended from outside.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct InterruptionTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  func start(_ arguments: [String]) throws -> RunningCommand {
    try RunningCommand([Command.path, "track", "--model", Fixtures.model] + arguments, in: folder)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func rowsStayInThePartial(signal: Int32) throws {
    let long = try Media.long.get()
    // One after the other: the second is not begun any more.
    let run = try start([long, "other.avi", "--jobs", "1", "-q", "--out-dir", "."])
    // The header is there at the first frame: the run is under way.
    try waitUntil("a partial") { folder.size("long.csv.partial") > 0 }
    usleep(200_000)
    run.kill(signal)
    let result = try run.wait()
    #expect(result.status == 130, "\(result)")
    let table = try Table(folder, "long.csv.partial")
    #expect(table.rows.count > 1 && table.rows.count < 3000)
    #expect(try table.numbers("frame") == (1...table.rows.count).map(Double.init))
    #expect(
      result.lines
        == ["landmarkd: interrupted: \(table.rows.count) rows of \(long) are in ./long.csv.partial"]
    )
    #expect(try folder.names == ["long.csv.partial"])
  }

  @Test func beforeTheFirstFrame() throws {
    mkfifo(folder.file("camera"), 0o600)
    let run = try start(["camera", "-o", "o.csv"])
    // Only a pipe that is open for reading can be opened so: the run then waits for bytes.
    var writer: Int32 = -1
    try waitUntil("a reader") {
      writer = open(folder.file("camera"), O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      return writer >= 0
    }
    defer { close(writer) }
    run.kill(SIGINT)
    let result = try run.wait()
    #expect(result.status == 130, "\(result)")
    expectRefusal(result, status: 130, naming: "camera", "nothing was written")
    #expect(try folder.names == ["camera"])
  }

  /// `timeout` signals its child and then the child's group.
  @Test func aSecondSignalWithinASecondIsTheFirst() throws {
    let long = try Media.long.get()
    for number in 1...6 {
      let name = "o\(number).csv"
      let run = try start([long, "-q", "-o", name])
      try waitUntil("a partial") { folder.size(name + ".partial") > 0 }
      usleep(UInt32(20_000 * number))
      // Two of a kind may be heard as one.
      run.kill(SIGTERM)
      run.kill(number % 2 == 0 ? SIGINT : SIGHUP)
      let result = try run.wait()
      let rows = try Table(folder, name + ".partial").rows.count
      expectRefusal(result, status: 130, naming: "\(rows) rows of \(long) are in \(name).partial")
    }
  }

  @Test func timeoutEndsARunWhole() throws {
    let long = try Media.long.get()
    let run = try RunningCommand(
      [
        "timeout", "1", Command.path, "track", "--model", Fixtures.model, long, "-q", "-o", "o.csv",
      ],
      in: folder)
    let result = try run.wait()
    let rows = try Table(folder, "o.csv.partial").rows.count
    expectRefusal(result, status: 124, naming: "\(rows) rows of \(long) are in o.csv.partial")
  }

  /// A reader that takes nothing holds the run for a while; a later signal does not wait for that.
  @Test func aLaterSignalEndsAtOnce() throws {
    let long = try Media.long.get()
    // The time between is short: a machine may miss it.
    for _ in 0..<10 {
      let pipe = try StalledPipe(folder)
      let run = try start([long, "-o", "pipe", "-q"])
      try pipe.waitUntilFull()
      run.kill(SIGINT)
      usleep(1_100_000)
      run.kill(SIGTERM)
      let result = try run.wait(seconds: 20)
      #expect(result.status == 130, "\(result)")
      if result.errors.isEmpty { return }
    }
    Issue.record("no second signal ended the run at once")
  }

  @Test(arguments: ["-o pipe", "-o - > pipe", "-o /dev/stdout > pipe"])
  func aReaderThatTakesNothingHoldsNobodyUp(output: String) throws {
    let pipe = try StalledPipe(folder)
    let long = try Media.long.get()
    let run = try RunningCommand(
      [
        "/bin/sh", "-c", "exec \"$@\" \(output)", "sh", Command.path, "track", "--model",
        Fixtures.model, long, "-q",
      ], in: folder)
    try pipe.waitUntilFull()
    let begin = ContinuousClock.now
    run.kill(SIGTERM)
    let result = try run.wait(seconds: 30)
    #expect(ContinuousClock.now - begin < .seconds(6), "2 s on a quiet machine")
    #expect(result.status == 130, "\(result)")
    // What the reader can still read are the rows that are said to have been written.
    let written = pipe.lines() - 1
    let name =
      output == "-o pipe" ? "pipe" : output.hasPrefix("-o -") ? "standard output" : "/dev/stdout"
    #expect(written > 0 && result.lines.count == 3)
    #expect(result.lines.first == "landmarkd: cannot write \(name): nobody reads it")
    #expect(
      result.errors.contains("landmarkd: \(written) rows of \(long) went to \(name)\n"), "\(result)"
    )
    #expect(
      result.lines.last?.hasSuffix(" rows of \(long) are lost: they could not be written") == true,
      "\(result)")
  }

  @Test func aPipeThatNobodyReads() throws {
    mkfifo(folder.file("pipe"), 0o600)
    let long = try Media.long.get()
    for command in [
      ["track", long, "-o", "pipe"], ["fit", Fixtures.portrait, "-o", "pipe"],
      ["inspect", Fixtures.portrait, "--json", "pipe"],
    ] {
      let run = try RunningCommand(
        [Command.path] + command + ["--model", Fixtures.model], in: folder)
      try waitUntil("a handler") { run.hears(SIGHUP) }
      usleep(500_000)
      let begin = ContinuousClock.now
      run.kill(SIGHUP)
      let result = try run.wait(seconds: 30)
      #expect(ContinuousClock.now - begin < .seconds(6), "at once on a quiet machine")
      expectRefusal(result, status: 130, naming: "cannot write pipe: nobody reads it")
    }
  }

  /// What nohup does.
  @Test func anIgnoredHangupIsHonoured() throws {
    let long = try Media.long.get()
    let run = try RunningCommand(
      [
        "/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", Command.path, "track", "--model",
        Fixtures.model, long, "-q", "-o", "o.csv",
      ], in: folder)
    try waitUntil("a partial") { folder.size("o.csv.partial") > 0 }
    run.kill(SIGHUP)
    let before = folder.size("o.csv.partial")
    try waitUntil("more rows") { folder.size("o.csv.partial") > before + 100_000 }
    run.kill(SIGTERM)
    #expect(try run.wait().status == 130)
  }

  /// A window is closed: its terminal hangs up, and nothing can be said any more.
  @Test func aTerminalThatIsGone() throws {
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(master >= 0)
    // TIOCSPTLCK, TIOCGPTN: macros that Swift does not see.
    var lock: Int32 = 0
    var number: Int32 = -1
    try #require(
      ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
    let terminal = "/dev/pts/\(number)"
    let long = try Media.long.get()
    let run = try RunningCommand(
      ["setsid", "-c", Command.path, "track", "--model", Fixtures.model, long, "-o", "o.csv"],
      in: folder, terminal: terminal)
    try waitUntil("a partial") { folder.size("o.csv.partial") > 0 }
    close(master)
    let result = try run.wait(seconds: 30)
    #expect(result.status == 130, "\(result)")
    let table = try Table(folder, "o.csv.partial")
    #expect(try table.numbers("frame") == (1...table.rows.count).map(Double.init))
    #expect(table.rows.count < 3000)
  }

  @Test func killed() throws {
    let long = try Media.long.get()
    let run = try start([long, "-q", "-o", "o.csv"])
    try waitUntil("rows on the disk") { folder.size("o.csv.partial") > 100_000 }
    run.kill(SIGKILL)
    #expect(try run.wait().signal == SIGKILL)
    #expect(try folder.names == ["o.csv.partial"])
    // The system may stop in the middle of what it was handed: the last row need not be whole.
    let text = try folder.text("o.csv.partial")
    let end = try #require(text.lastIndex(of: "\n"))
    #expect(try Table(String(text[...end])).rows.count > 50)
    // What is left over is in nobody's way.
    let again = try start([try Media.face.get(), "-q", "-o", "o.csv"]).wait()
    #expect(again.status == 0, "\(again)")
    #expect(try Table(folder, "o.csv").rows.count == 30)
    #expect(try folder.names == ["o.csv", "o.csv.json"])
  }

  @Test func twoRunsOfOneName() throws {
    let long = try Media.long.get()
    let first = try start([long, "-q", "-o", "o.csv"])
    try waitUntil("a partial") { folder.size("o.csv.partial") > 0 }
    let second = try start([try Media.face.get(), "-o", "o.csv", "--force"]).wait()
    expectRefusal(second, naming: "o.csv.partial is being written by another run")
    first.kill(SIGINT)
    #expect(try first.wait().status == 130)
  }

  @Test func fitIsInterruptedBetweenImages() throws {
    let images = Array(repeating: Fixtures.portrait, count: 2000)
    let run = try RunningCommand(
      [Command.path, "fit", "--model", Fixtures.model, "--starts", "5", "-o", "o.csv"] + images,
      in: folder)
    try waitUntil("a partial") { folder.size("o.csv.partial") > 0 }
    usleep(200_000)
    run.kill(SIGINT)
    let result = try run.wait()
    let rows = try Table(folder, "o.csv.partial").rows.count
    expectRefusal(result, status: 130, naming: "\(rows) rows are in o.csv.partial")
    #expect(try folder.names == ["o.csv.partial"])
  }
}

/// A named pipe whose reader takes nothing until it is asked how much came.
private final class StalledPipe {
  private let reader: Int32

  init(_ folder: Scratch) throws {
    let path = folder.file("pipe")
    unlink(path)
    try #require(mkfifo(path, 0o600) == 0)
    reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    try #require(reader >= 0)
  }

  deinit { close(reader) }

  /// Until no more comes into the pipe.
  func waitUntilFull() throws {
    var count: Int32 = 0
    var before: Int32 = -1
    try waitUntil("a full pipe") {
      usleep(300_000)
      before = count
      try #require(ioctl(reader, UInt(FIONREAD), &count) == 0)
      return count > 32_768 && count == before
    }
  }

  /// Whole lines in the pipe.
  func lines() -> Int {
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(reader, &bytes, bytes.count)
    return bytes.prefix(max(0, count)).count { $0 == UInt8(ascii: "\n") }
  }
}
