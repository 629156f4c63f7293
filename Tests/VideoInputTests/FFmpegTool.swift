import Foundation
import Testing

/// The ffmpeg command, which makes the videos of these tests. Where it is not installed they are
/// skipped; CI has it.
enum FFmpegTool {
  static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    return folders.map { $0 + "/ffmpeg" }.first { access($0, X_OK) == 0 }
  }()

  static let isMissing: Comment = "needs the ffmpeg command on PATH to make its videos"

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs ffmpeg and returns what it wrote to its standard output.
  @discardableResult
  static func run(_ arguments: String..., in folder: Folder) throws -> Data {
    try run(arguments, in: folder)
  }

  @discardableResult
  static func run(_ arguments: [String], in folder: Folder) throws -> Data {
    guard let path else { throw Failed(description: "no ffmpeg on PATH") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"] + arguments
    process.currentDirectoryURL = folder.url
    let output = Pipe()
    let errors = folder.url.appendingPathComponent("ffmpeg-\(UUID().uuidString).log")
    try Data().write(to: errors)
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
      throw Failed(description: "ffmpeg \(arguments.joined(separator: " ")): \(text)")
    }
    return data
  }

  /// The grey frames of a file as ffmpeg itself makes them, one checksum each.
  static func greyFrames(
    _ name: String, width: Int, height: Int, options: [String] = [], in folder: Folder
  ) throws -> [UInt32] {
    let bytes = try run(
      ["-i", name, "-map", "0:v:0", "-fps_mode", "passthrough"] + options
        + ["-pix_fmt", "gray", "-f", "rawvideo", "-"], in: folder)
    let size = width * height
    guard size > 0, bytes.count % size == 0 else {
      throw Failed(description: "\(bytes.count) bytes are no frames of \(width) x \(height)")
    }
    return stride(from: 0, to: bytes.count, by: size).map { start in
      checksum(bytes[(bytes.startIndex + start)..<(bytes.startIndex + start + size)])
    }
  }
}

/// FNV-1a of 32 bits.
func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
  bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
}

/// A temporary folder that goes away with the last user, or with the process where that is a
/// static.
final class Folder: Sendable {
  let url: URL

  /// All folders of this process are in here.
  private static let root: URL = {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("landmarkd-video-\(UUID().uuidString)")
    atexit { Folder.removeAll() }
    return url
  }()

  private static func removeAll() { try? FileManager.default.removeItem(at: root) }

  init() throws {
    url = Self.root.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appendingPathComponent(name)))
  }

  func write(_ bytes: some Collection<UInt8>, to name: String) throws {
    try Data(bytes).write(to: url.appendingPathComponent(name))
  }
}
