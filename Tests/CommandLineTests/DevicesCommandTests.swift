import Foundation
import TestSupport
import Testing

/// `landmarkd devices`, and what is said of live sources that make no sense.
@Suite struct DevicesCommandTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  @Test func noCamera() throws {
    let result = try Command.run(["devices", folder.path], in: folder)
    expectRefusal(result, naming: "there is no camera")
    #expect(result.output == "")
  }

  @Test func aCamera() throws {
    try folder.makeFolder("dev/v4l/by-id")
    try folder.write("", to: "dev/video2")
    try folder.write("no device", to: "dev/video10")
    let link = folder.file("dev/v4l/by-id/usb-Fake-video-index0")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "../../video2")
    let camera = try FakeCamera(
      folder: folder.path, paths: [folder.file("dev/video2"), link],
      ["width": "320", "height": "240", "rate": "29.97"])
    func list() throws -> Command.Result {
      try Command.run(
        ["devices", folder.file("dev")], in: folder, environment: camera.environment)
    }
    let result = try list()
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output == """
        \(folder.file("dev/video2")): Fake Camera (fake, usb-fake-1)
          \(link)
          yuyv422 (YUYV 4:2:2)
            320x240: 29.97 frames/s

        """)
    try camera.set(["format": "mjpeg", "rate": "30"])
    let other = try list()
    #expect(other.output.contains("  mjpeg (Motion-JPEG)\n    320x240: 30 frames/s\n"), "\(other)")
  }

  /// Arguments after `track`, and what the message has to hold.
  @Test(arguments: [
    (["a.avi", "--video-size", "640x480"], "--video-size is for live sources; a.avi is none"),
    (["a.avi", "--rtsp-transport", "udp"], "--rtsp-transport is for live sources"),
    (["/dev/video99", "--start", "2"], "--start is for recorded inputs"),
    (["/dev/video99", "--picture", "p.png"], "--picture is for recorded inputs"),
    (["/dev/video99", "a.avi"], "/dev/video99 is a live source and does not end; track it alone"),
    (["rtsp://u:secret@host/1", "a.avi"], "rtsp://host/1 is a live source"),
    (["/dev/video99", "--video-size", "640"], "'640' is invalid for '--video-size <WxH>'"),
    (
      ["/dev/video99", "--video-size", "99999x2"],
      "'--video-size <WxH>': expected WIDTHxHEIGHT in pixels, each from 1 to"
    ),
    (["/dev/video99", "--pixel-format", "yuy"], "'--pixel-format <name>': expected FFmpeg's name"),
    (["/dev/video99", "--frame-rate", "0"], "'--frame-rate <rate>': expected frames a second"),
    (
      ["/dev/video99", "--frame-rate", "2000"],
      "--frame-rate is 2000.0; expected for live sources frames a second from 0.001 to 1000"
    ),
    (["/dev/video99", "--read-deadline", "0"], "'--read-deadline <time>': expected a time"),
  ])
  func nonsense(arguments: [String], message: String) throws {
    let result = try Command.run(["track"] + arguments, in: folder)
    #expect(result.status == 64, "\(result)")
    #expect(result.errors.contains(message), "\(result)")
    #expect(!result.errors.contains("secret"))
    #expect(try folder.names == [])
  }

  @Test func anExistingFileIsKept() throws {
    try folder.write("mine", to: "o.csv")
    let result = try Command.run(["track", "/dev/video99", "-o", "o.csv"], in: folder)
    expectRefusal(result, naming: "o.csv", "--force")
    #expect(try folder.text("o.csv") == "mine")
  }
}
