import Foundation
import Synchronization

/// A V4L2 camera for a program that is started with `environment`: Tests/FakeVideoDevice, whose
/// head says what it can be told.
public final class FakeCamera: Sendable {
  public struct CannotBuild: Error, CustomStringConvertible {
    public let description: String
  }

  /// The names under which programs find it.
  public let paths: [String]
  private let folder: String
  private let values: Mutex<[String: String]>

  /// - Parameters:
  ///   - folder: where its files go: control, log.
  ///   - paths: names that need not be there, or that are in a real folder.
  ///   - values: words of the control file and their values.
  public init(
    folder: String, paths: [String] = ["/dev/video0"], _ values: [String: String] = [:]
  ) throws {
    self.folder = folder
    self.paths = paths
    self.values = Mutex(values)
    try set([:])
  }

  /// Changes how the camera does, from its next call on.
  public func set(_ changes: [String: String]) throws {
    let text = values.withLock { values in
      values.merge(changes) { _, new in new }
      return values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }
    // Exchanged whole: the camera may read it at any moment.
    try Data(text.utf8).write(
      to: URL(fileURLWithPath: folder + "/camera-control"), options: .atomic)
  }

  /// The tests' own environment and what makes a program see the camera.
  public var environment: [String: String] {
    get throws {
      var environment = ProcessInfo.processInfo.environment
      environment["LD_PRELOAD"] = try Self.library.get()
      environment["FAKE_CAMERA_PATHS"] = paths.joined(separator: ":")
      environment["FAKE_CAMERA_CONTROL"] = folder + "/camera-control"
      environment["FAKE_CAMERA_LOG"] = folder + "/camera-log"
      return environment
    }
  }

  /// A frame that was handed over: its number since the camera was plugged in, and its time stamp
  /// in microseconds, which is the `pts` of its row.
  public struct Sent: Sendable, Equatable {
    public var sequence: Int
    public var stamp: Int64
  }

  /// All frames that were handed over so far.
  public var sent: [Sent] {
    let bytes = FileManager.default.contents(atPath: folder + "/camera-log") ?? Data()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let sequence = Int(parts[0]), let stamp = Int64(parts[1]) else {
        return nil
      }
      return Sent(sequence: sequence, stamp: stamp)
    }
  }

  /// The built library; it goes away with the process.
  private static let library: Result<String, any Error> = Result {
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "FakeVideoDevice/FakeVideoDevice.c").path
    let made = FileManager.default.temporaryDirectory
      .appending(path: "landmarkd-fake-camera-\(UUID().uuidString).so").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["cc", "-shared", "-fPIC", "-O2", "-o", made, source, "-ldl", "-lpthread"]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CannotBuild(description: String(decoding: text, as: UTF8.self))
    }
    atexit { if let made = try? FakeCamera.library.get() { unlink(made) } }
    return made
  }
}
