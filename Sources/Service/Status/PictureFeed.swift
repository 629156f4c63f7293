import CLNF
import Pictures
import Synchronization
import Tracking

/// The latest picture of a stream with its faces, for those who look at it.
///
/// Nothing is copied or encoded while nobody looks. Whoever waits for a picture looks, and for two
/// seconds after. Pictures are copied at most 15 times a second, and encoded only when somebody
/// waits for them, once for all, on a thread for that. Thread-safe: `offer` belongs to the stream's
/// thread, the rest to any.
public final class PictureFeed: Sendable {
  /// Pictures are scaled down to it, px.
  static let widest = 640
  /// Between pictures, seconds.
  static let interval = 1.0 / 15
  /// Somebody who does not wait any more may be about to ask for the next picture, seconds.
  static let interestSeconds = 2.0
  /// A picture that is older is not shown to those who come, seconds.
  static let freshSeconds = 2.0

  private struct Watcher {
    var after: Int
    var tell: @Sendable () -> Void
  }

  private struct State {
    var number = 0
    /// Copied, not encoded.
    var pending: PictureCopy?
    /// Their memory is used again.
    var spares: [PictureCopy] = []
    var newest: LivePicture?
    var watchers: [Int: Watcher] = [:]
    var nextWatcher = 1
    var isQueued = false
    /// For tests: what was done in all.
    var copies = 0
    var encodings = 0

    /// Whether somebody waits for what is pending.
    var isAwaited: Bool {
      guard let pending else { return false }
      return watchers.values.contains { $0.after < pending.number }
    }

    /// A number that has not been yet counts as none.
    func bounded(_ after: Int) -> Int { after > number ? 0 : after }

    /// Keeps a copy's memory; two are enough: one is filled while another is encoded.
    mutating func keep(_ copy: PictureCopy) {
      if spares.count < 2 { spares.append(copy) }
    }

    /// Whether the feed is to be handed to the encoder's thread now.
    mutating func queue() -> Bool {
      guard isAwaited, !isQueued else { return false }
      isQueued = true
      return true
    }
  }

  private let state = Mutex(State())
  private let encoder = Mutex<JPEGEncoder?>(nil)
  private let clock: ServiceClock
  private let watching = Atomic<Int>(0)
  /// Bit patterns of seconds: somebody looked last until then; the next copy is due then.
  private let lookedUntil = Atomic<UInt64>((-Double.infinity).bitPattern)
  private let dueFrom = Atomic<UInt64>((-Double.infinity).bitPattern)

  public init(clock: ServiceClock = .monotonic) { self.clock = clock }

  /// Whether somebody looks.
  public var isWanted: Bool {
    if watching.load(ordering: .relaxed) > 0 { return true }
    return clock.now() < Double(bitPattern: lookedUntil.load(ordering: .relaxed))
  }

  /// Shows a frame to those who look. Returns at once where nobody does; else it copies the picture
  /// at most 15 times a second, and never waits for those who look.
  /// - Parameter faces: at least one; of a frame without a face one without a fit.
  public func offer(_ image: borrowing GreyImage, _ faces: some Collection<TrackedFrame>) {
    guard isWanted, image.count > 0, takeTurn() else { return }
    let (copy, number) = state.withLock { state in
      state.number += 1
      return (state.spares.popLast() ?? PictureCopy(), state.number)
    }
    copy.fill(image, faces, number: number, offeredSeconds: clock.now())
    let isToEncode = state.withLock { state in
      state.copies += 1
      if let old = state.pending { state.keep(old) }
      state.pending = copy
      return state.queue()
    }
    if isToEncode { PictureEncoding.shared.add(self) }
  }

  /// Whether a copy is due, and if so, when the next one is.
  private func takeTurn() -> Bool {
    let now = clock.now()
    let due = Double(bitPattern: dueFrom.load(ordering: .relaxed))
    // A frame that comes a little early counts as on time, or 30 frames/s would give 10.
    guard now >= due - 0.1 * Self.interval else { return false }
    dueFrom.store((max(now, due) + Self.interval).bitPattern, ordering: .relaxed)
    return true
  }

  // MARK: Looking

  /// The newest encoded picture after the number `after`, if it is fresh. A number that has not
  /// been yet is an earlier feed's and counts as none.
  func newest(after: Int) -> LivePicture? {
    let now = clock.now()
    return state.withLock { state in
      guard let newest = state.newest, now - newest.offeredSeconds < Self.freshSeconds,
        newest.number > state.bounded(after)
      else { return nil }
      return newest
    }
  }

  /// Waits for a picture after the number `after`: `tell` is called once, when `newest` has it, on
  /// the encoder's thread. Returns what `removeWatcher` takes.
  func addWatcher(after: Int, _ tell: @escaping @Sendable () -> Void) -> Int {
    watching.add(1, ordering: .relaxed)
    let now = clock.now()
    let (id, isToEncode) = state.withLock { state in
      let id = state.nextWatcher
      state.nextWatcher += 1
      state.watchers[id] = Watcher(after: state.bounded(after), tell: tell)
      // What was copied long ago is not what somebody wants to see now.
      if let pending = state.pending, now - pending.offeredSeconds >= Self.freshSeconds {
        state.keep(pending)
        state.pending = nil
      }
      return (id, state.queue())
    }
    if isToEncode { PictureEncoding.shared.add(self) }
    return id
  }

  /// To be called once for every `addWatcher`, whether it was told or not.
  func removeWatcher(_ id: Int) {
    _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    lookedUntil.store((clock.now() + Self.interestSeconds).bitPattern, ordering: .relaxed)
    watching.subtract(1, ordering: .relaxed)
  }

  /// Encodes what is pending and tells those who wait for it. The encoder's thread.
  func encodePending() {
    let pending = state.withLock { state in
      state.isQueued = false
      guard state.isAwaited else { return PictureCopy?.none }
      defer { state.pending = nil }
      return state.pending
    }
    guard let pending else { return }
    let picture = pending.encoded { image in encode(image) }
    let told = state.withLock { state in
      state.encodings += 1
      state.newest = picture
      state.keep(pending)
      let told = state.watchers.filter { $0.value.after < picture.number }
      for id in told.keys { state.watchers[id] = nil }
      return told.values.map(\.tell)
    }
    for tell in told { tell() }
  }

  private func encode(_ image: borrowing GreyImage) -> [UInt8] {
    encoder.withLock { encoder in
      let present = encoder ?? JPEGEncoder(widest: Self.widest)
      encoder = present
      return (try? present.encode(image)) ?? []
    }
  }

  /// For tests: how many wait.
  var watcherCount: Int { watching.load(ordering: .relaxed) }

  /// For tests: copies and encodings so far.
  var counts: (copies: Int, encodings: Int) { state.withLock { ($0.copies, $0.encodings) } }
}
