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
}
