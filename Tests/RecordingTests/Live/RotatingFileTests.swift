import Foundation
import Glibc
import TestSupport
import Testing

@testable import Recording

private let header = "a,b"

@Suite struct RotatingFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A log of `pattern` in the folder, as a run of the service would begin it.
  private func log(
    _ pattern: String = "x.csv", every seconds: Int? = nil, bytes: Int? = nil,
    fsync: FsyncPolicy = .onRotation, disk: TestDisk = TestDisk(), clock: LogClock = LogClock()
  ) throws -> RotatingFile {
    RotatingFile(
      RotatingFile.Plan(
        names: try NamePattern(folder.file(pattern), stream: "door"),
        header: Array((header + "\n").utf8), rotateSeconds: seconds, rotateBytes: bytes,
        fsync: fsync), calls: disk.calls, clock: clock)
  }

  private func content(_ name: String) throws -> String { try text(folder.file(name)) }

  @Test func aFileBeginsWithItsHeader() throws {
    let log = try log()
    #expect(try folder.names == [])
    let progress = log.write(["1,2", "3,4"], at: 0)
    #expect(progress.written == 2)
    #expect(progress.problem == nil)
    #expect(try content("x.csv") == "a,b\n1,2\n3,4\n")
    #expect(log.finish() == nil)
  }

  @Test func aNewFileOnTheHour() throws {
    let log = try log("{stream}/%Y-%m-%d_%H%M%S.csv", every: 3600)
    var batch = LineBatch()
    for (index, offset) in [0, 1799.999, 1800, 1801, 5400, 90_000].enumerated() {
      batch.add("\(index),", at: halfPastNine + offset)
    }
    #expect(log.write(batch, from: 0).written == 6)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("door")).sorted() == [
        "2026-01-31_090000.csv", "2026-01-31_100000.csv", "2026-01-31_110000.csv",
        "2026-02-01_100000.csv",
      ])
    #expect(try content("door/2026-01-31_090000.csv") == "a,b\n0,\n1,\n")
    #expect(try content("door/2026-01-31_100000.csv") == "a,b\n2,\n3,\n")
    #expect(try content("door/2026-01-31_110000.csv") == "a,b\n4,\n")
    #expect(try content("door/2026-02-01_100000.csv") == "a,b\n5,\n")
  }

  @Test func theNamesOfAFileThatBeganNowAreOfNow() throws {
    let log = try log("%Y%m%dT%H%M%SZ-%j.csv")
    log.write(["1"], at: halfPastNine + 12.9)
    log.write(["2"], at: halfPastNine + 90_000)
    #expect(try folder.names == ["20260131T093012Z-031.csv"])
  }

  @Test func aClockThatIsSetBackALittleDoesNotGoBackToTheFileBefore() throws {
    let log = try log("%Y%m%d%H%M.csv", every: 60)
    for offset in [0, 60, 59, 30, 61, -120] {
      log.write(["\(offset)"], at: halfPastNine + Double(offset))
    }
    #expect(
      try folder.names == ["202601310928.csv", "202601310930.csv", "202601310931.csv"])
    #expect(try content("202601310931.csv") == "a,b\n60\n59\n30\n61\n")
  }

  @Test func aNewFileBeforeOneBecomesTooLong() throws {
    // Header 4 bytes, rows 4 bytes: two rows a file.
    let log = try log(bytes: 13)
    #expect(log.write(["1,2", "3,4", "5,6", "7,8", "9,0"], at: 0).written == 5)
    #expect(try folder.names == ["x-1.csv", "x-2.csv", "x.csv"])
    #expect(try content("x.csv") == "a,b\n1,2\n3,4\n")
    #expect(try content("x-1.csv") == "a,b\n5,6\n7,8\n")
    // A row that no file has room for has one of its own.
    #expect(log.write(["1234567890123", "1"], at: 0).written == 2)
    #expect(try content("x-2.csv") == "a,b\n9,0\n")
    #expect(try content("x-3.csv") == "a,b\n1234567890123\n")
    #expect(log.finish() == nil)
    // The next run goes on in the last.
    try self.log(bytes: 13).write(["2"], at: 0)
    #expect(try content("x-4.csv") == "a,b\n1\n2\n")
  }

  @Test func theNextRunGoesOnInTheSameFile() throws {
    let name = "2026013109.csv"
    let first = try log("%Y%m%d%H.csv", every: 3600)
    first.write(["1"], at: halfPastNine)
    #expect(first.finish() == nil)
    try log("%Y%m%d%H.csv", every: 3600).write(["2"], at: halfPastNine + 60)
    #expect(try folder.names == [name])
    #expect(try content(name) == "a,b\n1\n2\n")
  }

  @Test func aTornLastLineIsCutOffWhereverItIsTorn() throws {
    let whole = "a,b\n1,2\n33,44\n"
    for length in 0..<whole.utf8.count {
      try whole.prefix(length).write(
        toFile: folder.file("x.csv"), atomically: false, encoding: .utf8)
      let log = try log()
      #expect(log.write(["5,6"], at: 0).written == 1)
      #expect(log.finish() == nil)
      let kept = length < 8 ? "a,b\n" : "a,b\n1,2\n"
      #expect(try content("x.csv") == kept + "5,6\n", "torn at byte \(length)")
      #expect(try folder.names == ["x.csv"])
    }
  }

  @Test func aLongTornLineAndOneOfZeros() throws {
    let path = folder.file("x.csv")
    let torn = String(repeating: "9", count: 3 * 4096 + 7)
    for tail in [torn, String(repeating: "\0", count: 5000)] {
      try ("a,b\n1,2\n" + tail).write(toFile: path, atomically: false, encoding: .utf8)
      let log = try log()
      log.write(["5,6"], at: 0)
      #expect(try content("x.csv") == "a,b\n1,2\n5,6\n")
      _ = log.finish()
    }
  }

  @Test(arguments: ["a,b,c\n1,2,3\n", "hello", "a,bc\n", "\n", "a,c"])
  func aFileThatIsNotOursIsLeftAlone(other: String) throws {
    try other.write(toFile: folder.file("x.csv"), atomically: false, encoding: .utf8)
    try log().write(["1,2"], at: 0)
    #expect(try content("x.csv") == other)
    #expect(try content("x-1.csv") == "a,b\n1,2\n")
  }

  @Test func theFileOfTheRunBeforeIsRepairedWhenTheNameIsAnother() throws {
    try "a,b\n1,2\n3".write(
      toFile: folder.file("2026013108.csv"), atomically: false, encoding: .utf8)
    try "a,b\n1,2\n3".write(toFile: folder.file("other.csv"), atomically: false, encoding: .utf8)
    try log("%Y%m%d%H.csv", every: 3600).write(["5,6"], at: halfPastNine)
    #expect(try content("2026013108.csv") == "a,b\n1,2\n")
    #expect(try content("other.csv") == "a,b\n1,2\n3")
    #expect(try content("2026013109.csv") == "a,b\n5,6\n")
  }

  @Test func filesOfTheRunBeforeAreRepairedInFoldersOfOtherDays() throws {
    let torn = "a,b\n1,2\n3"
    // With their ages in seconds; the last two cannot be the pattern's.
    let files = [
      ("door/2026/0130/23.csv", 60), ("door/2026/0130/22.csv", 120),
      ("door/2025/1231/05.csv", 1200), ("door/2026/new/01.csv", 60), ("24.csv", 60),
    ]
    for (name, age) in files {
      let path = folder.file(name)
      let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      try (age == 120 ? "" : torn).write(toFile: path, atomically: false, encoding: .utf8)
      let written = Date(timeIntervalSinceNow: -Double(age))
      try FileManager.default.setAttributes([.modificationDate: written], ofItemAtPath: path)
    }
    try log("{stream}/%Y/%m%d/%H.csv", every: 3600).write(["5,6"], at: halfPastNine)
    #expect(try content("door/2026/0131/09.csv") == "a,b\n5,6\n")
    #expect(try content(files[0].0) == "a,b\n1,2\n")
    #expect(try content(files[1].0) == "a,b\n")
    for (name, _) in files.dropFirst(2) { #expect(try content(name) == torn, "\(name)") }
  }

  @Test func oneWriterAFile() throws {
    let first = try log()
    first.write(["1,2"], at: 0)
    let second = try log()
    let path = folder.file("x.csv")
    let refused = second.write(["3,4"], at: 0)
    #expect(refused.written == 0)
    #expect(refused.problem == .inUse(path: path))
    #expect(
      "\(RecordingError.inUse(path: path))" == "\(path) is being written by another run or output")
    #expect(try folder.names == ["x.csv"])
    #expect(first.finish() == nil)
    #expect(second.write(["3,4"], at: 0).written == 1)
    #expect(try content("x.csv") == "a,b\n1,2\n3,4\n")
  }

  @Test func aFileThatIsMovedAwayIsBegunAnew() throws {
    let log = try log()
    log.write(["1,2"], at: 0)
    #expect(rename(folder.file("x.csv"), folder.file("kept.csv")) == 0)
    log.write(["3,4"], at: 0)
    #expect(try content("kept.csv") == "a,b\n1,2\n")
    #expect(try content("x.csv") == "a,b\n3,4\n")
    #expect(unlink(folder.file("x.csv")) == 0)
    log.write(["5,6"], at: 0)
    #expect(try content("x.csv") == "a,b\n5,6\n")
  }

  /// `: > file` and logrotate's copytruncate.
  @Test func aFileThatIsCutFromOutsideStaysOurs() throws {
    let log = try log()
    log.write(["1,2", "3,4"], at: 0)
    #expect(truncate(folder.file("x.csv"), 0) == 0)
    log.write(["5,6"], at: 0)
    #expect(try content("x.csv") == "a,b\n5,6\n")
    // In the middle of a line.
    log.write(["7,8"], at: 0)
    #expect(truncate(folder.file("x.csv"), 9) == 0)
    log.write(["9,0"], at: 0)
    #expect(try content("x.csv") == "a,b\n5,6\n9,0\n")
    #expect(log.finish() == nil)
    try self.log().write(["1,1"], at: 0)
    #expect(try content("x.csv") == "a,b\n5,6\n9,0\n1,1\n")
    #expect(try folder.names == ["x.csv"])
  }

  @Test func aFileThatIsCutFromOutsideHasRoomAgain() throws {
    let log = try log(bytes: 12)
    log.write(["1,2", "3,4"], at: 0)
    #expect(truncate(folder.file("x.csv"), 0) == 0)
    log.write(["5,6", "7,8"], at: 0)
    #expect(try content("x.csv") == "a,b\n5,6\n7,8\n")
    #expect(try folder.names == ["x.csv"])
  }

  @Test func aFileThatIsReplacedInPlaceIsLeft() throws {
    let log = try log()
    log.write(["1,2", "3,4"], at: 0)
    try "other".write(toFile: folder.file("x.csv"), atomically: false, encoding: .utf8)
    log.write(["5,6"], at: 0)
    #expect(try content("x.csv") == "other")
    #expect(try content("x-1.csv") == "a,b\n5,6\n")
  }

  @Test func manyNumberedFilesCostFewLooks() throws {
    for count in [0, 1, 2, 3, 40, 1000, 150_000] {
      for first in [0, 1, count / 2, max(0, count - 1), count] where first <= count {
        var looks = 0
        let free = RotatingFile.firstFree(from: first) { counter in
          looks += 1
          return counter < count
        }
        #expect(free == count)
        #expect(looks <= 40, "\(count) files from \(first)")
      }
    }
    // The one after the last is known.
    for counter in 0..<40 {
      let name = counter == 0 ? "x.csv" : "x-\(counter).csv"
      try "a,b\n1,2\n".write(toFile: folder.file(name), atomically: false, encoding: .utf8)
    }
    let log = try log(bytes: 8)
    for _ in 0..<3 { log.write(["3,4"], at: 0) }
    #expect(try folder.names.count == 43)
    for counter in 40..<43 { #expect(try content("x-\(counter).csv") == "a,b\n3,4\n") }
    #expect(try content("x-39.csv") == "a,b\n1,2\n")
  }

  @Test func whatCannotBeMadeIsAProblemUntilItCan() throws {
    try "".write(toFile: folder.file("sub"), atomically: false, encoding: .utf8)
    let log = try log("sub/x.csv")
    let refused = log.write(["1,2"], at: 0)
    #expect(refused.written == 0)
    #expect(
      refused.problem
        == .system(operation: "create", path: folder.file("sub/x.csv"), code: ENOTDIR))
    #expect(refused.cause == .cannotWrite)
    #expect(unlink(folder.file("sub")) == 0)
    #expect(log.write(["1,2"], at: 0).written == 1)
    #expect(try content("sub/x.csv") == "a,b\n1,2\n")
  }

  @Test(arguments: 0...20) func aFullDiskCostsNoLine(room: Int) throws {
    let disk = TestDisk()
    disk.room = room
    let log = try log(disk: disk)
    let batch = LineBatch(["1,2", "33,44", "5"], at: 0)
    var done = 0
    var problem: RecordingError?
    for _ in 0..<3 {
      let progress = log.write(batch, from: done)
      done += progress.written
      problem = progress.problem
      if problem != nil || done == 3 { break }
    }
    let lines = ["1,2\n", "33,44\n", "5\n"]
    if done < 3 {
      #expect(
        problem == .system(operation: "write", path: folder.file("x.csv"), code: ENOSPC))
      // What is there is the header and the lines that were counted.
      let there = try folder.names.isEmpty ? "" : content("x.csv")
      #expect(there == (room < 4 ? "" : "a,b\n" + lines[..<done].joined()))
    }
    disk.room = .max
    while done < 3 {
      let progress = log.write(batch, from: done)
      #expect(progress.problem == nil)
      done += progress.written
    }
    #expect(try content("x.csv") == "a,b\n" + lines.joined())
    #expect(try folder.names == ["x.csv"])
  }

  @Test func eachPolicyMakesDurableWhatItSays() throws {
    for (policy, expected) in [
      // Two files, three batches in the first and one in the second: (files, folders).
      (FsyncPolicy.never, (0, 0)), (.onRotation, (4, 2)), (.always, (8, 2)),
      (.interval(seconds: 1), (5, 2)),
    ] {
      let folder = try ScratchFolder()
      let disk = TestDisk()
      let clock = ManualClock(utc: halfPastNine)
      let log = RotatingFile(
        RotatingFile.Plan(
          names: try NamePattern(folder.file("%Y%m%d%H%M.csv"), stream: ""),
          header: Array("h\n".utf8), rotateSeconds: 60, fsync: policy), calls: disk.calls,
        clock: clock.logClock)
      for step in [0, 0.6, 0.6, 60] {
        clock.advance(step)
        log.write(["1"], at: clock.utc)
      }
      #expect(log.finish() == nil)
      let counts = disk.state.withLock { ($0.dataSyncs, $0.folderSyncs) }
      #expect(counts == expected, "\(policy)")
    }
  }

  @Test func rowsAreMadeDurableAndOldFilesClosedWithoutNewRows() throws {
    let disk = TestDisk()
    let clock = ManualClock(utc: halfPastNine)
    let log = try log(
      "%Y%m%d%H%M.csv", every: 60, fsync: .interval(seconds: 2), disk: disk,
      clock: clock.logClock)
    #expect(log.tickSeconds == nil)
    log.write(["1"], at: clock.utc)
    let begun = disk.state.withLock { $0.dataSyncs }
    #expect(log.tickSeconds == 1)
    clock.advance(1)
    #expect(log.tick().problem == nil)
    #expect(disk.state.withLock { $0.dataSyncs } == begun)
    clock.advance(1)
    _ = log.tick()
    #expect(disk.state.withLock { $0.dataSyncs } == begun + 1)
    clock.advance(58)
    _ = log.tick()
    #expect(log.path == nil)
    #expect(log.tickSeconds == nil)
  }

  @Test func aDiskThatCannotMakeDurableIsAProblem() throws {
    let disk = TestDisk()
    let log = try log(fsync: .always, disk: disk)
    log.write(["1"], at: 0)
    disk.state.withLock { $0.syncFailure = EIO }
    let progress = log.write(["2"], at: 0)
    #expect(progress.written == 1)
    #expect(
      progress.problem?.description
        == "cannot make durable \(folder.file("x.csv")): Input/output error")
  }
}
