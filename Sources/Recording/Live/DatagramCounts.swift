/// What became of the packets to a UDP receiver, as far as is known, and what is wrong with it.
///
/// A refusal comes back some time after its packet, and is told with a later one or when the socket
/// is asked. So a packet that went counts as written only when the next has gone without a refusal,
/// or a second later; what was counted is never taken back. After a failure nothing counts as
/// written until packets have gone unrefused for some seconds: hosts refuse at most so many packets
/// a second and are silent to the others.
struct DatagramCounts {
  /// Kept as it comes: making text of it costs memory, and a dead receiver gives it for every row.
  enum Problem {
    case system(Int32)
    case other(RecordingError)
  }

  private(set) var written = 0
  private(set) var losses = LossCounts()
  /// What is wrong; for as long as nothing shows that it is over.
  private(set) var problem: Problem?
  /// Packets that went, and that may still be refused.
  private var pending = 0
  private var lastSeconds = -Double.infinity
  /// When the first packet went after the last failure; nil where none has.
  private var goneSinceSeconds: Double?
  /// What packets are lost for that went after a failure, unless all gets well.
  private var doubt: LossCause?

  /// How long packets have to go without a refusal before all is well. Linux refuses one packet a
  /// second, and some of its answers are lost.
  static let wellSeconds = 5.0
  /// A refusal is back by then.
  static let refusalSeconds = 1.0

  /// A packet was taken by the system, and no refusal was told.
  mutating func went(at seconds: Double) {
    if problem != nil {
      let since = goneSinceSeconds ?? seconds
      goneSinceSeconds = since
      if seconds - since >= Self.wellSeconds { (problem, doubt) = (nil, nil) }
    }
    if problem == nil { countPending() }
    pending += 1
    lastSeconds = seconds
  }

  /// Packets that went were refused: the last one, and after an earlier failure all since then.
  mutating func wereRefused(_ code: Int32, _ cause: LossCause) {
    losses.add(max(1, pending), cause)
    pending = 0
    doubt = cause
    fail(.system(code))
  }

  /// A packet did not go.
  mutating func lose(_ cause: LossCause, _ problem: Problem? = nil) {
    losses.add(1, cause)
    if let problem { fail(problem) }
  }

  /// Something is wrong; no packet was lost for it.
  mutating func fail(_ problem: Problem) {
    self.problem = problem
    goneSinceSeconds = nil
  }

  /// Nothing was told of the packets that went.
  mutating func settle(at seconds: Double) {
    guard problem == nil, seconds - lastSeconds >= Self.refusalSeconds else { return }
    countPending()
  }

  /// Nothing will be told any more. A receiver that refused, and is not known to be well, has got
  /// nothing since.
  mutating func end() {
    if let doubt, pending > 0 {
      losses.add(pending, doubt)
      pending = 0
    }
    countPending()
  }

  private mutating func countPending() {
    written += pending
    pending = 0
  }
}
