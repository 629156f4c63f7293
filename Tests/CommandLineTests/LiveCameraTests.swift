import Foundation
import Glibc
import TestSupport
import Testing

/// Cameras, without one: the V4L2 device of Tests/FakeVideoDevice under the built command.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct LiveCameraTests {
  let folder: Scratch
  let camera: FakeCamera

  init() throws {
    folder = try Scratch()
    camera = try FakeCamera(folder: folder.path, try LiveMedia.camera())
  }

  func start(
    _ arguments: [String] = [], input: String = "/dev/video0", output: String = "o.csv"
  ) throws -> RunningCommand {
    try RunningCommand(
      [Command.path, "track", input, "-o", output] + arguments, in: folder,
      environment: try camera.environment)
  }

  func rows(_ name: String = "o.csv") -> Int {
    max(0, ((try? folder.text(name)) ?? "").count { $0 == "\n" } - 1)
  }

  func waitForRows(_ count: Int) throws { try waitUntil("\(count) rows") { rows() >= count } }

  /// Waits for rows of a face after the first `count`: the detector works beside the rows, which do
  /// not wait for it.
  func waitForFace(after count: Int) throws {
    try waitUntil("a face after \(count) rows") {
      let lines = ((try? folder.text("o.csv")) ?? "").split(separator: "\n").dropFirst(1 + count)
      return lines.count { line in
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        return cells.count > 4 && cells[4] == "1"
      } >= 3
    }
  }

  func stop(_ run: RunningCommand) throws -> Command.Result {
    run.kill(SIGINT)
    let result = try run.wait(seconds: 20)
    #expect(result.status == 0, "\(result)")
    return result
  }

  /// Rows come under the final name while the command runs; each is about the frame whose time stamp
  /// it has, shows where the face was in that frame, and says how late it is.
  @Test func capture() throws {
    let run = try start(["--duration", "2"])
    try waitForRows(10)
    #expect(try folder.names.contains("o.csv.json") == false)
    let result = try run.wait(seconds: 30)
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains("0 reconnects -> o.csv"), "\(result)")
    let table = try Table(folder, "o.csv")
    #expect(table.rows.count > 30 && table.rows.count < 70)
    try checkFrames(table)
    try checkTimes(table)
    #expect(try folder.text("o.csv.json").contains(#""input" : "/dev/video0""#))
  }

  private func checkFrames(_ table: Table) throws {
    let motion = try LiveMedia.motion()
    let sequences = Dictionary(
      camera.sent.map { ($0.stamp, $0.sequence) }, uniquingKeysWith: { first, _ in first })
    let frames = try table.column("pts").map { stamp in
      let sequence = Int64(stamp).flatMap { sequences[$0] }
      return try #require(sequence, "no frame has the time stamp \(stamp)") % LiveMedia.frameCount
    }
    let start = try #require(table.rows.firstIndex { $0["success"] == "1" })
    let first = table.rows[start]
    var right: [Double] = []
    var wrong: [Double] = []
    for (row, frame) in zip(table.rows, frames) where row["success"] == "1" {
      right.append(motion.error(of: row, in: frame, against: first, in: frames[start]))
      wrong.append(
        motion.error(
          of: row, in: (frame + 3) % LiveMedia.frameCount, against: first, in: frames[start]))
    }
    #expect(right.count > 15)
    let mean = right.reduce(0, +) / Double(right.count)
    #expect(mean < 2, "landmarks are \(mean) px from where their frame has them")
    #expect(wrong.reduce(0, +) / Double(wrong.count) > 2 * mean)
  }

  private func checkTimes(_ table: Table) throws {
    let stamps = try table.numbers("pts")
    let seconds = try table.numbers("timestamp")
    for (stamp, time) in zip(stamps, seconds) {
      #expect(abs((stamp - stamps[0]) / 1e6 - time) < 2e-6)
    }
    let latencies = try table.numbers("latency")
    #expect(latencies.allSatisfy { $0 > 0 && $0 < 5 })
    let utc = try #require(table.rows.last?["time_utc"])
    let date = try #require(
      try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(utc))
    #expect(abs(date.timeIntervalSinceNow) < 10)
  }

  @Test(arguments: ["realtime", "none"])
  func clocksOfOtherDrivers(clock: String) throws {
    try camera.set(["clock": clock])
    let run = try start()
    try waitForRows(15)
    _ = try stop(run)
    let table = try Table(folder, "o.csv")
    let seconds = try table.numbers("timestamp")
    let steps = zip(seconds.dropFirst(), seconds).map { $0 - $1 }
    #expect(steps.allSatisfy { $0 > 0 })
    // 30 frames/s, whatever clock says so.
    #expect(steps.sorted()[steps.count / 2] > 0.015 && steps.sorted()[steps.count / 2] < 0.2)
    #expect(try table.numbers("latency").allSatisfy { $0 > 0 && $0 < 5 })
  }

  @Test func aStall() throws {
    let run = try start(["--read-deadline", "0.5"])
    try waitForRows(5)
    try camera.set(["stalled": "1"])
    try waitUntil("a complaint") { run.errorsSoFar.contains("no data came before the deadline") }
    let before = rows()
    try camera.set(["stalled": "0"])
    try waitForFace(after: before)
    let result = try stop(run)
    #expect(result.errors.contains("/dev/video0: frames come again"), "\(result)")
    #expect(result.errors.contains("; 1 reconnect ->"), "\(result)")
    try checkRising()
  }

  /// The name stays gone for a while and is then made again, in a folder that can be watched.
  @Test func unpluggedAndBack() throws {
    try folder.makeFolder("dev")
    let path = folder.file("dev/video0")
    try folder.write("", to: "dev/video0")
    let camera = try FakeCamera(
      folder: folder.path, paths: [path], try LiveMedia.camera())
    let run = try RunningCommand(
      [Command.path, "track", path, "-o", "o.csv"], in: folder, environment: camera.environment)
    try waitForRows(5)
    try camera.set(["plugged": "0"])
    unlink(path)
    try waitUntil("a complaint") { run.errorsSoFar.contains("the device is gone") }
    try waitUntil("another") { run.errorsSoFar.contains("no such device") }
    usleep(1_200_000)
    let before = rows()
    let back = Date()
    try camera.set(["plugged": "1"])
    try folder.write("", to: "dev/video0")
    try waitForFace(after: before)
    let result = try stop(run)
    #expect(result.errors.contains("frames come again"), "\(result)")
    #expect(result.errors.contains("; 1 reconnect ->"), "\(result)")
    let table = try Table(folder, "o.csv")
    let utc = try table.column("time_utc")
    let first = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(utc[before])
    #expect(first.timeIntervalSince(back) > -0.1 && first.timeIntervalSince(back) < 1)
    try checkRising()
  }

  @Test func notThereYet() throws {
    try camera.set(["plugged": "0"])
    let run = try start()
    try waitUntil("a complaint") {
      run.errorsSoFar.contains(
        "landmarkd: cannot open /dev/video0: no such device; it is tried again")
    }
    try camera.set(["plugged": "1"])
    try waitForRows(3)
    let result = try stop(run)
    #expect(result.errors.contains("/dev/video0: frames come"), "\(result)")
    #expect(result.errors.contains("; 0 reconnects ->"), "\(result)")
  }

  /// A grabber whose input changes its size, and a camera that comes back as another kind.
  @Test func anotherFormat() throws {
    let run = try start()
    try waitForRows(5)
    try camera.set(["width": "160", "height": "120", "frames": try LiveMedia.small.get()])
    try waitUntil("a complaint") { run.errorsSoFar.contains("another format than was agreed") }
    // A face of 40 px is too small for the detector; rows come all the same.
    try waitForRows(rows() + 5)
    try camera.set([
      "format": "mjpeg", "width": "320", "height": "240", "frames": try LiveMedia.pictures.get(),
    ])
    try waitUntil("the next") {
      run.errorsSoFar.split(separator: "\n").count { $0.contains("another format") } == 2
    }
    try waitForFace(after: rows())
    let result = try stop(run)
    #expect(result.errors.contains("packets damaged; 2 reconnects"), "\(result)")
    try checkRising()
  }

  @Test func damagedFramesAreCounted() throws {
    let run = try start()
    try waitForRows(5)
    try camera.set(["bad": "1"])
    usleep(120_000)
    try camera.set(["bad": "0"])
    try waitForRows(rows() + 5)
    let result = try stop(run)
    #expect(result.errors.contains(" packets damaged; 0 reconnects"), "\(result)")
  }

  @Test func rowsToStandardOutput() throws {
    let run = try start(["--duration", "0.7", "--columns", "fit"], output: "-")
    let result = try run.wait(seconds: 30)
    #expect(result.status == 0, "\(result)")
    let table = try Table(result.output)
    #expect(table.rows.count > 5)
    #expect(table.header.contains("state") && !table.header.contains("latency"))
  }

  /// What `timeout` and a closed terminal do.
  @Test(arguments: [[SIGTERM, SIGINT], [SIGHUP, SIGHUP, SIGTERM]])
  func severalSignals(signals: [Int32]) throws {
    let run = try start()
    try waitForRows(5)
    for signal in signals { run.kill(signal) }
    let result = try run.wait(seconds: 20)
    #expect(result.status == 0, "\(result)")
    let rows = try Table(folder, "o.csv").rows.count
    #expect(try Report(folder, "o.csv.json").counts["rowsWritten"] == rows)
    #expect(result.errors.contains(": \(rows) frames, "), "\(result)")
  }

  /// Not even the report finds room.
  @Test(.enabled(if: SmallDisk.isAllowed, SmallDisk.isMissing))
  func aFullDisk() throws {
    let disk = try SmallDisk(folder)
    defer { withExtendedLifetime(disk) {} }
    let run = try start(output: "disk/o.csv")
    try waitUntil("a full disk") {
      run.errorsSoFar.contains("cannot write disk/o.csv: No space left on device")
    }
    let full = rows("disk/o.csv")
    usleep(500_000)
    run.kill(SIGTERM)
    let result = try run.wait(seconds: 20)
    #expect(result.status == 1, "\(result)")
    #expect(try Table(folder, "disk/o.csv").rows.count == full)
    let match = try #require(
      result.errors.firstMatch(of: /closed, (\d+) of (\d+) rows were lost: disk full (\d+);/),
      "\(result)")
    let (lost, all) = (Int(match.1) ?? 0, Int(match.2) ?? 0)
    #expect(lost > 0 && lost == Int(match.3) && all == full + lost)
    #expect(result.errors.contains(": \(all) frames, "), "\(result)")
    #expect(result.errors.contains("disk/o.csv.json.partial: No space left on device"), "\(result)")
  }

  @Test func aPipeThatNobodyReads() throws {
    mkfifo(folder.file("pipe"), 0o600)
    let run = try start(output: "pipe")
    try waitUntil("said") { run.errorsSoFar.contains("cannot write pipe: nobody reads it") }
    usleep(700_000)
    let begin = ContinuousClock.now
    run.kill(SIGTERM)
    let result = try run.wait(seconds: 20)
    #expect(ContinuousClock.now - begin < .seconds(6), "2 s on a quiet machine")
    #expect(result.status == 1, "\(result)")
    #expect(result.errors.contains(" rows were lost: no receiver "), "\(result)")
  }

  @Test func aReaderThatGoesAway() throws {
    let result = try RunningCommand(
      [
        "/bin/sh", "-c", "\"$@\" | head -n 3", "sh", Command.path, "track", "/dev/video0", "-o",
        "-",
      ],
      in: folder, environment: try camera.environment
    ).wait(seconds: 30)
    #expect(result.output.split(separator: "\n").count == 3, "\(result)")
    #expect(result.errors.contains("standard output"), "\(result)")
  }

  private func checkRising() throws {
    let table = try Table(folder, "o.csv")
    let seconds = try table.numbers("timestamp")
    #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $0 < $1 })
    let numbers = try table.numbers("frame")
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
  }
}
