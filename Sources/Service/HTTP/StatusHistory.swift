import Synchronization

/// The figures of the last minutes, one sample a second, for the curves of the live page.
/// Thread-safe.
final class StatusHistory: Sendable {
  /// Samples that are kept: five minutes.
  static let length = 300

  /// One stream in one second.
  private struct Sample {
    var meanShift: Double?
    var confidence: Double?
    var framesPerSecond: Double
    var state: String
  }

  /// Samples of streams by name, oldest first, those after `from`.
  struct Excerpt: Encodable {
    struct Curves: Encodable {
      /// One value a sample; null where there was no fit.
      var meanShift: [Double?]
      var confidence: [Double?]
      var framesPerSecond: [Double]
      /// The source's state where it was not live, "silent" where it was and no frame came, else
      /// the tracker's.
      var state: [String]
    }

    /// The number of the last sample, to be asked for next.
    var last: Int
    var secondsPerSample = 1
    var streams: [String: Curves]
  }

  private struct State {
    /// The number of the last sample; the first is 1.
    var last = 0
    var streams: [String: [Sample]] = [:]
  }

  private let state = Mutex(State())

  /// Adds a second. Streams that are gone are forgotten.
  func add(_ streams: [StreamStatus]) {
    state.withLock { state in
      state.last += 1
      var next: [String: [Sample]] = [:]
      for stream in streams {
        var samples = state.streams[stream.name] ?? []
        samples.append(Self.sample(stream))
        if samples.count > Self.length { samples.removeFirst(samples.count - Self.length) }
        next[stream.name] = samples
      }
      state.streams = next
    }
  }

  private static func sample(_ stream: StreamStatus) -> Sample {
    let isLive = stream.sourceState == .live
    let hasFit = isLive && ["tracking", "doubtful"].contains(stream.trackingState ?? "")
    return Sample(
      meanShift: hasFit ? stream.meanShift.flatMap(rounded) : nil,
      confidence: hasFit ? stream.confidence.flatMap(rounded) : nil,
      framesPerSecond: isLive ? rounded(stream.framesPerSecond) ?? 0 : 0,
      state: isLive ? stream.trackingState ?? "silent" : stream.sourceState.rawValue)
  }

  private static func rounded(_ value: Double) -> Double? {
    value.isFinite ? (value * 1000).rounded() / 1000 : nil
  }

  /// The samples after number `after`; all where that has not been yet.
  func since(_ after: Int) -> Excerpt {
    let (last, streams) = state.withLock { ($0.last, $0.streams) }
    let count = after > last ? last : last - after
    return Excerpt(
      last: last,
      streams: streams.mapValues { samples in
        let new = samples.suffix(count)
        return Excerpt.Curves(
          meanShift: new.map(\.meanShift), confidence: new.map(\.confidence),
          framesPerSecond: new.map(\.framesPerSecond), state: new.map(\.state))
      })
  }
}
