import Foundation

/// The developers' program, built beside the test bundle, run to its end in a folder of its own.
final class Program {
  struct Result: CustomStringConvertible {
    let status: Int32
    let output: String
    let errors: String

    var errorLines: [Substring] { errors.split(separator: "\n") }
    var description: String { "status \(status)\nstdout: \(output)\nstderr: \(errors)" }
  }

  struct NotBuilt: Error {
    let name: String
  }

  private static let name = "landmarkd-dev"

  let folder: URL
  private let executable: URL
  private let group: [String]

  /// - Parameter group: stands before all arguments.
  init(_ group: String...) throws {
    self.group = group
    folder = FileManager.default.temporaryDirectory
      .appending(path: "\(Self.name)-\(UUID().uuidString)", directoryHint: .isDirectory)
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let places = [own, CommandLine.arguments[0]].map { URL(fileURLWithPath: $0) }
      .flatMap { [$0.deletingLastPathComponent(), $0.appending(path: "../../../..").standardized] }
      .map { $0.appending(path: Self.name) }
    guard
      let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
    else { throw NotBuilt(name: Self.name) }
    executable = found
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func callAsFunction(_ arguments: String...) throws -> Result { try run(arguments) }

  func run(_ arguments: [String]) throws -> Result {
    let process = Process()
    process.executableURL = executable
    process.arguments = group + arguments
    process.currentDirectoryURL = folder
    // Files: neither of two pipes has to be read while the other is full.
    let names = ["stdout", "stderr"].map { folder.appending(path: ".\($0)") }
    for name in names { try Data().write(to: name) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: names[0])
    process.standardError = try FileHandle(forWritingTo: names[1])
    try process.run()
    process.waitUntilExit()
    let texts = try names.map { try String(contentsOf: $0, encoding: .utf8) }
    return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  func write(_ text: String, to name: String) throws {
    try text.write(to: folder.appending(path: name), atomically: false, encoding: .utf8)
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      at: folder.appending(path: name), withIntermediateDirectories: true)
  }
}
