/// The connections that are served, within bounds: who comes, and who makes room for whom.
///
/// A connection that has got nothing yet gives way to one that comes, the oldest first; then those
/// that are between requests; then those that take their answer slowly. Of equals, the address with
/// the most connections gives one up. So nobody who sends a byte, or who does not read, keeps
/// others out.
struct HTTPConnections {
  let bounds: HTTPBounds
  private let refusals: HTTPRefusalCounts
  private(set) var all: [UInt64: HTTPConnection] = [:]
  private var nextNumber: UInt64 = 1

  /// - Parameter refusals: counts those who make room for others.
  init(_ bounds: HTTPBounds, _ refusals: HTTPRefusalCounts = HTTPRefusalCounts()) {
    self.bounds = bounds
    self.refusals = refusals
  }

  subscript(_ number: UInt64) -> HTTPConnection? { all[number] }

  var unsentBytes: Int { all.values.reduce(0) { $0 + $1.unsentBytes } }

  // MARK: Coming and going

  /// Takes a connection in. Returns its number, or nil where there is no room for any request.
  mutating func add(_ connection: HTTPConnection, now: Double) -> UInt64? {
    // Those that are kept have places of their own: they neither take nor give one here.
    let served = all.values.filter { !$0.isKept }
    let network = connection.peer?.network
    let isWithinShare =
      served.count { $0.peer?.network == network } < bounds.ofOneAddress
      || makeRoom(now: now) { !$0.isKept && $0.peer?.network == network }
    let hasRoom =
      isWithinShare
      && (served.count < bounds.connections || makeRoom(now: now) { !$0.isKept })
    if !hasRoom {
      let kept = all.values.count { $0.isKept }
      guard kept < bounds.kept || makeRoom(now: now, among: { $0.isKept }) else { return nil }
      connection.isKept = true
    }
    all[nextNumber] = connection
    nextNumber += 1
    return nextNumber - 1
  }

  mutating func remove(_ number: UInt64) { all[number] = nil }

  mutating func closeAll() {
    for connection in all.values { connection.close() }
    all = [:]
  }

  // MARK: Room

  /// Closes the connection that is worth least; false where none is to be closed.
  mutating func makeRoom(
    now: Double, among isMeant: (HTTPConnection) -> Bool = { _ in true }
  ) -> Bool {
    let shares = Dictionary(grouping: all.values) { $0.peer?.network }.mapValues(\.count)
    let candidates = all.compactMap { number, connection -> (rank: Rank, number: UInt64)? in
      guard isMeant(connection),
        let worth = connection.worth(now: now, slowSeconds: bounds.slowSeconds)
      else { return nil }
      let share = shares[connection.peer?.network] ?? 0
      return (Rank(worth: worth, share: share, since: connection.since), number)
    }
    guard let least = candidates.min(by: { $0.rank < $1.rank }) else { return false }
    guard let connection = all.removeValue(forKey: least.number) else { return false }
    if connection.isOwed { refusals.add(.connections) }
    connection.close()
    return true
  }

  /// Whether an answer of `count` bytes may begin; those who take theirs slowly are closed for it.
  mutating func makeRoom(forBytes count: Int, now: Double) -> Bool {
    while true {
      let unsent = unsentBytes
      // One answer alone is never too much.
      if unsent == 0 || unsent + count <= bounds.answerBytes { return true }
      let slowSeconds = bounds.slowSeconds
      guard makeRoom(now: now, among: { $0.worth(now: now, slowSeconds: slowSeconds) == .slow })
      else { return false }
    }
  }

  /// The connection that has waited longest, where more wait than may.
  var waitsTooMany: UInt64? {
    let waiting = all.filter { $0.value.isWaiting }
    guard waiting.count > bounds.waits else { return nil }
    return waiting.min { $0.value.since < $1.value.since }?.key
  }

  private struct Rank: Comparable {
    var worth: HTTPConnection.Worth
    var share: Int
    var since: Double

    static func < (left: Rank, right: Rank) -> Bool {
      if left.worth != right.worth { return left.worth < right.worth }
      if left.share != right.share { return left.share > right.share }
      return left.since < right.since
    }
  }
}
