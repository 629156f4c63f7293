import Foundation
import Glibc
import Testing

/// A program of Tests/Fixtures/receivers that runs beside the test.
final class PythonReceiver {
  static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first { path in
    access(path, X_OK) == 0
  }

  let port: Int
  private let process = Process()
  private let output = Pipe()
  private var rest = Data()

  /// Starts it and waits until it listens.
  init(_ program: String, packets: Int) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/receivers")
    process.executableURL = URL(filePath: try #require(Self.python))
    process.arguments = [folder.appending(path: program).path, String(packets)]
    process.standardOutput = output
    try process.run()
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data([10]) {
      line += byte
    }
    port = try #require(Int(String(decoding: line, as: UTF8.self)))
  }

  deinit { if process.isRunning { process.terminate() } }

  /// What it understood of each packet, once it has ended well.
  func results<Value: Decodable>(_ type: Value.Type) throws -> [Value] {
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try data.split(separator: 10).map { try JSONDecoder().decode(type, from: Data($0)) }
  }
}
