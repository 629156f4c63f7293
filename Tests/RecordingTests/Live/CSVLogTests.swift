import Foundation
import Glibc
import TestSupport
import Testing

@testable import Recording

private let schema = ColumnSchema(landmarkCount: 2, modeCount: 2, isLive: true)

/// Rows `first` to `first + count - 1` as they are in a file; the samples have no time of capture.
private func rows(_ count: Int, from first: Int = 1) throws -> String {
  try (first..<first + count).map {
    try row(schema, sampleFrame($0), sampleMeasurement()) + "\n"
  }.joined()
}

@Suite struct CSVLogTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("out.csv")
  }

  @Test func rowsAreThereWithinASecondAndAllOfThemAfterClose() throws {
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path, flushSeconds: 0.2), schema: schema, stream: "door")
    #expect(try folder.names == [])
    log.fill(3)
    let begin = Date()
    let status = log.wait { $0.written == 3 }
    #expect(Date().timeIntervalSince(begin) < 1)
    #expect(status == SinkStatus(kind: "csv", target: path, written: 3))
    #expect(try text(path) == schema.header + "\n" + rows(3))
    log.fill(1000, from: 4)
    log.close()
    #expect(log.status.written == 1003)
    #expect(try text(path) == schema.header + "\n" + rows(1003))
    log.fill(2)
    log.close()
    #expect(log.status.lost == ["closed": 2])
    #expect(try text(path) == schema.header + "\n" + rows(1003))
  }

  @Test func theLatencyIsFromCaptureToRow() throws {
    let clock = ManualClock(utc: halfPastNine)
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path), schema: schema, stream: "door",
      calls: FileCalls(), clock: clock.logClock)
    var frame = sampleFrame(1)
    frame.captureSeconds = 999.9875
    log.write(frame, sampleMeasurement(), sampleContext)
    log.close()
    let line = try #require(try text(path).split(separator: "\n").last)
    #expect(line.hasSuffix(",2026-01-31T09:30:00.250000Z,0.012500"))
    #expect(schema.header.hasSuffix(",pts,time_utc,latency"))
  }

  @Test func aFixedNameHasItsHeaderAtOnceAndIsNotReplacedUnasked() throws {
    let log = try CSVLog(path: path, schema: schema)
    #expect(try text(path) == schema.header + "\n")
    log.fill(2)
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      _ = try CSVLog(path: path, schema: schema)
    }
    #expect(throws: RecordingError.inUse(path: path)) {
      _ = try CSVLog(path: path, schema: schema, force: true)
    }
    log.close()
    #expect(try text(path) == schema.header + "\n" + rows(2))
    let second = try CSVLog(path: path, schema: schema, force: true)
    second.fill(1)
    second.close()
    #expect(try text(path) == schema.header + "\n" + rows(1))
    #expect(throws: RecordingError.system(operation: "create", path: folder.path, code: EISDIR)) {
      _ = try CSVLog(path: folder.path, schema: schema, force: true)
    }
    #expect(try folder.names == ["out.csv"])
  }

  @Test func aRowOfAnotherShapeIsCountedAndSaid() throws {
    let log = try CSVLog(path: path, schema: schema)
    log.write(sampleFrame(landmarks: 3), sampleMeasurement(), sampleContext)
    #expect(log.status.lost == ["wrong shape": 1])
    #expect(
      log.status.problem == "a frame has 6 landmark coordinates, the columns are for 4")
    log.fill(1)
    #expect(log.status.problem == nil)
    log.close()
    #expect(try text(path) == schema.header + "\n" + rows(1))
  }

  @Test func aFullDiskIsSaidRowsAreCountedAndItGoesOnWhole() throws {
    let disk = TestDisk()
    disk.room = 2000
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path, flushSeconds: 0, queueBytes: 1 << 16),
      schema: schema, stream: "door", calls: disk.calls, clock: LogClock())
    log.fill(50)
    #expect(
      log.wait { $0.problem != nil }.problem == "cannot write \(path): No space left on device")
    // More than both halves of the queue hold.
    let sent = 2000
    log.fill(sent - 50, from: 51)
    let full = log.status
    let lost = try #require(full.lost["disk full"])
    #expect(lost > 100)
    #expect(full.written > 0)
    disk.room = .max
    let after = log.wait { $0.written == sent - lost }
    #expect(after.problem == nil)
    log.fill(3, from: sent + 1)
    log.close()
    let lines = try text(path).split(separator: "\n").map(String.init)
    #expect(lines.first == schema.header)
    #expect(lines.count == 1 + sent - lost + 3)
    for line in lines.dropFirst() {
      let number = try #require(Int(line.prefix { $0 != "," }))
      #expect(try line == row(schema, sampleFrame(number), sampleMeasurement()))
    }
  }

  @Test func closingOnAFullDiskEndsAndCounts() throws {
    let disk = TestDisk()
    disk.room = 600
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path, flushSeconds: 1), schema: schema, stream: "door",
      calls: disk.calls, clock: LogClock())
    log.fill(100)
    let begin = Date()
    log.close()
    #expect(Date().timeIntervalSince(begin) < 5)
    let status = log.status
    #expect(status.written + (status.lost["disk full"] ?? 0) == 100)
    #expect(try text(path) == schema.header + "\n" + rows(status.written))
  }

  /// A real file system of 64 KB; needs the right to mount.
  @Test(.enabled(if: SmallMount.isAllowed, "needs the right to mount a tmpfs"))
  func aRealDiskThatIsFullAndHasRoomAgain() throws {
    let mounted = try SmallMount()
    let path = mounted.folder.file("out.csv")
    let ballast = mounted.folder.file("ballast")
    try Data(count: 32_768).write(to: URL(filePath: ballast))
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path, flushSeconds: 0, queueBytes: 1 << 16),
      schema: schema, stream: "door")
    log.fill(150)
    let full = log.wait { $0.problem != nil }
    #expect(full.problem == "cannot write \(path): No space left on device")
    #expect(try text(path) == schema.header + "\n" + rows(full.written))
    #expect(unlink(ballast) == 0)
    let after = log.wait { $0.written == 150 }
    #expect(after.problem == nil && after.lost.isEmpty)
    log.close()
    #expect(try text(path) == schema.header + "\n" + rows(150))
  }

  @Test func standardOutputIsStreamedToAndItsReadersEndIsTheEnd() throws {
    signal(SIGPIPE, SIG_DFL)
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[1]) }
    var calls = FileCalls()
    calls.standardOutput = ends[1]
    let log = try CSVLog(path: "-", schema: schema, force: false, calls: calls)
    log.fill(3)
    #expect(log.wait { $0.written == 3 }.problem == nil)
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(ends[0], &bytes, bytes.count)
    #expect(
      try String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        == schema.header + "\n" + rows(3))
    close(ends[0])
    log.fill(2, from: 4)
    let status = log.wait { $0.isOver }
    #expect(status.isOver)
    #expect(status.problem == "cannot write standard output: Broken pipe")
    log.close()
    log.fill(1)
    #expect(log.status.lost == ["no receiver": 2, "closed": 1])
    #expect(fcntl(ends[1], F_GETFD) >= 0)
  }

  @Test func aSlowReaderOfAPipeGetsWholeLines() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[1]) }
    var calls = FileCalls()
    calls.standardOutput = ends[1]
    let log = try CSVLog(path: "-", schema: schema, force: false, calls: calls)
    // 8 MB and more: what neither the pipe nor the queue holds is lost.
    let sent = 60_000
    log.fill(sent)
    let lost = try #require(log.status.lost["receiver slow"])
    let reader = ends[0]
    let reading = Thread {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      while read(reader, &bytes, bytes.count) > 0 {}
    }
    reading.start()
    // A reader that was too slow a moment ago still counts as one.
    let after = log.wait { $0.written == sent - lost }
    #expect(after.written == sent - lost)
    #expect(after.problem == "the receiver takes rows more slowly than they come")
    log.close()
    #expect(!log.status.endedWithLoss)
  }
}
