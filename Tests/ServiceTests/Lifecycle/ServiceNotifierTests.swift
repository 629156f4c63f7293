import Foundation
import Glibc
import Testing

@testable import Service

/// Messages to a service manager, over real sockets.
@Suite struct ServiceNotifierTests {
  /// A datagram socket as systemd listens on.
  final class Manager {
    let name: String
    private let descriptor: Int32

    init(isAbstract: Bool) throws {
      let unique = "landmarkd-notify-\(UUID().uuidString)"
      name = isAbstract ? "@" + unique : "/tmp/" + unique
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      var bytes = Array(name.utf8)
      if isAbstract { bytes[0] = 0 }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let length = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
      let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      try #require(code == 0)
    }

    deinit {
      close(descriptor)
      if name.hasPrefix("/") { unlink(name) }
    }

    /// The next message; empty where there is none.
    func receive() -> String {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  @Test("what systemd reads, by path and by abstract name", arguments: [false, true])
  func messages(isAbstract: Bool) throws {
    let manager = try Manager(isAbstract: isAbstract)
    let notifier = ServiceNotifier(["NOTIFY_SOCKET": manager.name])
    #expect(notifier.isHeard)
    notifier.ready(status: "door live\nyard waiting")
    #expect(manager.receive() == "READY=1\nSTATUS=door live?yard waiting")
    notifier.reloading(now: 12.345678)
    #expect(manager.receive() == "RELOADING=1\nMONOTONIC_USEC=12345678")
    notifier.alive()
    #expect(manager.receive() == "WATCHDOG=1")
    notifier.say("x")
    #expect(manager.receive() == "STATUS=x")
    notifier.stopping()
    #expect(manager.receive() == "STOPPING=1\nSTATUS=closing outputs")
    #expect(manager.receive() == "")
  }

  @Test("a manager that does not read is not waited for")
  func fullSocket() throws {
    let manager = try Manager(isAbstract: true)
    let notifier = ServiceNotifier(["NOTIFY_SOCKET": manager.name])
    #expect(seconds { for _ in 0..<5000 { notifier.alive() } } < 2)
    #expect(manager.receive() == "WATCHDOG=1")
  }

  @Test(
    "names that are none",
    arguments: ["", "/", "relative", "@", "vsock:2:1", String(repeating: "/x", count: 60)])
  func badNames(name: String) {
    let notifier = ServiceNotifier(["NOTIFY_SOCKET": name])
    #expect(!notifier.isHeard)
    notifier.ready(status: "nobody hears")
  }

  @Test("how often the watchdog wants to hear")
  func watchdog() {
    #expect(ServiceNotifier([:]).watchdogSeconds == nil)
    #expect(ServiceNotifier(["WATCHDOG_USEC": "30000000"]).watchdogSeconds == 30)
    #expect(ServiceNotifier(["WATCHDOG_USEC": "x"]).watchdogSeconds == nil)
    #expect(ServiceNotifier(["WATCHDOG_USEC": "0"]).watchdogSeconds == nil)
    let own = ["WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "\(getpid())"]
    #expect(ServiceNotifier(own).watchdogSeconds == 1)
    let other = ["WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"]
    #expect(ServiceNotifier(other).watchdogSeconds == nil)
  }

  @Test("ages in words")
  func ages() {
    let words = [-1, 0, 59.9, 60, 3599, 7200, 200_000].map(StatusText.age)
    #expect(words == ["0 s", "0 s", "59 s", "1 min", "59 min", "2 h", "2 d"])
  }

  @Test("the status line")
  func status() {
    var live = StreamStatus(name: "door", source: "/dev/video0")
    live.sourceState = .live
    live.framesPerSecond = 29.97
    live.trackingState = "tracking"
    live.outputs = [OutputStatus(kind: "csv", target: "x", problem: "disk full")]
    var lost = StreamStatus(name: "yard", source: "x")
    lost.sourceState = .waiting
    lost.problem = "refused"
    func text(_ streams: [StreamStatus], _ notes: [String] = []) -> String {
      StatusText(streams, notes: notes, now: 700).text
    }
    #expect(
      text([live, lost], ["no HTTP"])
        == "no HTTP; door live 30.0 frames/s, tracking, trouble with csv; yard waiting (refused)")
    (live.trackingState, live.framesPerSecond, live.outputs) = (nil, 0, [])
    live.lastFrameSeconds = 40
    #expect(text([live]) == "door live 0.0 frames/s, no frame for 11 min")
    let many = text(Array(repeating: lost, count: 100))
    #expect(many.count == 400 && many.hasSuffix("..."))
  }
}
