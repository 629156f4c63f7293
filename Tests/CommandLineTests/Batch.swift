import Foundation
import SystemNames
import Testing

/// A folder with a tree of short videos, and batches of it.
struct Batch {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  /// Copies the short video to each name; folders are made.
  func videos(_ names: String...) throws {
    for name in names {
      try folder.makeFolder((name as NSString).deletingLastPathComponent)
      try folder.copy(try Media.face.get(), to: name)
    }
  }

  func track(_ arguments: String...) throws -> Command.Result {
    try Command.run(["track", "--model", Fixtures.model] + arguments, in: folder)
  }

  func start(_ arguments: String...) throws -> RunningCommand {
    try RunningCommand(
      [Command.path, "track", "--model", Fixtures.model] + arguments, in: folder)
  }

  /// Runs a shell script in which "$@" is landmarkd.
  func shell(_ script: String, _ arguments: String...) throws -> Command.Result {
    try Command.shell(script, ["track", "--model", Fixtures.model] + arguments, in: folder)
  }

  /// The files below a folder, by name.
  func files(_ place: String) throws -> [String] {
    let all = try FileManager.default.subpathsOfDirectory(atPath: folder.file(place))
    return all.filter { !SystemName.isFolder(folder.file(place + "/" + $0)) }.sorted()
  }

  func tables(_ place: String) throws -> [String] {
    try files(place).filter { $0.hasSuffix(".csv") }
  }

  func summary(_ name: String = "summary.json") throws -> Summary { try Summary(folder, name) }
}

/// What `--summary` writes.
struct Summary: Decodable {
  struct Input: Decodable {
    let input: String
    let status: String
    let output: String?
    let rows: Int?
    let frames: Int?
    let mediaSeconds: Double?
    let wallSeconds: Double?
    let attempts: Int?
    let endedEarly: Bool?
    let changed: Bool?
    let error: String?
  }
  let landmarkd: String
  let inputs: [Input]
  let counts: [String: Int]
  let frames: Int
  let rows: Int
  let mediaSeconds: Double
  let wallSeconds: Double

  init(_ folder: Scratch, _ name: String) throws {
    self = try JSONDecoder().decode(Summary.self, from: folder.data(name))
  }

  /// Statuses by input.
  var statuses: [String: String] {
    Dictionary(inputs.map { ($0.input, $0.status) }) { first, _ in first }
  }
}
