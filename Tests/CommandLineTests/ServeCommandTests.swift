import Foundation
import Glibc
import Testing

/// `landmarkd serve` as an operator and a service manager run it.
@Suite struct ServeCommandTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try folder.write(Self.configuration(), to: "c.yaml")
  }

  /// A camera that is not there, and nothing on the network.
  private static func configuration(_ more: String = "") -> String {
    """
    http: {port: off}
    streams:
      - name: door
        source: /dev/landmarkd-test-no-camera
        model: \(Fixtures.model)
        outputs:
          - {type: csv, path: "{stream}-%Y%m%d.csv"}
    \(more)
    """
  }

  private func start(_ more: [String: String] = [:]) throws -> RunningCommand {
    let environment = ProcessInfo.processInfo.environment.merging(more) { $1 }
    return try RunningCommand(
      [Command.path, "serve", "--config", "c.yaml"], in: folder, environment: environment)
  }

  /// Starts a service and waits until it knows that its camera is missing.
  private func startReady() throws -> RunningCommand {
    let run = try start()
    try waitUntil("ready") { run.errorsSoFar.contains("info: ready") }
    return run
  }

  @Test func checkOfARightConfiguration() throws {
    let result = try Command.run("serve", "--config", "c.yaml", "--check", in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(result.output == "c.yaml: ok, 1 stream\n")
    #expect(result.errors == "")
    // Nothing was made.
    #expect(try folder.names == ["c.yaml"])
  }

  @Test func checkOfTheSample() throws {
    let sample = Fixtures.package.appending(path: "Samples/landmarkd.yaml").path
    let result = try Command.run("serve", "--config", sample, "--check", in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(result.output == "\(sample): ok, 2 streams\n")
  }

  /// With and without `--check`.
  @Test(arguments: [["--check"], []])
  func mistakes(option: [String]) throws {
    try folder.write("http: {prot: 1}\nstreams:\n- {name: a, source: /etc/passwd}\n", to: "b.yaml")
    let result = try Command.run(["serve", "--config", "b.yaml"] + option, in: folder)
    #expect(result.status == 78, "\(result)")
    #expect(result.output == "")
    #expect(
      result.lines == [
        "b.yaml:1:8: http.prot: is no key that is known here; expected \"port\" perhaps",
        "b.yaml:3:21: streams[0].source: cannot be used; expected a camera such as /dev/video0 or an address such as rtsp://host/path; recorded files are for landmarkd track",
      ])
  }

  @Test func aFileThatIsNotThere() throws {
    let result = try Command.run("serve", "--config", "no.yaml", in: folder)
    #expect(result.status == 78, "\(result)")
    #expect(
      result.lines == [
        "no.yaml: cannot be opened: No such file or directory; expected a YAML file that can be read"
      ])
  }

  @Test func wrongUsage() throws {
    let result = try Command.run("serve", in: folder)
    #expect(result.status == 64, "\(result)")
    #expect(result.errors.contains("--config"))
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func endsWhole(signal: Int32) throws {
    let run = try startReady()
    run.kill(signal)
    let result = try run.wait(seconds: 20)
    #expect(result.status == 0, "\(result)")
    #expect(result.lines.first?.hasSuffix("c.yaml: door") == true)
    #expect(result.lines.last?.hasSuffix("notice: all outputs are closed") == true)
    #expect(result.errors.contains("warning: stream door: no source"))
  }

  /// With fewer files than it takes to hear a signal there is an error, not a deaf service; a limit
  /// that may be raised is.
  @Test(arguments: [["serve", "--config", "c.yaml"], ["track", "/dev/landmarkd-test-no-camera"]])
  func tooFewFiles(arguments: [String]) throws {
    let refused = try Command.shell("ulimit -n 8; exec \"$@\"", arguments, in: folder)
    #expect(refused.status == 1, "\(refused)")
    #expect(
      refused.lines == [
        "landmarkd: the limit of open files is 8; expected at least 64 (ulimit -n, LimitNOFILE=)"
      ])
    let raised = try Command.shell(
      "ulimit -S -n 8; exec \"$@\"", ["serve", "--config", "c.yaml", "--check"], in: folder)
    #expect(raised.status == 0, "\(raised)")
  }

  @Test func aBadFileChangesNothing() throws {
    let run = try startReady()
    try folder.write("streams:\n- nam: x\n  source: 1\n", to: "c.yaml")
    run.kill(SIGHUP)
    try waitUntil("the refusal") { run.errorsSoFar.contains("goes on") }
    let said = run.errorsSoFar
    #expect(said.contains("error: c.yaml:2:3: streams[0].nam: is no key"))
    #expect(said.contains("error: c.yaml:2:3: streams[0].name: is missing"))
    #expect(said.contains("error: c.yaml:3:11: streams[0].source: cannot be used"))
    #expect(
      said.contains("c.yaml has 3 mistakes; the configuration that was read before goes on"))
    // The right one is taken afterwards.
    let other = "  - {name: yard, source: /dev/landmarkd-test-no-camera2}\n"
    try folder.write(Self.configuration(other), to: "c.yaml")
    run.kill(SIGHUP)
    try waitUntil("the reload") {
      run.errorsSoFar.contains("c.yaml was read anew: unchanged door; started yard")
    }
    run.kill(SIGTERM)
    let result = try run.wait(seconds: 20)
    #expect(result.status == 0, "\(result)")
  }

  /// What a service manager hears, and the priorities of what it logs.
  @Test func underAServiceManager() throws {
    let manager = try NotifySocket(folder.file("notify"))
    let run = try start(["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"])
    #expect(try manager.next("READY=1").hasPrefix("READY=1\nSTATUS=door "))
    _ = try manager.next("WATCHDOG=1")
    #expect(try manager.next("STATUS=door waiting").contains("landmarkd-test-no-camera"))
    run.kill(SIGHUP)
    let reloading = try manager.next("RELOADING=1")
    let stamp = reloading.split(separator: "=").last.flatMap { Int($0) }
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    #expect(stamp.map { abs($0 - now.tv_sec * 1_000_000) < 30_000_000 } == true, "\(reloading)")
    _ = try manager.next("READY=1")
    _ = try manager.next("WATCHDOG=1")
    run.kill(SIGTERM)
    _ = try manager.next("STOPPING=1")
    #expect(try run.wait(seconds: 20).status == 0)
  }
}

