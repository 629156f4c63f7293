import Glibc

/// A socket that listens; closed with it.
final class HTTPListener: Sendable {
  let descriptor: Int32
  let port: UInt16
  /// Whether only this machine can reach it.
  let isLoopback: Bool

  /// - Throws: `HTTPError`: `addressInUse`, `addressNotHere` or `system`; `setting` where others
  ///   could reach the socket and there is no token.
  init(_ settings: HTTPSettings) throws(HTTPError) {
    let interface = settings.interface
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = socket(interface.family, type, 0)
    guard descriptor >= 0 else { throw .current("open a socket") }
    do throws(HTTPError) {
      try Self.listen(descriptor, interface, settings)
      guard let bound = NetworkAddress.bound(descriptor) else {
        throw HTTPError.current("ask for the socket's address")
      }
      // Once more, of the socket itself: the settings may have been read otherwise than meant.
      guard bound.address.isLoopback || settings.token != nil else {
        throw HTTPError.setting(
          name: "the address", got: "can be reached by others, without a token",
          expected: "a token")
      }
      port = bound.port
      isLoopback = bound.address.isLoopback
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  private static func listen(
    _ descriptor: Int32, _ interface: NetworkAddress, _ settings: HTTPSettings
  ) throws(HTTPError) {
    var yes: Int32 = 1
    // A service that starts again must not wait until the last one's connections are forgotten.
    guard
      setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) == 0
    else { throw .current("set up a socket") }
    let code = interface.withSocketAddress(port: settings.port) { bind(descriptor, $0, $1) }
    guard code == 0 else {
      switch errno {
      case EADDRINUSE: throw .addressInUse(address: settings.address, port: settings.port)
      case EADDRNOTAVAIL: throw .addressNotHere(address: settings.address)
      default: throw .current("listen on \(settings.address), port \(settings.port)")
      }
    }
    guard Glibc.listen(descriptor, SOMAXCONN) == 0 else {
      guard errno == EADDRINUSE else { throw .current("listen on \(settings.address)") }
      throw .addressInUse(address: settings.address, port: settings.port)
    }
  }

  /// The next connection that waits; nil where none does.
  /// - Throws: `HTTPError.system` where the process has too many descriptors, or alike.
  func accept() throws(HTTPError) -> Int32? {
    while true {
      let connection = Glibc.accept(descriptor, nil, nil)
      if connection >= 0 {
        // Swift does not see accept4(2), which would do it at once.
        _ = fcntl(connection, F_SETFL, O_NONBLOCK)
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        // Answers go out in one piece as far as they can; the last part must not wait for more.
        setsockopt(
          connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return connection
      }
      switch errno {
      case EAGAIN: return nil
      // The caller gave up, or a signal came.
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH: continue
      default: throw .current("accept a connection")
      }
    }
  }
}
