import Glibc

/// How much the HTTP side takes on for callers it does not know.
struct HTTPBounds: Sendable {
  /// Connections that are served at a time.
  var connections = 128
  /// Of those, at most so many of one address (IPv6: of one network of 64 bits).
  var ofOneAddress = 64
  /// Beyond these, for /healthz, /readyz and /metrics alone.
  var kept = 16
  /// Connections whose answer is not there yet: those who wait for a picture.
  var waits = 48
  /// Bytes of answers on their way out, of all connections. What answers share counts for each.
  var answerBytes = 64 << 20
  /// An answer that was begun so long ago gives way to others where there is no room, seconds.
  var slowSeconds = 1.0

  /// Connections in all.
  var most: Int { connections + kept }
}

extension HTTPBounds {
  /// The usual bounds, but no more connections than a quarter of the `descriptors` that the process
  /// may have open: the streams need the rest, and a reload a few.
  init(descriptors: Int) {
    let most = max(4, descriptors / 4)
    kept = min(kept, max(1, most / 8))
    connections = min(connections, most - kept)
    ofOneAddress = min(ofOneAddress, max(1, connections / 2))
    waits = min(waits, max(1, connections * 3 / 8))
  }

  /// For the limit that is in force (`ulimit -n`, `LimitNOFILE=`).
  static func ofThisProcess() -> HTTPBounds {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return HTTPBounds()
    }
    return HTTPBounds(descriptors: Int(clamping: limit.rlim_cur))
  }
}
