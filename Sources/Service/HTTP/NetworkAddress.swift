import Glibc

/// A numeric IPv4 or IPv6 address, in the network's byte order.
struct NetworkAddress: Sendable, Hashable {
  /// 4 or 16.
  let bytes: [UInt8]

  /// nil where `text` is no numeric address.
  init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: four) { [UInt8]($0) }
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      bytes = withUnsafeBytes(of: six) { [UInt8]($0) }
    } else {
      return nil
    }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Whether only this machine can reach it: 127.0.0.0/8 or ::1.
  var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  /// What one caller has for himself: an IPv4 address, of an IPv6 address the network of 64 bits.
  var network: [UInt8] {
    // IPv4 by way of an IPv6 socket: ::ffff:a.b.c.d.
    let isMapped =
      bytes.count == 16 && bytes.starts(with: [UInt8](repeating: 0, count: 10) + [255, 255])
    return isMapped ? Array(bytes[12...]) : Array(bytes.prefix(8))
  }

  var family: Int32 { bytes.count == 4 ? AF_INET : AF_INET6 }

  /// Hands the address and a port over as the system calls want them.
  func withSocketAddress<Result>(
    port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    if bytes.count == 4 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
      return Self.with(&address, body)
    }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
    return Self.with(&address, body)
  }

  private static func with<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// The address and port that a socket is bound to; nil where the system does not say.
  static func bound(_ descriptor: Int32) -> (address: NetworkAddress, port: UInt16)? {
    asked { getsockname(descriptor, $0, $1) }
  }

  /// The address at the other end of a connection; nil where the system does not say.
  static func peer(_ descriptor: Int32) -> NetworkAddress? {
    asked { getpeername(descriptor, $0, $1) }?.address
  }

  private static func asked(
    _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> (address: NetworkAddress, port: UInt16)? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask($0, &length) }
    }
    guard code == 0 else { return nil }
    return withUnsafeBytes(of: storage) { bytes in
      switch Int32(storage.ss_family) {
      case AF_INET:
        let four = bytes.loadUnaligned(as: sockaddr_in.self)
        return (
          NetworkAddress(bytes: withUnsafeBytes(of: four.sin_addr) { [UInt8]($0) }),
          UInt16(bigEndian: four.sin_port)
        )
      case AF_INET6:
        let six = bytes.loadUnaligned(as: sockaddr_in6.self)
        return (
          NetworkAddress(bytes: withUnsafeBytes(of: six.sin6_addr) { [UInt8]($0) }),
          UInt16(bigEndian: six.sin6_port)
        )
      default: return nil
      }
    }
  }
}
