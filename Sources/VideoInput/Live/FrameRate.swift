/// How far apart a source's frames usually are, from the last few.
struct FrameRate {
  /// Distances that are remembered: few, so that a change of the rate is soon known.
  private static let memory = 9
  /// A distance of more usual ones is a gap, and so is none below a second.
  private static let gapFactor = 4.0
  private static let leastGap = 1.0

  private var distances: [Double] = []
  private var next = 0
  private var last: Double?

  init() { distances.reserveCapacity(Self.memory) }

  /// Seconds from frame to frame, the median; nil before two distances are known.
  private(set) var usualSeconds: Double?

  /// Takes in the distance to the frame before. Returns whether it is a gap: several times as long as
  /// usual. The rate may have changed, too: the second such distance in a row is none.
  mutating func isGap(_ seconds: Double) -> Bool {
    defer { add(seconds) }
    guard let usualSeconds, let last else { return false }
    return seconds > max(Self.leastGap, Self.gapFactor * usualSeconds, 2 * last)
  }

  private mutating func add(_ seconds: Double) {
    last = seconds
    if distances.count < Self.memory {
      distances.append(seconds)
    } else {
      distances[next] = seconds
    }
    next = (next + 1) % Self.memory
    if distances.count >= 2 { usualSeconds = median }
  }

  /// The lower one of an even number, by counting: nothing is sorted or allocated for a frame.
  private var median: Double {
    let below = (distances.count - 1) / 2
    for candidate in distances {
      var smaller = 0
      var equal = 0
      for other in distances {
        smaller += other < candidate ? 1 : 0
        equal += other == candidate ? 1 : 0
      }
      if smaller <= below, below < smaller + equal { return candidate }
    }
    return distances[0]
  }
}
