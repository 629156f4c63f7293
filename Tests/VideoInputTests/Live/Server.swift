import Foundation
import Glibc
import Testing

/// A program that serves pictures to a test; it ends with the test.
final class Server {
  private let process = Process()

  static let python = ["/usr/bin/env", "python3"]
  static let hasPython = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
    .split(separator: ":").contains { access($0 + "/python3", X_OK) == 0 }
  static let isMissing: Comment = "needs the commands ffmpeg and python3 on PATH to serve pictures"

  init(_ program: String, _ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Runs a program of Tests/Servers, or a module with -m.
  static func python(_ arguments: [String]) throws -> Server {
    var arguments = arguments
    if arguments.first != "-m" {
      let servers = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Servers")
      arguments[0] = servers.appending(path: arguments[0]).path
    }
    return try Server(python[0], [python[1]] + arguments)
  }

  deinit { kill(SIGKILL) }

  func kill(_ signal: Int32) {
    guard process.isRunning else { return }
    Glibc.kill(process.processIdentifier, signal)
    if signal == SIGKILL { process.waitUntilExit() }
  }

  /// A port that nobody uses now.
  static func freePort(datagrams: Bool = false) throws -> Int {
    let kind = datagrams ? SOCK_DGRAM : SOCK_STREAM
    let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        bind(descriptor, general, length) == 0 ? getsockname(descriptor, general, &length) : -1
      }
    }
    try #require(code == 0)
    return Int(address.sin_port.bigEndian)
  }

  static func listens(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(UInt16(port))
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        connect(descriptor, general, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}

/// Waits until `condition` holds; fails after `seconds`.
func eventually(
  seconds: Double = 30, _ what: Comment, _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    try #require(ContinuousClock.now < deadline, what)
    usleep(5000)
  }
}
