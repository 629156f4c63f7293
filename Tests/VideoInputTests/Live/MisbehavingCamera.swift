import Foundation
import Testing

@testable import VideoInput

/// Tests/Servers/misbehaving_camera.py, with its folder and its log.
final class MisbehavingCamera {
  let folder: Folder
  let port: Int
  private let server: Server

  /// 20 JPEGs of 64 x 48; `clip` (an ffmpeg recipe) makes clip.mp4 beside them.
  init(clip: [String]? = nil) throws {
    folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=2", "-c:v", "mjpeg", "-f", "mjpeg",
      "pictures", in: folder)
    if let clip { try FFmpegTool.run(clip + ["clip.mp4"], in: folder) }
    server = try Server.python([
      "misbehaving_camera.py", "0", folder.path("pictures"), "--port-file", folder.path("port"),
      "--log", folder.path("log"), "--folder", folder.url.path,
    ])
    var found: Int?
    let file = folder.path("port")
    try eventually("a port") {
      found = FileManager.default.contents(atPath: file)
        .flatMap { Int(String(decoding: $0, as: UTF8.self)) }
      return found != nil
    }
    port = try #require(found)
  }

  func address(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  struct Request: Equatable {
    var connection: Int
    var path: String
    var range: String
  }

  /// What was asked for so far.
  var requests: [Request] {
    let text = (try? String(contentsOfFile: folder.path("log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, let connection = Int(words[0]) else { return nil }
      return Request(connection: connection, path: words[1], range: words[2])
    }
  }
}
