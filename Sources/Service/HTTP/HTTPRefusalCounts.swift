import Synchronization

/// Why a caller was turned away; the raw value is the metric's label `cause`.
enum HTTPRefusalCause: String, CaseIterable, Sendable {
  /// The token was not shown, or it was another one.
  case token
  /// Asked under a name that is not the service's.
  case host
  /// A page of another site asked.
  case otherSite = "other site"
  /// What came was no request that is taken: malformed, too long, with a body.
  case badRequest = "bad request"
  /// The request did not come in time, or its answer was not taken.
  case slow
  /// There was no place, or it was given to another caller.
  case connections
  /// Too many bytes of answers were on their way.
  case answers
  /// Too many waited for pictures.
  case waits
}

/// How many callers were turned away, by cause. Thread-safe.
final class HTTPRefusalCounts: Sendable {
  private let counts = Mutex<[HTTPRefusalCause: Int]>([:])

  func add(_ cause: HTTPRefusalCause) { counts.withLock { $0[cause, default: 0] += 1 } }

  subscript(_ cause: HTTPRefusalCause) -> Int { counts.withLock { $0[cause] ?? 0 } }
}
