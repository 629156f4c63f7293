import Foundation
import Glibc
import TestSupport
import Testing

@testable import Recording

/// A UDP socket on 127.0.0.1, on a port that the system chooses or that is asked for.
private final class Listener {
  let descriptor: Int32
  let port: Int

  init(port: Int = 0) throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutableBytes(of: &address) { bytes in
      let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      guard let pointer else { return false }
      return bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
    }
    try #require(isBound)
    self.port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }

  /// The bytes of the next packet; nil where none comes within two seconds.
  func receive() -> [UInt8]? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 2000) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 2048)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : Array(bytes.prefix(count))
  }
}

extension DatagramSender {
  fileprivate func send(_ text: String) { Array(text.utf8).withUnsafeBytes { send($0) } }
}

@Suite struct DatagramSenderTests {
  @Test func packetsArriveWhole() throws {
    let listener = try Listener()
    let sender = try DatagramSender(host: "127.0.0.1", port: listener.port)
    sender.send("one")
    sender.send("three")
    #expect(listener.receive() == Array("one".utf8))
    #expect(listener.receive() == Array("three".utf8))
    sender.close()
    sender.send("late")
    let status = sender.status(kind: "osc")
    #expect(status.written == 2)
    #expect(status.lost == ["closed": 1])
    #expect(status.target == "127.0.0.1:\(listener.port)")
    #expect(status.problem == nil)
    #expect(try DatagramSender(host: "::1", port: 9).target == "[::1]:9")
  }

  @Test func aReceiverThatIsNotThereIsCountedAndFoundWhenItComes() throws {
    let port = try Listener().port
    let clock = ManualClock(utc: 0)
    let sender = try DatagramSender(host: "127.0.0.1", port: port, clock: clock.logClock)
    for _ in 0..<20 { sender.send("nobody") }
    let status = sender.status(kind: "osc")
    #expect(status.lost == ["no receiver": 20])
    #expect(status.written == 0)
    #expect(status.problem == "cannot send to 127.0.0.1:\(port): Connection refused")
    let listener = try Listener(port: port)
    sender.send("somebody")
    #expect(listener.receive() == Array("somebody".utf8))
    // Time alone shows nothing: that all is well is known when packets go without a refusal.
    clock.advance(6)
    #expect(sender.status(kind: "osc").problem != nil)
    sender.send("again")
    #expect(listener.receive() == Array("again".utf8))
    #expect(sender.status(kind: "osc").problem == nil)
    sender.close()
    #expect(sender.status(kind: "osc").written == 2)
  }

