import Glibc

/// Where packets go to: an address and port of some family.
struct SocketAddress: Sendable, Equatable {
  private let bytes: [UInt8]
  private let family: Int32

  /// What the system or the resolver says is wrong.
  struct Failure: Error {
    let text: String
  }

  /// The addresses of a host for UDP, in the resolver's order. Blocks for seconds unless
  /// `isNumeric`, which takes no name for an answer.
  static func resolve(
    _ host: String, port: Int, isNumeric: Bool
  ) -> Result<[SocketAddress], Failure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (isNumeric ? AI_NUMERICHOST : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else { return .failure(Failure(text: String(cString: gai_strerror(code)))) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        addresses.append(SocketAddress(bytes: Array(bytes), family: entry.ai_family))
      }
      next = entry.ai_next
    }
    return .success(addresses)
  }

  /// A socket that sends there, which never blocks; broadcast addresses are allowed.
  func connect() -> Result<Int32, Failure> {
    let kind = SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(family, Int32(kind), 0)
    guard descriptor >= 0 else { return .failure(Failure(text: String(cString: strerror(errno)))) }
    var yes: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_BROADCAST, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
    let isConnected = bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return Glibc.connect(
        descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
    }
    guard isConnected else {
      let failure = Failure(text: String(cString: strerror(errno)))
      _ = close(descriptor)
      return .failure(failure)
    }
    return .success(descriptor)
  }
}
