import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Recording

private let schema = ColumnSchema(landmarkCount: 2, modeCount: 2, isLive: true)

private func seconds(_ body: () -> Void) -> Double {
  let begin = ContinuousClock.now
  body()
  return (ContinuousClock.now - begin) / .seconds(1)
}

extension LineQueue {
  fileprivate func add(_ count: Int) {
    for _ in 0..<count {
      add(at: 0) { (line: inout ByteWriter) throws(RecordingError) in line.append("0123456789\n") }
    }
  }

  fileprivate var now: SinkStatus { status(kind: "csv", target: "t") }
}

/// A disk that hangs in write(2) until it is let go.
private final class HangingDestination: LineDestination {
  let release = DispatchSemaphore(value: 0)

  func write(_ batch: borrowing LineBatch, from first: Int) -> LineProgress {
    release.wait()
    return LineProgress(written: batch.count - first)
  }

  func finish() -> RecordingError? { nil }
}

/// Rows that are lost: counted once each, by cause, while the output works and when it ends.
@Suite struct LossTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("out")
  }

  @Test func aDestinationThatIsTooSlowHasAProblemForAWhile() throws {
    let queue = LineQueue(
      capacity: 20, flushSeconds: 0, slowCause: .receiverSlow, slowLossLifeSeconds: 0.3)
    queue.add(1)
    #expect(queue.now.problem == nil)
    queue.add(4)
    #expect(queue.now.lost == ["receiver slow": 4])
    #expect(queue.now.problem == "the receiver takes rows more slowly than they come")
    usleep(400_000)
    #expect(queue.now.problem == nil)
    // What an error is the reason for is over with the error.
    var full = LineProgress(
      written: 0, stoppedBy: .system(operation: "write", path: "t", code: ENOSPC))
    queue.report(full)
    queue.add(1)
    #expect(queue.now.problem == "cannot write t: No space left on device")
    full = LineProgress(written: 1)
    queue.report(full)
    #expect(queue.now.problem == nil)
    #expect(queue.now.lost == ["receiver slow": 4, "disk full": 1])
  }

  @Test func whatAWriterThatHangsHasInItsHandIsLostOnce() throws {
    let destination = HangingDestination()
    let release = destination.release
    let writer = LineWriter(
      destination, name: "test", capacity: 1 << 16, flushSeconds: 0, slowCause: .receiverSlow)
    for _ in 0..<3 { writer.add(at: 0) { line in line.append("a\n") } }
    usleep(100_000)
    for _ in 0..<2 { writer.add(at: 0) { line in line.append("b\n") } }
    #expect(seconds { writer.close() } < 3)
    func check() {
      let status = writer.status(kind: "csv", target: "t")
      #expect(status.lost == ["receiver slow": 5])
      #expect(status.lostAtEnd == 5 && status.written == 0 && status.endedWithLoss)
      #expect(status.problem != nil)
    }
    check()
    for _ in 0..<3 { release.signal() }
    usleep(100_000)
    check()
  }

  @Test func closingWaitsForRoomOnAFullDisk() throws {
    let disk = TestDisk()
    disk.room = 600
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path, flushSeconds: 0), schema: schema, stream: "door",
      calls: disk.calls, clock: LogClock())
    log.fill(100)
    #expect(log.wait { $0.problem != nil }.problem != nil)
    Thread.detachNewThread {
      usleep(500_000)
      disk.room = .max
    }
    log.close()
    #expect(log.status == SinkStatus(kind: "csv", target: path, written: 100))
  }

  @Test func closingOnADiskThatStaysFullCountsTheRest() throws {
    let disk = TestDisk()
    disk.room = 600
    let log = try CSVLog(
      settings: LogFileSettings(pattern: path, flushSeconds: 0), schema: schema, stream: "door",
      calls: disk.calls, clock: LogClock())
    log.fill(100)
    #expect(seconds { log.close() } < 3)
    let status = log.status
    #expect(status.written > 0 && status.lostAtEnd == 100 - status.written)
    #expect(status.lost == ["disk full": status.lostAtEnd])
    #expect(status.endedWithLoss)
    #expect(status.problem == "cannot write \(path): No space left on device")
  }

  /// Standard output may be a file on a disk that is full for a while.
  @Test func standardOutputOnAFullDiskGoesOn() throws {
    let disk = TestDisk()
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    defer { close(descriptor) }
    var calls = disk.calls
    calls.standardOutput = descriptor
    disk.room = schema.header.utf8.count + 100
    let log = try CSVLog(path: "-", schema: schema, force: false, calls: calls)
    log.fill(5)
    let full = log.wait { $0.problem != nil }
    #expect(full.problem == "cannot write standard output: No space left on device")
    #expect(!full.isOver)
    disk.room = .max
    #expect(log.wait { $0.written == 5 }.problem == nil)
    log.close()
    let lines = try text(path).split(separator: "\n").map(String.init)
    #expect(
      try lines == [schema.header]
        + (1...5).map { try row(schema, sampleFrame($0), sampleMeasurement()) })
  }

  @Test func aPipeWithoutAReaderKeepsNobodyWaiting() throws {
    try #require(mkfifo(path, 0o600) == 0)
    var log: CSVLog?
    #expect(seconds { log = try? CSVLog(path: path, schema: schema) } < 2)
    let made = try #require(log)
    made.fill(3)
    #expect(made.wait { $0.problem != nil }.problem == "cannot write \(path): nobody reads it")
    #expect(seconds { made.close() } < 3)
    #expect(made.status.lost == ["no receiver": 3])
    #expect(made.status.lostAtEnd == 3)
  }

  @Test func aPipeThatIsReadLaterGetsEverything() throws {
    try #require(mkfifo(path, 0o600) == 0)
    let log = try CSVLog(path: path, schema: schema)
    log.fill(3)
    #expect(log.wait { $0.problem != nil }.written == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    #expect(log.wait { $0.written == 3 }.problem == nil)
    log.close()
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(reader, &bytes, bytes.count)
    let rows = try (1...3).map { try row(schema, sampleFrame($0), sampleMeasurement()) + "\n" }
    #expect(
      String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        == schema.header + "\n" + rows.joined())
    #expect(log.status.lost.isEmpty && log.status.written == 3)
  }
}

