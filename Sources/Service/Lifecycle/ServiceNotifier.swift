import FoundationEssentials
import Glibc

/// Tells a service manager how the service does: datagrams to $NOTIFY_SOCKET (sd_notify(3)).
///
/// Without that variable every message goes nowhere. Nothing waits: a manager that does not read
/// misses messages. Thread-safe.
public final class ServiceNotifier: Sendable {
  /// How often the manager wants to hear WATCHDOG=1, seconds; nil: never.
  public let watchdogSeconds: Double?
  private let address: sockaddr_un?
  private let addressLength: socklen_t
  private let descriptor: Int32

  public init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    let made = environment["NOTIFY_SOCKET"].flatMap(Self.makeAddress)
    address = made?.address
    addressLength = made?.length ?? 0
    descriptor =
      made == nil
      ? -1 : socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    watchdogSeconds = Self.watchdogSeconds(environment)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether there is a manager to tell.
  public var isHeard: Bool { descriptor >= 0 }

  /// The service is up, or has been reloaded.
  public func ready(status: String) { send("READY=1\n\(Self.line(status))") }

  /// The service reads its configuration anew; `ready` is to follow. `now`: CLOCK_MONOTONIC.
  public func reloading(now: Double) {
    send("RELOADING=1\nMONOTONIC_USEC=\(Int64(now * 1e6))")
  }

  public func stopping() { send("STOPPING=1\n\(Self.line("closing outputs"))") }

  /// The service works as it should.
  public func alive() { send("WATCHDOG=1") }

  /// What the service does, in words.
  public func say(_ status: String) { send(Self.line(status)) }

  private static func line(_ status: String) -> String { "STATUS=\(singleLine(status))" }

  @discardableResult
  private func send(_ message: String) -> Bool {
    guard descriptor >= 0, var address else { return false }
    let bytes = Array(message.utf8)
    let sent = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        sendto(
          descriptor, bytes, bytes.count,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), pointer, addressLength)
      }
    }
    return sent == bytes.count
  }

  /// A path, or with '@' in front a name of the abstract namespace; nil for anything else.
  private static func makeAddress(
    _ name: String
  ) -> (address: sockaddr_un, length: socklen_t)? {
    var bytes = Array(name.utf8)
    var address = sockaddr_un()
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard let first = bytes.first, bytes.count > 1, bytes.count < capacity, !bytes.contains(0),
      first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
    else { return nil }
    address.sun_family = sa_family_t(AF_UNIX)
    let isAbstract = first == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    // An abstract name ends where the address does, a path with a zero.
    let begin = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
    return (address, socklen_t(begin + bytes.count + (isAbstract ? 0 : 1)))
  }

  /// $WATCHDOG_USEC, where it is meant for this process (sd_watchdog_enabled(3)).
  private static func watchdogSeconds(_ environment: [String: String]) -> Double? {
    guard let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init), microseconds > 0
    else { return nil }
    if let process = environment["WATCHDOG_PID"], process != "\(getpid())" { return nil }
    return Double(microseconds) * 1e-6
  }
}
