/// Whether a stream's time stamps run as time does.
///
/// The smallest delay of each window of some seconds is compared with that of the window before. Where
/// stamps run as time does, it stays what it is, in whatever bursts the packets come; where they stand
/// still or run at another speed, it grows or falls with every window. A window is as long as three of
/// the longest silences, so that it holds whole bursts.
///
/// All times in seconds; arrivals of the monotonic clock.
struct StampTrust {
  /// What is wrong with the stamps.
  enum Doubt: Equatable {
    /// They run this much as fast as time; 0: they stand still.
    case speed(Double)
    /// They jump again and again.
    case jumps
  }

  /// nil while the stamps are believed.
  private(set) var doubt: Doubt?

  private struct Window {
    var start: Double
    var leastDelay: Double
    var waited = 0.0
  }

  private var window: Window?
  private var before: Window?
  private var lastArrival: Double?
  private var silence = (before: 0.0, current: 0.0)
  /// Windows in a row that were wrong in the same direction, and that were right.
  private var wrong = (count: 0, drift: 0.0)
  private var right = 0
  private var jumps: [Double] = []

  private static let leastWindow = 2.0
  private static let silences = 3.0
  /// A quartz is off by a ten thousandth, a network's delay grows for a moment.
  private static let wrongDrift = 0.15
  private static let rightDrift = 0.1
  private static let windowsToDoubt = 2
  private static let windowsToBelieve = 2
  /// A window in which data was waited for less than this share of the time says nothing: then it
  /// is the reader that is late, not the stamps.
  private static let leastWaiting = 0.05
  private static let jumpsToDoubt = 3
  private static let jumpMemory = 30.0

  /// Takes in a packet. `waited`: how long it was waited for.
  mutating func note(stamp: Double, arrival: Double, waited: Double) {
    let delay = arrival - stamp
    silence.current = max(silence.current, lastArrival.map { arrival - $0 } ?? 0)
    lastArrival = arrival
    guard var open = window else {
      window = Window(start: arrival, leastDelay: delay)
      return
    }
    open.waited += waited
    let longest = max(silence.before, silence.current)
    if arrival - open.start >= max(Self.leastWindow, Self.silences * longest) {
      close(open, at: arrival)
      open = Window(start: arrival, leastDelay: delay)
    }
    open.leastDelay = min(open.leastDelay, delay)
    window = open
  }

  /// Takes in that the stream's time jumped.
  mutating func noteJump(arrival: Double) {
    jumps.removeAll { arrival - $0 > Self.jumpMemory }
    if jumps.count < Self.jumpsToDoubt { jumps.append(arrival) }
    if jumps.count == Self.jumpsToDoubt { doubt = .jumps }
    window = nil
    before = nil
    wrong.count = 0
    right = 0
  }

  private mutating func close(_ closed: Window, at arrival: Double) {
    silence = (silence.current, 0)
    guard closed.waited >= Self.leastWaiting * (arrival - closed.start) else {
      before = nil
      return
    }
    defer { before = closed }
    guard let before else { return }
    judge(drift: (closed.leastDelay - before.leastDelay) / (closed.start - before.start))
  }

  /// - Parameter drift: by how much the delay grew for each second.
  private mutating func judge(drift: Double) {
    if abs(drift) > Self.wrongDrift {
      let isSame = wrong.count > 0 && (drift > 0) == (wrong.drift > 0)
      wrong = (isSame ? wrong.count + 1 : 1, drift)
      right = 0
      if wrong.count >= Self.windowsToDoubt { doubt = .speed(max(0, 1 - drift)) }
    } else {
      wrong.count = 0
      right = abs(drift) < Self.rightDrift ? right + 1 : 0
      if right >= Self.windowsToBelieve {
        doubt = nil
        jumps.removeAll()
      }
    }
  }
}

extension StampTrust.Doubt {
  /// In words, for the log: a whole sentence's middle.
  var words: String {
    switch self {
    case .speed(let speed) where speed < 0.02: "its time stamps stand still"
    case .speed(let speed):
      "its time stamps run at \((speed * 100).rounded() / 100) of the time that passes"
    case .jumps: "its time stamps jump again and again"
    }
  }
}
