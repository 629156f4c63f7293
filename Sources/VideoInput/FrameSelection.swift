/// Which frames are delivered: start, duration and every.
struct FrameSelection {
  enum Choice { case skip, deliver, end }

  private let startSeconds: Double
  private let endSeconds: Double
  private let everyNth: Int
  /// Frames since the first one at or after the start.
  private var position = 0

  init(_ settings: VideoSettings) {
    startSeconds = settings.startSeconds
    endSeconds = settings.durationSeconds.map { settings.startSeconds + $0 } ?? .infinity
    everyNth = settings.everyNthFrame
  }

  /// What to do with the next frame, which is at `seconds`.
  mutating func choose(_ seconds: Double) -> Choice {
    if seconds >= endSeconds { return .end }
    if seconds < startSeconds { return .skip }
    defer { position += 1 }
    return position % everyNth == 0 ? .deliver : .skip
  }
}
