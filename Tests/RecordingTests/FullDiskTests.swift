import Foundation
import Glibc
import TestSupport
import Testing

@testable import Recording

private let schema = ColumnSchema(landmarkCount: 2, modeCount: 2)

/// A disk with room for `room` more bytes: the write that does not fit goes in as far as it fits.
private final class SmallDisk {
  var room: Int
  init(room: Int) { self.room = room }

  var calls: FileCalls {
    var calls = FileCalls()
    calls.write = { [self] descriptor, bytes in
      guard room > 0 else {
        errno = ENOSPC
        return -1
      }
      let count = write(descriptor, bytes.baseAddress, min(room, bytes.count))
      room -= max(0, count)
      return count
    }
    return calls
  }
}

@Suite struct FullDiskTests {
  let folder: ScratchFolder
  let path: String
  let full: RecordingError

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("out.csv")
    full = .system(operation: "write", path: path + ".partial", code: ENOSPC)
  }

  @Test(arguments: [400, 511, 512, 4096, 65_536, 65_537, 100_001, 200_000])
  func thePartialEndsWithAWholeRowAndHoldsEveryReportedOne(room: Int) throws {
    let disk = SmallDisk(room: room)
    let writer = try CSVWriter(path: path, schema: schema, force: false, calls: disk.calls)
    var reported = 0
    #expect(throws: full) {
      for number in 1...100_000 {
        try writer.write(sampleFrame(number), sampleMeasurement())
        reported = writer.rowsWritten
      }
    }
    #expect(try writer.abandon() == path + ".partial")
    #expect(try folder.names == ["out.csv.partial"])
    let content = try text(path + ".partial")
    let rows = try (1..<writer.rowsWritten + 1).map {
      try row(schema, sampleFrame($0), sampleMeasurement())
    }
    #expect(content == ([schema.header] + rows).map { $0 + "\n" }.joined())
    #expect(writer.rowsWritten >= reported)
    // Nothing that fits is thrown away but a part of a row.
    #expect(room - content.utf8.count < 400)
    #expect("\(full)" == "cannot write \(path).partial: No space left on device")
  }

  @Test func theErrorStaysAndNothingIsPublished() throws {
    let disk = SmallDisk(room: 400)
    let writer = try CSVWriter(path: path, schema: schema, force: false, calls: disk.calls)
    for number in 1...5 { try writer.write(sampleFrame(number), sampleMeasurement()) }
    #expect(throws: full) { try writer.finish() }
    disk.room = 1 << 20
    #expect(throws: full) { try writer.write(sampleFrame(6), sampleMeasurement()) }
    #expect(throws: full) { try writer.finish() }
    #expect(try folder.names == ["out.csv.partial"])
  }

  @Test func noRoomForTheHeaderLeavesNothing() throws {
    let disk = SmallDisk(room: 20)
    #expect(throws: full) {
      _ = try CSVWriter(path: path, schema: schema, force: false, calls: disk.calls)
    }
    #expect(try folder.names == [])
  }

  @Test(arguments: [ENOSPC, EDQUOT, EIO])
  func aDiskThatSaysItAtTheEndPublishesNothing(code: Int32) throws {
    var calls = FileCalls()
    calls.synchronise = { _ in
      errno = code
      return -1
    }
    let writer = try CSVWriter(path: path, schema: schema, force: false, calls: calls)
    for number in 1...5 { try writer.write(sampleFrame(number), sampleMeasurement()) }
    #expect(
      throws: RecordingError.system(operation: "write", path: path + ".partial", code: code)
    ) { try writer.finish() }
    #expect(try folder.names == ["out.csv.partial"])
  }

  @Test func aDeviceThatIsAlwaysFull() throws {
    #expect(throws: RecordingError.system(operation: "write", path: "/dev/full", code: ENOSPC)) {
      _ = try CSVWriter(path: "/dev/full", schema: schema)
    }
    #expect(throws: RecordingError.system(operation: "write", path: "/dev/full", code: ENOSPC)) {
      try PTSFile.write([1, 2], to: "/dev/full")
    }
    #expect(access("/dev/full", W_OK) == 0)
  }

  @Test func interruptedAndShortWritesAreGoneOnWith() throws {
    var turn = 0
    var calls = FileCalls()
    calls.write = { descriptor, bytes in
      turn += 1
      guard turn % 2 == 0 else {
        errno = EINTR
        return -1
      }
      return write(descriptor, bytes.baseAddress, min(13, bytes.count))
    }
    let writer = try CSVWriter(path: path, schema: schema, force: false, calls: calls)
    try writer.write(sampleFrame(1), sampleMeasurement())
    try writer.finish()
    let line = try row(schema, sampleFrame(1), sampleMeasurement())
    #expect(try text(path) == schema.header + "\n" + line + "\n")
  }

  @Test func aSmallFileThatDoesNotFitLeavesNothing() throws {
    let disk = SmallDisk(room: 5)
    #expect(throws: full) {
      try WholeFile.write(
        [UInt8](repeating: 65, count: 10), to: path, force: false, calls: disk.calls)
    }
    #expect(try folder.names == [])
  }

  /// A real file system of 64 KB; needs the right to mount.
  @Test(.enabled(if: SmallMount.isAllowed, "needs the right to mount a tmpfs"))
  func aRealDiskThatIsFull() throws {
    let mounted = try SmallMount()
    let path = mounted.folder.file("out.csv")
    let writer = try CSVWriter(path: path, schema: schema)
    #expect(
      throws: RecordingError.system(operation: "write", path: path + ".partial", code: ENOSPC)
    ) {
      for number in 1...2000 { try writer.write(sampleFrame(number), sampleMeasurement()) }
      try writer.finish()
    }
    try writer.abandon()
    let content = try text(path + ".partial")
    #expect(content.hasSuffix("\n"))
    let lines = content.split(separator: "\n")
    #expect(lines.count == writer.rowsWritten + 1)
    let last = try row(schema, sampleFrame(writer.rowsWritten), sampleMeasurement())
    #expect(String(lines.last ?? "") == last)
  }
}

/// A file system of 64 KB in memory.
final class SmallMount {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0)
  }

  deinit { umount(folder.path) }

  static let isAllowed: Bool = {
    guard let probe = try? ScratchFolder() else { return false }
    guard mount("tmpfs", probe.path, "tmpfs", 0, "size=64k") == 0 else { return false }
    return umount(probe.path) == 0
  }()
}