/// What is said of an output, and when.
@Suite struct SinkNewsTests {
  private func status(
    _ lost: [String: Int] = [:], written: Int = 0, atEnd: Int = 0, _ problem: String? = nil
  ) -> SinkStatus {
    SinkStatus(
      kind: "csv", target: "t", written: written, lost: lost, lostAtEnd: atEnd, problem: problem)
  }

  private func trouble(_ text: String) -> SinkNews.Item {
    SinkNews.Item(isTrouble: true, text: "csv t: \(text)")
  }

  @Test func aFullDiskFromItsBeginningToItsEnd() {
    var news = SinkNews()
    #expect(news.look(status(written: 5)) == nil)
    #expect(news.look(status([:], "full")) == trouble("full"))
    #expect(news.look(status([:], "full")) == nil)
    // Rows waited until now.
    #expect(
      news.look(status(["disk full": 3], "full")) == trouble("full; rows are lost: disk full 3"))
    #expect(news.look(status(["disk full": 9], "full")) == nil)
    #expect(
      news.look(status(["disk full": 12]))
        == SinkNews.Item(isTrouble: false, text: "csv t: well again, 12 rows were lost"))
    #expect(news.look(status(["disk full": 12])) == nil)
    // Another trouble is counted by itself; the close counts all.
    #expect(
      news.look(status(["disk full": 12, "receiver slow": 1], "slow"))
        == trouble("slow; rows are lost: disk full 12, receiver slow 1"))
    #expect(
      news.close(status(["disk full": 12, "receiver slow": 8], written: 80, atEnd: 5, "slow"))
        == trouble(
          "closed, 20 of 100 rows were lost: disk full 12, receiver slow 8; 5 of them at the end"))
    #expect(news.close(status(["disk full": 12])) == nil)
    #expect(news.look(status([:], "full")) == nil)
  }

  @Test func whatIsOnlyKnownAtTheClose() {
    var news = SinkNews()
    #expect(news.look(status()) == nil)
    #expect(
      news.close(status(["disk full": 2], atEnd: 2, "full"))
        == trouble("closed, 2 of 2 rows were lost: disk full 2; 2 of them at the end; full"))
    var durable = SinkNews()
    #expect(durable.close(status(written: 7, "not durable")) == trouble("not durable"))
    var well = SinkNews()
    #expect(well.close(status(written: 7)) == nil)
  }
}
