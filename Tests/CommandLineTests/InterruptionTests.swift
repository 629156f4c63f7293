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

  @Test(arguments: [SIGINT, SIGTERM])
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

  /// A reader that takes nothing holds the run; the second signal, of either kind, ends it.
  @Test func aSecondSignalEndsAtOnce() throws {
    mkfifo(folder.file("pipe"), 0o600)
    let long = try Media.long.get()
    let reader = open(folder.file("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(reader) }
    let run = try start([long, "-o", "pipe", "-q"])
    var waiting = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    #expect(poll(&waiting, 1, 30_000) == 1)
    // Until the pipe's 64 KB are full.
    usleep(1_500_000)
    run.kill(SIGINT)
    usleep(300_000)
    run.kill(SIGTERM)
    let result = try run.wait(seconds: 20)
    #expect(result.status == 130, "\(result)")
  }

  @Test func killed() throws {
    let long = try Media.long.get()
    let run = try start([long, "-q", "-o", "o.csv"])
    try waitUntil("rows on the disk") { folder.size("o.csv.partial") > 100_000 }
    run.kill(SIGKILL)
    #expect(try run.wait().signal == SIGKILL)
    #expect(try folder.names == ["o.csv.partial"])
    let rows = try Table(folder, "o.csv.partial").rows.count
    #expect(rows > 50)
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
