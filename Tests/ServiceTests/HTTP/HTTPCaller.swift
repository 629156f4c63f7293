import Foundation
import Logging
import Testing

@testable import Service

/// An `HTTPFront`'s server that serves on a free port while a test runs. Its thread is made here: a
/// task would wait for a thread of Swift's, which tests that wait may have all.
final class RunningFront {
  let port: UInt16
  let record: ServiceRecord
  private let server: HTTPServer
  private let ended = DispatchSemaphore(value: 0)

  init(
    _ directory: FakeDirectory, address: String = "127.0.0.1", token: String? = nil,
    hosts: [String] = [], bounds: HTTPBounds = HTTPBounds(),
    record: ServiceRecord = ServiceRecord(version: "1.2.3-test")
  ) throws {
    self.record = record
    let front = HTTPFront(
      settings: try HTTPSettings(address: address, port: 0, token: token, hosts: hosts),
      directory: directory, record: record,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    server = try front.makeServer(bounds)
    port = server.port
    let (server, ended) = (server, ended)
    Thread.detachNewThread {
      do {
        try server.run()
      } catch {
        Issue.record(error)
      }
      ended.signal()
    }
  }

  deinit {
    server.stop()
    if ended.wait(timeout: .now() + 20) == .timedOut { Issue.record("the server does not end") }
  }
}

/// A value behind a lock, for tests.
final class Locked<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var stored: Value

  init(_ value: Value) { stored = value }

  var value: Value {
    get { lock.withLock { stored } }
    set { lock.withLock { stored = newValue } }
  }
}

/// A connection to a server of a test, byte for byte: what a client library would put right is sent
/// as it is.
final class HTTPCaller {
  struct Answer {
    var status: Int
    /// By name in small letters.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object.
    func json() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }
  }

  let descriptor: Int32
  private var input: [UInt8] = []

  /// - Parameters:
  ///   - from: the address that the server sees; nil: as the system likes.
  init(_ port: UInt16, from: String? = nil, timeoutSeconds: Int = 20) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    if let from {
      let own = try #require(NetworkAddress(from))
      try #require(own.withSocketAddress(port: 0) { bind(descriptor, $0, $1) } == 0)
    }
    let loopback = try #require(NetworkAddress("127.0.0.1"))
    let code = loopback.withSocketAddress(port: port) { connect(descriptor, $0, $1) }
    try #require(code == 0, "connect: \(String(cString: strerror(errno)))")
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      // The server may have closed: what matters is what it answered.
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Asks and reads the answer.
  func get(
    _ path: String, method: String = "GET", headers: [String] = [], host: String = "localhost"
  ) throws -> Answer {
    send(
      (["\(method) \(path) HTTP/1.1", "Host: \(host)"] + headers).joined(separator: "\r\n")
        + "\r\n\r\n")
    return try #require(try read(hasBody: method != "HEAD"), "the server closed")
  }

  /// The next answer; nil where the server closed before one.
  func read(hasBody: Bool = true) throws -> Answer? {
    let mark = Array("\r\n\r\n".utf8)
    var end: Int?
    while end == nil {
      end = input.indices.first { input[$0...].starts(with: mark) }
      if end == nil, !receive() { return nil }
    }
    let head = String(decoding: input[..<(end ?? 0)], as: UTF8.self)
    input.removeFirst((end ?? 0) + mark.count)
    let lines = head.components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let halves = line.split(separator: ":", maxSplits: 1)
      headers[halves[0].lowercased()] = halves[1].trimmingCharacters(in: .whitespaces)
    }
    let status = try #require(Int(lines[0].split(separator: " ")[1]))
    let length = hasBody ? try #require(headers["content-length"].flatMap { Int($0) }) : 0
    while input.count < length, receive() {}
    try #require(input.count >= length, "the answer is cut off")
    let body = Array(input.prefix(length))
    input.removeFirst(length)
    return Answer(status: status, headers: headers, body: body)
  }

  /// Whether the server closes, without saying more.
  func isClosed() -> Bool { input.isEmpty && !receive() && input.isEmpty }

  private func receive() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return false }
    input += bytes.prefix(count)
    return true
  }
}

/// One answer over a connection of its own.
func ask(
  _ front: RunningFront, _ path: String, method: String = "GET", headers: [String] = [],
  host: String = "localhost"
) throws -> HTTPCaller.Answer {
  try HTTPCaller(front.port).get(path, method: method, headers: headers, host: host)
}
