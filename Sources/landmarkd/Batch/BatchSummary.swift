import FoundationEssentials
import Recording
import Session
import SystemNames
import SystemSupport
import VideoInput

/// What became of the inputs of a batch: a line or a table for people, JSON for programs.
struct BatchSummary: Codable {
  /// What became of one input.
  enum Status: String, Codable, CaseIterable {
    case tracked
    /// Left out: its table was there, whole, and made of the same in the same way.
    case done
    /// Left out: another run is working on it.
    case elsewhere
    case otherShard
    case failed
    case interrupted
    /// The run was interrupted before.
    case notBegun

    /// As the table says it.
    var words: String {
      switch self {
      case .tracked: "tracked"
      case .done: "skipped as done"
      case .elsewhere: "in work elsewhere"
      case .otherShard: "of another shard"
      case .failed: "failed"
      case .interrupted: "interrupted"
      case .notBegun: "not begun"
      }
    }
  }

  struct Input: Codable {
    /// As it may be shown.
    var input: String
    var status: Status
    /// The table; nil for what could not be an input.
    var output: String?
    /// Of the table, also where it was there before.
    var rows: Int?
    var frames: Int?
    var mediaSeconds: Double?
    /// How long it took this run; nil where it was not tracked.
    var wallSeconds: Double?
    /// How often it was begun; nil for never.
    var attempts: Int?
    /// Whether the input ended before what it promised.
    var endedEarly: Bool?
    /// Whether the input was replaced or changed while it was read.
    var changed: Bool?
    var error: String?
  }

  /// The program's version, by which a summary is known.
  var landmarkd: String
  var inputs: [Input]
  /// Inputs by status.
  var counts: [String: Int]
  /// Of what was tracked by this run.
  var frames = 0
  var rows = 0
  var mediaSeconds = 0.0
  /// Of the whole run.
  var wallSeconds: Double

  init(_ inputs: [Input], wallSeconds: Double) {
    landmarkd = Landmarkd.version
    self.inputs = inputs
    self.wallSeconds = wallSeconds
    counts = [:]
    for input in inputs {
      counts[input.status.rawValue, default: 0] += 1
      guard input.status == .tracked else { continue }
      frames += input.frames ?? 0
      rows += input.rows ?? 0
      mediaSeconds += input.mediaSeconds ?? 0
    }
  }

  private var rate: Double { wallSeconds > 0 ? mediaSeconds / wallSeconds : 0 }

  /// One line where all were tracked, else a table.
  var lines: [String] {
    let figures = String(
      printf: "%d frames, %d rows, %.1f s of video in %.1f s (%.1f s of video a second)", frames,
      rows, mediaSeconds, wallSeconds, rate)
    let found = Status.allCases.map { ($0, counts[$0.rawValue] ?? 0) }.filter { $0.1 > 0 }
    guard found.contains(where: { $0.0 != .tracked }) else {
      return ["\(inputs.count) inputs tracked: \(figures)"]
    }
    let width = max(1, String(inputs.count).count)
    func row(_ words: String, _ count: Int) -> String {
      let digits = String(count)
      return "  " + words.padded(to: 18)
        + String(repeating: " ", count: max(0, width - digits.count)) + digits
    }
    let isIdle = counts[Status.tracked.rawValue] == nil
    return ["\(inputs.count) inputs:" + (isIdle ? "" : " " + figures)]
      + found.map { row($0.0.words, $0.1) }
  }

  /// Whether the file at `path` is a summary.
  static func isThere(at path: String) -> Bool {
    struct Mark: Decodable {
      var landmarkd: String
      var counts: [String: Int]
      var wallSeconds: Double
    }
    return SystemName.contents(ofFile: path)
      .flatMap { try? JSONDecoder().decode(Mark.self, from: Data($0)) } != nil
  }

  func write(to path: String, force: Bool) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try WholeFile.write([UInt8](try encoder.encode(self)) + [10], to: path, force: force)
  }
}
