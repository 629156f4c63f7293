import Foundation
import Glibc
import TestSupport
import Testing
import Tracking

@testable import Recording

private let schema = ColumnSchema(landmarkCount: 2, modeCount: 2)

/// Fills the file with `count` rows, numbered from 1.
private func fill(_ writer: CSVWriter, _ count: Int) throws {
  for number in 1...count { try writer.write(sampleFrame(number), sampleMeasurement()) }
}

/// The text of a file with rows 1 to `count`.
private func track(_ count: Int) throws -> String {
  let rows = try (1..<count + 1).map { try row(schema, sampleFrame($0), sampleMeasurement()) }
  return ([schema.header] + rows).map { $0 + "\n" }.joined()
}

@Suite struct CSVWriterTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("out.csv")
  }

  @Test(arguments: [1, 2, 5000]) func theFileAppearsWhenItIsWhole(count: Int) throws {
    let writer = try CSVWriter(path: path, schema: schema)
    try fill(writer, count)
    #expect(try folder.names == ["out.csv.partial"])
    #expect(writer.partialPath == path + ".partial")
    try writer.finish()
    #expect(try folder.names == ["out.csv"])
    #expect(try text(path) == track(count))
    #expect(writer.rowsWritten == count)
  }

  @Test func aTrackWithoutFramesIsItsHeader() throws {
    try CSVWriter(path: path, schema: schema).finish()
    #expect(try text(path) == schema.header + "\n")
  }

  @Test func flushShowsTheRowsToAReader() throws {
    let writer = try CSVWriter(path: path, schema: schema)
    #expect(try text(path + ".partial") == track(0))
    try fill(writer, 3)
    #expect(writer.rowsWritten == 0)
    try writer.flush()
    #expect(writer.rowsWritten == 3)
    #expect(try text(path + ".partial") == track(3))
    try writer.abandon()
  }

  @Test func anInterruptedRunLeavesAllRowsInThePartial() throws {
    let writer = try CSVWriter(path: path, schema: schema)
    try fill(writer, 700)
    #expect(try writer.abandon() == path + ".partial")
    #expect(try folder.names == ["out.csv.partial"])
    #expect(try text(path + ".partial") == track(700))
    #expect(throws: RecordingError.closed(path: path)) { try writer.flush() }
    #expect(throws: RecordingError.closed(path: path)) { try writer.finish() }
    #expect(throws: RecordingError.closed(path: path)) { try writer.abandon() }
  }

  @Test func aForgottenWriterLeavesAllRowsInThePartial() throws {
    do {
      let writer = try CSVWriter(path: path, schema: schema)
      try fill(writer, 3)
    }
    #expect(try text(path + ".partial") == track(3))
  }

  @Test func aResultIsNotReplacedUnasked() throws {
    try "precious".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      _ = try CSVWriter(path: path, schema: schema)
    }
    #expect(try folder.names == ["out.csv"])
    let writer = try CSVWriter(path: path, schema: schema, force: true)
    try fill(writer, 1)
    #expect(try text(path) == "precious")
    try writer.finish()
    #expect(try text(path) == track(1))
    #expect(try folder.names == ["out.csv"])
  }

  @Test func aResultThatAppearsDuringTheRunIsNotReplaced() throws {
    let writer = try CSVWriter(path: path, schema: schema)
    try fill(writer, 2)
    try "precious".write(toFile: path, atomically: true, encoding: .utf8)
    let failure = RecordingError.alreadyExists(path: path, rows: path + ".partial")
    #expect(throws: failure) { try writer.finish() }
    #expect(try text(path) == "precious")
    #expect(try text(path + ".partial") == track(2))
    #expect("\(failure)".contains(path) && "\(failure)".contains(".partial"))
  }

  @Test func aLinkThatLeadsNowhereIsAResultToo() throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      _ = try CSVWriter(path: path, schema: schema)
    }
  }

  @Test func aLeftoverPartialIsWrittenOver() throws {
    try String(repeating: "old\n", count: 10_000).write(
      toFile: path + ".partial", atomically: true, encoding: .utf8)
    let writer = try CSVWriter(path: path, schema: schema)
    try fill(writer, 1)
    try writer.finish()
    #expect(try text(path) == track(1))
  }

  @Test func aPartialThatIsBeingWrittenIsLeftAlone() throws {
    let first = try CSVWriter(path: path, schema: schema)
    try fill(first, 5)
    try first.flush()
    for force in [false, true] {
      #expect(throws: RecordingError.inUse(path: path + ".partial")) {
        _ = try CSVWriter(path: path, schema: schema, force: force)
      }
    }
    try first.finish()
    #expect(try text(path) == track(5))
  }

  @Test(arguments: [false, true])
  func aResultPublishedBetweenOpeningAndLockingIsLeftAlone(anotherStarts: Bool) throws {
    let first = try CSVWriter(path: path, schema: schema)
    try fill(first, 5)
    var turn = 0
    var calls = FileCalls()
    calls.openedPartial = { [path] in
      turn += 1
      guard turn == 1 else { return }
      try? first.finish()
      if anotherStarts {
        try? "another run's".write(toFile: path + ".partial", atomically: true, encoding: .utf8)
      }
    }
    #expect(throws: RecordingError.alreadyExists(path: path, rows: nil)) {
      _ = try CSVWriter(path: path, schema: schema, force: false, calls: calls)
    }
    #expect(turn == 2)
    #expect(try text(path) == track(5))
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
  }

  /// A run that was killed between giving the name and taking the partial's away.
  @Test func aPartialThatIsTheResultIsNotEmptied() throws {
    let first = try CSVWriter(path: path, schema: schema)
    try fill(first, 5)
    try first.finish()
    try #require(link(path, path + ".partial") == 0)
    let second = try CSVWriter(path: path, schema: schema, force: true)
    #expect(try text(path) == track(5))
    #expect(try text(path + ".partial") == track(0))
    try fill(second, 2)
    try second.finish()
    #expect(try text(path) == track(2))
  }

  @Test func aPartialThatIsNoFileIsRefused() throws {
    try #require(mkfifo(path + ".partial", 0o600) == 0)
    #expect {
      _ = try CSVWriter(path: path, schema: schema)
    } throws: { error in
      "\(error)".contains(path + ".partial")
    }
    unlink(path + ".partial")
    try "target".write(toFile: folder.file("target"), atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: path + ".partial", withDestinationPath: "target")
    #expect(throws: RecordingError.self) { _ = try CSVWriter(path: path, schema: schema) }
    #expect(try text(folder.file("target")) == "target")
  }

  @Test func placesWhereNoFileCanBe() throws {
    let missing = folder.file("no/such/out.csv")
    #expect {
      _ = try CSVWriter(path: missing, schema: schema)
    } throws: { error in
      "\(error)" == "cannot create \(missing).partial: No such file or directory"
    }
    for name in [folder.path, folder.path + "/"] {
      #expect(throws: RecordingError.system(operation: "create", path: name, code: EISDIR)) {
        _ = try CSVWriter(path: name, schema: schema, force: true)
      }
    }
    #expect(throws: RecordingError.system(operation: "create", path: "''", code: ENOENT)) {
      _ = try CSVWriter(path: "", schema: schema)
    }
    #expect(try folder.names == [])
  }

  @Test func aFrameOfAnotherShapeDoesNoHarm() throws {
    let writer = try CSVWriter(path: path, schema: schema)
    try fill(writer, 1)
    #expect(throws: RecordingError.self) {
      try writer.write(sampleFrame(landmarks: 3), sampleMeasurement())
    }
    try writer.write(sampleFrame(2), sampleMeasurement())
    try writer.finish()
    #expect(try text(path) == track(2))
  }

  @Test func aNamedPipeIsWrittenStraightTo() async throws {
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    defer { close(reader) }
    let writer = try CSVWriter(path: path, schema: schema)
    #expect(writer.partialPath == nil)
    try fill(writer, 2)
    try writer.finish()
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(reader, &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == (try track(2)))
    #expect(try folder.names == ["out.csv"])
  }

  @Test func standardOutputIsWrittenStraightToAndStaysOpen() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    var calls = FileCalls()
    calls.standardOutput = ends[1]
    let writer = try CSVWriter(path: "-", schema: schema, force: false, calls: calls)
    #expect(writer.partialPath == nil)
    try fill(writer, 2)
    try writer.finish()
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(ends[0], &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == (try track(2)))
    #expect(fcntl(ends[1], F_GETFD) >= 0)
  }

  @Test func aFullPipeIsWaitedForEvenIfItDoesNotBlock() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let (input, output) = (ends[0], ends[1])
    defer { close(input) }
    try #require(fcntl(output, F_SETFL, O_NONBLOCK) == 0)
    var calls = FileCalls()
    calls.standardOutput = output
    // More than a pipe holds.
    let count = 3000
    let reading = Task.detached { () -> Int in
      var bytes = [UInt8](repeating: 0, count: 4096)
      var total = 0
      while case let got = read(input, &bytes, bytes.count), got > 0 { total += got }
      return total
    }
    let writer = try CSVWriter(path: "-", schema: schema, force: false, calls: calls)
    try fill(writer, count)
    try writer.finish()
    close(output)
    #expect(await reading.value == (try track(count)).utf8.count)
  }

  @Test func aReaderThatTakesNothingIsGivenUpOnceTheProcessIsToEnd() throws {
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    var calls = FileCalls()
    calls.patience = ReaderPatience()
    let patience = calls.patience
    let writer = try CSVWriter(path: path, schema: schema, force: false, calls: calls)
    let count = 5000
    Thread.detachNewThread {
      usleep(200_000)
      patience.end(after: 0.2)
    }
    var made = 0
    #expect(throws: RecordingError.notRead(path: path)) {
      for number in 1...count {
        made = number
        try writer.write(sampleFrame(number), sampleMeasurement())
      }
    }
    // Each row that was made is one or the other.
    #expect(writer.rowsWritten + writer.rowsLost == made)
    #expect(writer.rowsWritten > 100 && writer.rowsLost > 0)
    _ = try writer.abandon()
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let size = read(reader, &bytes, bytes.count)
    let lines = bytes.prefix(max(0, size)).count { $0 == UInt8(ascii: "\n") }
    #expect(lines == writer.rowsWritten + 1)
  }

  @Test func aPipeThatNobodyReadsIsGivenUpOnceTheProcessIsToEnd() throws {
    try #require(mkfifo(path, 0o600) == 0)
    var calls = FileCalls()
    calls.patience = ReaderPatience()
    let patience = calls.patience
    Thread.detachNewThread {
      usleep(200_000)
      patience.end(after: 60)
    }
    #expect(throws: RecordingError.notRead(path: path)) {
      _ = try CSVWriter(path: path, schema: schema, force: false, calls: calls)
    }
  }

  @Test func rowsThatFindNoRoomAreCounted() throws {
    let disk = TestDisk()
    let writer = try CSVWriter(path: path, schema: schema, force: false, calls: disk.calls)
    disk.room = 1000
    try fill(writer, 50)
    #expect(throws: RecordingError.self) { try writer.flush() }
    #expect(writer.rowsWritten > 0 && writer.rowsWritten + writer.rowsLost == 50)
    #expect(try writer.abandon() == path + ".partial")
    #expect(try text(path + ".partial") == track(writer.rowsWritten))
  }

  @Test func aReaderThatWentAwayIsAnErrorAndNoSignal() throws {
    // What a process starts with: the signal would end it.
    signal(SIGPIPE, SIG_DFL)
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    let writer = try CSVWriter(path: path, schema: schema)
    close(reader)
    try fill(writer, 2)
    let failure = RecordingError.system(operation: "write", path: path, code: EPIPE)
    #expect(throws: failure) { try writer.finish() }
    #expect("\(failure)" == "cannot write \(path): Broken pipe")
    // Again the same, and still no signal.
    #expect(throws: failure) { try writer.flush() }
    #expect(try writer.abandon() == nil)
  }
}
