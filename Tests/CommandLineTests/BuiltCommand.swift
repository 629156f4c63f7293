import Foundation

/// The built landmarkd beside the tests' own program.
enum BuiltCommand {
  struct Result {
    var status: Int32
    var errors: String
  }

  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func start(_ arguments: [String], in folder: URL) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    return (process, errors)
  }

  static func run(_ arguments: [String], in folder: URL) throws -> Result {
    let (process, errors) = try start(arguments, in: folder)
    return try result(process, errors)
  }

  static func result(_ process: Process, _ errors: Pipe) throws -> Result {
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Result(status: process.terminationStatus, errors: text)
  }

  /// Beside the test bundle, wherever the build folder is.
  static let executable: URL = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<3 {
      let candidate = folder.appendingPathComponent("landmarkd")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    return repository.appendingPathComponent(".build/release/landmarkd")
  }()
}