  /// A host that refuses one packet in a few seconds is silent to the others.
  @Test func aReceiverThatRefusesNowAndThenIsNotWellInBetween() throws {
    let port = try Listener().port
    let clock = ManualClock(utc: 0)
    let sender = try DatagramSender(host: "127.0.0.1", port: port, clock: clock.logClock)
    var news = SinkNews()
    var said: [String] = []
    var written: [Int] = []
    func look() {
      let status = sender.status(kind: "osc")
      written.append(status.written)
      if let item = news.look(status) { said.append(item.text) }
    }
    for _ in 0..<4 {
      sender.send("refused")
      look()
      // Nothing comes back of these.
      let listener = try Listener(port: port)
      for _ in 0..<30 {
        clock.advance(0.1)
        sender.send("silent")
        look()
      }
      withExtendedLifetime(listener) {}
    }
    #expect(
      said == [
        "osc 127.0.0.1:\(port): cannot send to 127.0.0.1:\(port): Connection refused; "
          + "rows are lost: no receiver 1"
      ])
    #expect(written.allSatisfy { $0 == 0 })
    sender.close()
    #expect(sender.status(kind: "osc").lost == ["no receiver": 4 * 31])
  }

  /// A counter that went back would be read as a service that started anew.
  @Test func whatCountsAsWrittenIsNeverTakenBack() throws {
    let clock = ManualClock(utc: 0)
    var listener: Listener? = try Listener()
    let port = try #require(listener).port
    let sender = try DatagramSender(host: "127.0.0.1", port: port, clock: clock.logClock)
    for _ in 0..<10 {
      clock.advance(0.1)
      sender.send("heard")
    }
    clock.advance(1)
    let before = sender.status(kind: "osc")
    #expect(before.written == 10 && before.problem == nil)
    listener = nil
    var written = before.written
    for _ in 0..<5 {
      clock.advance(0.1)
      sender.send("refused")
      let status = sender.status(kind: "osc")
      #expect(status.written >= written)
      written = status.written
    }
    #expect(written == 10)
    #expect(sender.status(kind: "osc").lost == ["no receiver": 5])
    withExtendedLifetime(listener) {}
  }

  /// The first packet after a failure shows nothing, however long ago that was.
  @Test func onePacketDoesNotMakeAReceiverWell() {
    var counts = DatagramCounts()
    counts.went(at: 0)
    counts.lose(.unreachable, .system(EHOSTUNREACH))
    counts.went(at: 100)
    #expect(counts.problem != nil && counts.written == 0)
    counts.went(at: 104)
    #expect(counts.problem != nil && counts.written == 0)
    counts.went(at: 105)
    #expect(counts.problem == nil && counts.written == 3)
    counts.settle(at: 105.5)
    #expect(counts.written == 3)
    counts.settle(at: 106)
    #expect(counts.written == 4)
  }

  /// A face that is seen once in a while: between its rows nothing is known of the receiver.
  @Test func aReceiverThatStaysDeadIsNotWellBetweenRows() throws {
    let port = try Listener().port
    let clock = ManualClock(utc: 0)
    let sender = try DatagramSender(host: "127.0.0.1", port: port, clock: clock.logClock)
    for _ in 0..<20 { sender.send("nobody") }
    for _ in 0..<5 {
      clock.advance(10)
      #expect(sender.status(kind: "osc").problem != nil)
      sender.send("nobody")
      #expect(sender.status(kind: "osc").problem != nil)
    }
  }

  /// The system only reports a refusal with the next packet, or when it is asked.
  @Test func theLastPacketsRefusalIsCountedToo() throws {
    let sender = try DatagramSender(host: "127.0.0.1", port: try Listener().port)
    sender.send("nobody")
    sender.close()
    let status = sender.status(kind: "osc")
    #expect(status.written == 0 && status.lost == ["no receiver": 1])
  }

  @Test func aNameIsLookedUpAndItsAddressesAreTriedInTurn() throws {
    // localhost may be ::1 first; the receiver is at 127.0.0.1.
    let listener = try Listener()
    let sender = try DatagramSender(host: "localhost", port: listener.port)
    let deadline = Date().addingTimeInterval(8)
    var got: [UInt8]?
    while got == nil, Date() < deadline {
      sender.send("hello")
      var waiting = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 20) > 0 { got = listener.receive() }
    }
    #expect(got == Array("hello".utf8))
  }

  @Test func aNameThatDoesNotExistIsAProblemAndNoWait() throws {
    let begin = Date()
    let sender = try DatagramSender(host: "no-such-host.invalid", port: 9000)
    for _ in 0..<100 { sender.send("x") }
    #expect(Date().timeIntervalSince(begin) < 1)
    let status = sender.status(kind: "osc")
    #expect(status.lost == ["unreachable": 100])
    #expect(status.written == 0)
    // Before it is known why, too.
    #expect(status.problem?.hasPrefix("cannot send to no-such-host.invalid:9000: ") == true)
    let deadline = Date().addingTimeInterval(10)
    while sender.status(kind: "osc").problem == nil, Date() < deadline { usleep(10_000) }
    #expect(
      sender.status(kind: "osc").problem?.hasPrefix("cannot send to no-such-host.invalid:9000: ")
        == true)
  }

  @Test func whatIsNoReceiver() {
    for (host, port) in [("", 9000), ("a\0b", 9000), ("127.0.0.1", 0), ("127.0.0.1", 65_536)] {
      #expect(throws: RecordingError.self) { _ = try DatagramSender(host: host, port: port) }
    }
  }
}
