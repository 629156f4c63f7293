/// Which frames are delivered: start, duration and every.
struct FrameSelection {
  enum Choice { case skip, deliver, end }

  private let startSeconds: Double
  private let endSeconds: Double
  private let everyNth: Int
  /// A frame so little before a limit is at it: limits are sums and roundings of decimals, and time
  /// stamps are rounded to their tick.
  private let toleranceSeconds: Double
  /// Frames since the first one at or after the start.
  private var position = 0

  /// - Parameter tickSeconds: what times are rounded to.
  init(_ settings: VideoSettings, tickSeconds: Double) {
    toleranceSeconds = Self.tolerance(tickSeconds)
    startSeconds = settings.startSeconds
    endSeconds = settings.durationSeconds.map { settings.startSeconds + $0 } ?? .infinity
    everyNth = settings.everyNthFrame
  }

  /// Half a tick. Some containers have one tick a frame, which is no rounding.
  static func tolerance(_ tickSeconds: Double) -> Double { min(tickSeconds / 2, 0.0005) }

  /// What to do with the next frame, which is at `seconds`.
  mutating func choose(_ seconds: Double) -> Choice {
    if seconds >= endSeconds - toleranceSeconds { return .end }
    if seconds < startSeconds - toleranceSeconds { return .skip }
    defer { position += 1 }
    return position % everyNth == 0 ? .deliver : .skip
  }
}