/// The service with a stream that is there, and a receiver that takes nothing.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct ServeStreamTests {
  let folder: Scratch
  let port: Int

  init() throws {
    folder = try Scratch()
    port = 20_000 + Int(getpid()) % 20_000
    try folder.write(
      """
      http: {port: off}
      streams:
        - name: door
          source: udp://127.0.0.1:\(port)
          model: \(Fixtures.model)
          outputs:
            - {type: csv, path: rows.csv, rotate-every: off, flush-every: 100ms}
            - {type: ndjson, socket: slow.sock}
      """, to: "c.yaml")
  }

  /// A small picture at many frames a second, so that a receiver's buffer fills soon.
  private func startSource() throws -> RunningCommand {
    try RunningCommand(
      [
        "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=96x96:rate=200",
        "-c:v", "mpeg4", "-g", "20", "-f", "mpegts", "udp://127.0.0.1:\(port)",
      ], in: folder)
  }

  private func startService() throws -> RunningCommand {
    let run = try RunningCommand([Command.path, "serve", "--config", "c.yaml"], in: folder)
    try waitUntil("rows") { folder.size("rows.csv") > 100_000 }
    return run
  }

  @Test func everyRowThatWasFlushedIsWhole() throws {
    let source = try startSource()
    let run = try startService()
    run.kill(SIGTERM)
    let result = try run.wait(seconds: 20)
    #expect(result.status == 0, "\(result)")
    source.kill(SIGKILL)
    let table = try Table(folder, "rows.csv")
    #expect(table.rows.count > 50)
    #expect(try folder.text("rows.csv").hasSuffix("\n"))
    #expect(result.errors.contains("info: stream door: live, 96 x 96"))
  }

  /// Closing waits for a receiver that takes nothing, but not for long; what it has not taken is said.
  /// A second signal that comes soon is the first once more.
  @Test func whatAReceiverHasNotTakenIsSaidAndCounted() throws {
    let receiver = try SilentReceiver(folder.file("slow.sock"))
    defer { withExtendedLifetime(receiver) {} }
    let source = try startSource()
    let run = try startService()
    let begin = ContinuousClock.now
    run.kill(SIGTERM)
    run.kill(SIGINT)
    let result = try run.wait(seconds: 20)
    source.kill(SIGKILL)
    #expect(ContinuousClock.now - begin < .seconds(8), "2 s on a quiet machine")
    #expect(result.status == 1, "\(result)")
    let rows = try Table(folder, "rows.csv").rows.count
    let line = result.lines.first { $0.contains("slow.sock: closed, ") } ?? ""
    let match = try #require(
      line.firstMatch(
        of: /closed, (\d+) of (\d+) rows were lost: receiver slow (\d+); (\d+) of them/),
      "\(result)")
    #expect(match.2 == "\(rows)", "every row is written or lost")
    #expect(match.1 == match.3 && match.1 == match.4)
    #expect(
      result.lines.last?.hasSuffix(
        "critical: all outputs are closed, but rows that waited to be written were lost: door")
        == true)
  }

  @Test func aLaterSignalEndsAtOnce() throws {
    let receiver = try SilentReceiver(folder.file("slow.sock"))
    defer { withExtendedLifetime(receiver) {} }
    let source = try startSource()
    defer { source.kill(SIGKILL) }
    // The time between is short: a machine may miss it.
    for _ in 0..<8 {
      unlink(folder.file("rows.csv"))
      let run = try startService()
      run.kill(SIGTERM)
      try waitUntil("the first") { run.errorsSoFar.contains("closing all outputs") }
      usleep(1_050_000)
      run.kill(SIGTERM)
      if try run.wait(seconds: 20).status == 130 { return }
    }
    Issue.record("no second signal ended the service at once")
  }
}

/// Listens on a Unix stream socket and never reads.
final class SilentReceiver {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(code == 0 && listen(descriptor, 1) == 0, "cannot listen on \(path)")
  }

  deinit { close(descriptor) }
}

/// The datagram socket of a service manager.
final class NotifySocket {
  let path: String
  private let descriptor: Int32

  init(_ path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(code == 0, "cannot listen on \(path)")
  }

  deinit { close(descriptor) }

  /// The next message that begins with `beginning`.
  func next(_ beginning: String, seconds: Double = 30) throws -> String {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var bytes = [UInt8](repeating: 0, count: 4096)
    while ContinuousClock.now < deadline {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 200) == 1 else { continue }
      let count = recv(descriptor, &bytes, bytes.count, 0)
      let message = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      if message.hasPrefix(beginning) { return message }
    }
    try #require(Bool(false), "no message that begins with \(beginning)")
    return ""
  }
}
