import Foundation
import Testing

/// Videos and pictures that the tests make once with the ffmpeg command.
enum Media {
  static let hasFFmpeg = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
    .split(separator: ":").contains { access($0 + "/ffmpeg", X_OK) == 0 }
  static let isMissing: Comment = "needs the ffmpeg command on PATH to make its videos"

  /// Goes away with the process: nothing else ends a static value.
  private static let folder: Result<Scratch, any Error> = Result {
    let made = try Scratch()
    atexit { if let made = try? Media.folder.get() { unlinkAll(made.path) } }
    return made
  }

  private static func unlinkAll(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// The portrait, moving a little: 30 frames of 256 x 256, 15 a second.
  static let face = made("face.avi") { try moving(frames: 30, to: $0) }
  /// The same for 3000 frames: minutes of work for a slow machine, seconds for a fast one.
  static let long = made("long.avi") { try moving(frames: 3000, to: $0) }
  /// The sample clips' two people side by side: 40 frames of 1280 x 480.
  static let couple = made("couple.avi") { path in
    let samples = Fixtures.package.appending(path: "Samples")
    return ["portrait.mp4", "talking.mp4"].flatMap { ["-i", samples.appending(path: $0).path] }
      + ["-filter_complex", "hstack", "-frames:v", "40", "-an"]
      + ["-c:v", "mpeg4", "-q:v", "3", "-bitexact", path]
  }
  /// The couple, then, after a cut, the two the other way round.
  static let coupleSwapped = made("couple-swapped.avi") { path in
    let samples = Fixtures.package.appending(path: "Samples")
    let graph =
      "[0:v]split[a][c];[1:v]split[b][d];[a][b]hstack,trim=end_frame=40[e];"
      + "[d][c]hstack,trim=start_frame=40:end_frame=80,setpts=PTS-STARTPTS[f];[e][f]concat"
    return ["portrait.mp4", "talking.mp4"].flatMap { ["-i", samples.appending(path: $0).path] }
      + ["-filter_complex", graph, "-an", "-c:v", "mpeg4", "-q:v", "3", "-bitexact", path]
  }
  static let sound = made("sound.wav") { ["-f", "lavfi", "-i", "sine=d=0.2", $0] }
  static let dot = made("dot.png") { picture("1x1", $0) }
  static let poster = made("poster.png") { picture("8000x6000", $0) }
  static let grey = made("grey.png") { picture("64x48", $0) }

  private static func picture(_ size: String, _ path: String) -> [String] {
    // Scaled: the colour source makes nothing below 2 x 2.
    ["-f", "lavfi", "-i", "color=gray:s=64x48", "-vf", "scale=\(size.replacing("x", with: ":"))"]
      + ["-frames:v", "1", path]
  }

  private static func moving(frames: Int, to path: String) throws -> [String] {
    let crop = "crop=256:256:x='32+24*sin(n/9)':y='32+16*cos(n/7)'"
    return [
      "-loop", "1", "-framerate", "15", "-i", Fixtures.portrait, "-vf",
      "pad=320:320:32:32:color=gray,\(crop)", "-frames:v", "\(frames)", "-c:v", "mpeg4", "-q:v",
      "3", "-bitexact", path,
    ]
  }

  private static func made(
    _ name: String, _ arguments: (String) throws -> [String]
  ) -> Result<String, any Error> {
    Result {
      let folder = try folder.get()
      try ffmpeg(arguments(folder.file(name)), in: folder)
      return folder.file(name)
    }
  }

  /// Runs ffmpeg; throws what it complains of.
  static func ffmpeg(_ arguments: [String], in folder: Scratch) throws {
    let result = try RunningCommand(
      ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y"] + arguments, in: folder
    ).wait()
    guard result.status == 0 else {
      throw Failed(description: "ffmpeg \(arguments.joined(separator: " ")): \(result)")
    }
  }
}

/// A CSV by column name.
struct Table {
  let header: [String]
  let rows: [[String: String]]

  /// Every line has to end and to have all cells; nothing else is a whole file.
  init(_ text: String) throws {
    try #require(text.hasSuffix("\n"), "ends with a part of a row")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let names = try #require(lines.first).split(separator: ",").map(String.init)
    header = names
    rows = try lines.dropFirst().map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      try #require(cells.count == names.count, "a row of \(cells.count) cells")
      return Dictionary(uniqueKeysWithValues: zip(names, cells))
    }
  }

  init(_ folder: Scratch, _ name: String) throws { try self.init(folder.text(name)) }

  func column(_ name: String) throws -> [String] {
    try #require(header.contains(name), "no column \(name)")
    return rows.compactMap { $0[name] }
  }

  func numbers(_ name: String) throws -> [Double] {
    try column(name).map { try #require(Double($0), "\(name) is '\($0)'") }
  }
}

/// Whether `result` is a refusal as the contract has it: this status, one line that holds each of
/// `words`, no trap.
func expectRefusal(
  _ result: Command.Result, status: Int32 = 1, naming words: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
  #expect(result.lines.count == 1, "\(result)", sourceLocation: sourceLocation)
  for word in words {
    #expect(
      result.errors.contains(word), "'\(word)' is not in: \(result)",
      sourceLocation: sourceLocation)
  }
}
