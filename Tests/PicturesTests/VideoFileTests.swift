import CLNF
import Foundation
import Glibc
import TestSupport
import Testing
import VideoInput

@testable import Pictures
@testable import Recording

private let grey = Colour(90, 90, 90)

/// A video's file: names, interruptions, errors.
@Suite struct VideoFileTests {
  let folder: ScratchFolder
  let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder.file("out.mp4")
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private func write(_ count: Int, to writer: VideoWriter) throws {
    for i in 0..<count { try writer.write(plain(32, 32, grey), at: Double(i) / 25) }
  }

  @Test func aVideoIsReplacedOnlyWhenForced() throws {
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: PicturesError.file(.alreadyExists(path: path, rows: nil))) {
      _ = try VideoWriter(path: path, width: 32, height: 32)
    }
    #expect(try folder.names == ["out.mp4"])
    let writer = try VideoWriter(path: path, width: 32, height: 32, force: true)
    try write(3, to: writer)
    #expect(try text(path) == "mine")
    try writer.finish()
    #expect(try ReadVideo(path).seconds.count == 3)
  }

  @Test func whatCameMeanwhileIsKept() throws {
    let writer = try VideoWriter(path: path, width: 32, height: 32)
    try write(3, to: writer)
    try Data("theirs".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: PicturesError.file(.alreadyExists(path: path, rows: path + ".partial"))) {
      try writer.finish()
    }
    #expect(try text(path) == "theirs")
    try FileManager.default.moveItem(atPath: path + ".partial", toPath: folder.file("p.mp4"))
    #expect(try ReadVideo(folder.file("p.mp4")).seconds.count == 3)
  }

  @Test func twoWritersAreNotMixed() throws {
    let writer = try VideoWriter(path: path, width: 32, height: 32)
    #expect(throws: PicturesError.file(.inUse(path: path + ".partial"))) {
      _ = try VideoWriter(path: path, width: 32, height: 32)
    }
    try write(2, to: writer)
    try writer.finish()
    #expect(throws: PicturesError.file(.closed(path: path))) { try write(1, to: writer) }
    #expect(throws: PicturesError.file(.closed(path: path))) { try writer.finish() }
    #expect(throws: PicturesError.file(.closed(path: path))) { try writer.abandon() }
  }

  @Test(arguments: ["mp4", "mkv", "mov", "avi", "webm"], [true, false])
  func anInterruptedVideoCanBePlayed(ending: String, byName: Bool) throws {
    let path = folder.file("out." + ending)
    var writer: VideoWriter? = try VideoWriter(path: path, width: 32, height: 32)
    try write(7, to: try #require(writer))
    // Going away is an interruption too.
    if byName { #expect(try writer?.abandon() == path + ".partial") } else { writer = nil }
    #expect(try folder.names == ["out.\(ending).partial"])
    #expect(try ReadVideo(path + ".partial").seconds.count == 7)
  }

  @Test(arguments: [0, 20, 3000])
  func aFullDiskIsOneClearError(room: Int) throws {
    var left = room
    var calls = FileCalls()
    calls.write = { descriptor, bytes in
      guard left > 0 else {
        errno = ENOSPC
        return -1
      }
      let count = Glibc.write(descriptor, bytes.baseAddress, min(left, bytes.count))
      left -= max(0, count)
      return count
    }
    let full = PicturesError.file(
      .system(operation: "write", path: path + ".partial", code: ENOSPC))
    var made: VideoWriter?
    #expect(throws: full) {
      let writer = try VideoWriter(
        path: path, width: 256, height: 256, timeBase: .mpeg, force: false,
        encoders: VideoEncoder.Choice.standard, calls: calls)
      made = writer
      for i in 0..<600 {
        var picture = plain(256, 256, grey)
        for line in 0..<40 {
          picture.fillRectangle(
            x: (line * i * 7) % 256, y: 6 * line, width: 30, height: 5,
            Colour(UInt8((line * i) % 256), 200, 9))
        }
        try writer.write(picture, at: Double(i) / 25)
      }
      try writer.finish()
    }
    #expect("\(full)" == "cannot write \(path).partial: No space left on device")
    #expect(!FileManager.default.fileExists(atPath: path))
    // The error stays, and closing after it is none.
    if let writer = made {
      left = 1 << 20
      #expect(throws: full) { try write(1, to: writer) }
      #expect(throws: full) { try writer.finish() }
      #expect(try writer.abandon() == path + ".partial")
    }
  }

  @Test func whatCannotBeAVideoLeavesNothing() throws {
    func message(_ name: String, _ width: Int, _ height: Int) -> String {
      do {
        _ = try VideoWriter(path: folder.file(name), width: width, height: height)
        return ""
      } catch { return "\(error)".replacingOccurrences(of: folder.path + "/", with: "") }
    }
    #expect(
      message("out.xyz", 32, 32)
        == "cannot write the video out.xyz: choose a container: its ending is unknown")
    #expect(
      message("out.mp4", 0, 32) == "cannot write the video out.mp4: size: a picture of 0 x 32")
    #expect(
      message("out.mp4", 32, 1 << 20)
        == "cannot write the video out.mp4: size: a picture of 32 x 1048576")
    #expect(message("none/out.mp4", 32, 32).contains("No such file or directory"))
    let path = folder.file("out.mp4")
    #expect {
      _ = try VideoWriter(
        path: path, width: 32, height: 32, timeBase: .mpeg, force: false,
        encoders: [VideoEncoder.Choice(name: "libvpx-vp8-none")], calls: FileCalls())
    } throws: {
      "\($0)"
        == "cannot write the video \(path): open an encoder: FFmpeg has no encoder for it "
        + "(of libvpx-vp8-none)"
    }
    #expect(try folder.names == [])
  }

  /// A pipe cannot be rewound: MPEG-4 cannot be written to it, Matroska can.
  @Test func aPipeTakesWhatNeedsNoGoingBack() throws {
    let pipe = folder.file("pipe.mkv")
    try #require(mkfifo(pipe, 0o600) == 0)
    let reading = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(reading) }
    let writer = try VideoWriter(path: pipe, width: 32, height: 32)
    #expect(writer.partialPath == nil)
    try write(3, to: writer)
    try writer.finish()
    var head = [UInt8](repeating: 0, count: 4)
    #expect(read(reading, &head, 4) == 4)
    #expect(head == [0x1A, 0x45, 0xDF, 0xA3])
  }
}
