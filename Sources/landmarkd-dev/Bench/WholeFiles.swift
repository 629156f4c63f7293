import Foundation

/// Long clips to CSV against ffmpeg's decoding to grey, in turns.
struct WholeFiles {
  static let group = "whole file"

  let folder: String
  let program: String
  let runs: Int

  func measure(into report: inout BenchReport) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let output = NSTemporaryDirectory() + "landmarkd-dev-\(getpid()).csv"
    defer {
      for suffix in ["", ".partial", ".json"] {
        try? FileManager.default.removeItem(atPath: output + suffix)
      }
    }
    for name in names where ["avi", "mp4", "mkv"].contains((name as NSString).pathExtension) {
      let clip = folder + "/" + name
      let (decode, track) = (
        ["ffmpeg", "-v", "error", "-i", clip, "-pix_fmt", "gray", "-f", "null", "-"],
        [program, "track", clip, "-o", output, "--force", "--quiet"]
      )
      var (decoding, tracking, ratios, first): ([Double], [Double], [Double], [Double]) =
        ([], [], [], [])
      for _ in 0..<runs {
        let a = try Timing.milliseconds { try Self.wait(for: decode) }
        let b = try Timing.milliseconds { try Self.wait(for: track) }
        decoding.append(a)
        tracking.append(b)
        ratios.append(a / b)
        first.append(try firstRow(of: clip))
      }
      let frames = try Self.rows(of: output)
      report.add(Self.group, "\(name): frames", frames, "")
      report.add(Self.group, "\(name): ffmpeg to grey", 1000 * frames / decoding.median, "frames/s")
      report.add(Self.group, "\(name): track", 1000 * frames / tracking.median, "frames/s")
      report.add(Self.group, "\(name): track over ffmpeg", ratios.median, "")
      report.add(Self.group, "\(name): first row after", first.median, "ms")
    }
  }

  private struct Failed: Error, CustomStringConvertible {
    let command: [String]
    let status: Int32
    var description: String {
      "status \(status) of \(command.joined(separator: " ")); expected 0"
    }
  }

  private static func process(_ command: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = FileHandle.nullDevice
    return process
  }

  private static func wait(for command: [String]) throws {
    let process = process(command)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(command: command, status: process.terminationStatus)
    }
  }

  /// Milliseconds until a row stands in the output; the run is then ended.
  private func firstRow(of clip: String) throws -> Double {
    let process = Self.process([program, "track", clip, "-o", "-", "--quiet", "--duration", "2"])
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    var newlines = 0
    let time = try Timing.milliseconds {
      try process.run()
      while newlines < 2 {
        let data = pipe.fileHandleForReading.availableData
        if data.isEmpty { break }
        newlines += data.count { $0 == UInt8(ascii: "\n") }
      }
    }
    process.terminate()
    while !pipe.fileHandleForReading.availableData.isEmpty {}
    process.waitUntilExit()
    return time
  }

  /// Rows of a CSV without its header.
  private static func rows(of path: String) throws -> Double {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    return Double(data.count { $0 == UInt8(ascii: "\n") } - 1)
  }
}
