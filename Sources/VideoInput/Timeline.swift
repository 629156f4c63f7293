/// The time stamp of a later frame.
enum FollowingStamp: Equatable {
  case time(Int64)
  /// The frame has none.
  case none
  /// There is no such frame, or it is too far ahead to be looked at.
  case end
}

/// Makes strictly increasing seconds of a stream's time stamps.
///
/// Sound time stamps pass through exactly. One that is missing continues from the frame before;
/// one that is a little behind the frame before is a glitch (the frame gets the next microsecond).
/// Before a jump is believed the stamps of the next frames are looked at: where they come back, those
/// in between were wild, and their frames get times between their neighbours. Where they go on from a
/// jump back it is another recording (transport streams put end to end), whose times are moved
/// behind the first; a jump ahead is a pause.
struct Timeline {
  let timeBase: TimeBase
  /// The time stamp that is 0 s; the first one met where the stream states none.
  private(set) var origin: Int64?
  /// Seconds of a frame where its packet does not say.
  private let nominalFrameSeconds: Double?
  private var lastSeconds: Double?
  private var lastStamp: Int64?
  private var lastDelta: Double?
  /// Added to later recordings of the same stream.
  private var offsetSeconds = 0.0
  /// Whether the frame before had no time stamp. The last of a stream may lack one in sound files: then
  /// libavformat would need its successor.
  private var lacksStamp = false
  /// Frames in front that are known to be wild, and what each lasts.
  private var wild = (count: 0, stepSeconds: 0.0)

  /// Jumps above this are looked at: decoders give frames in their order, so that a glitch is a
  /// frame or two.
  private static let discontinuitySeconds = 0.25
  /// A last frame, or one before another recording, is wild above this.
  private static let wildSeconds = 3600.0
  private static let glitchSeconds = 1e-6
  /// What a frame lasts where nothing says it.
  private static let fallbackFrameSeconds = 0.04

  init(timeBase: TimeBase, origin: Int64?, nominalFrameSeconds: Double?) {
    self.timeBase = timeBase
    self.origin = origin
    self.nominalFrameSeconds = nominalFrameSeconds
  }

  /// Seconds of a time stamp without any of the corrections; nil before the origin is known.
  func seconds(_ timestamp: Int64) -> Double? {
    guard let origin else { return nil }
    let (ticks, overflow) = timestamp.subtractingReportingOverflow(origin)
    return overflow ? nil : timeBase.seconds(ticks)
  }

  /// The seconds of the next frame. `duration` in ticks, 0 where unknown; `following`: the stamps of
  /// the frames behind it, by index, asked for at a jump only. Counts what it corrects in `report`.
  mutating func place(
    _ timestamp: Int64?, duration: Int64, report: inout SourceReport,
    following: (Int, inout SourceReport) -> FollowingStamp = { _, _ in .end }
  ) -> Double {
    if origin == nil { origin = timestamp }
    if lacksStamp { report.missingTimestamps += 1 }
    lacksStamp = timestamp.flatMap { seconds($0) } == nil
    let frameSeconds = self.frameSeconds(duration)
    guard let last = lastSeconds else {
      let placed = begin(timestamp, frameSeconds, &report, following)
      lastSeconds = placed
      lastStamp = timestamp
      return placed
    }
    var placed = last + frameSeconds
    if wild.count > 0 {
      wild.count -= 1
      placed = last + wild.stepSeconds
    } else if let timestamp, let stated = seconds(timestamp) {
      let next = Jump(
        from: last, to: stated + offsetSeconds, frameSeconds: max(frameSeconds, lastDelta ?? 0))
      placed = place(next, timestamp, frameSeconds, &report, following)
    }
    lastDelta = placed - last
    lastSeconds = placed
    lastStamp = timestamp
    return placed
  }

  private func frameSeconds(_ duration: Int64) -> Double {
    let stated = timeBase.seconds(duration)
    if stated > 0 && stated < 3600 { return stated }
    return nominalFrameSeconds ?? lastDelta ?? Self.fallbackFrameSeconds
  }

  /// The first frame, which is wild if the second is before it.
  private mutating func begin(
    _ timestamp: Int64?, _ frameSeconds: Double, _ report: inout SourceReport,
    _ following: (Int, inout SourceReport) -> FollowingStamp
  ) -> Double {
    guard let timestamp, let stated = seconds(timestamp) else { return 0 }
    guard case .time(let second) = following(0, &report), let behind = seconds(second),
      behind < stated - Self.discontinuitySeconds
    else { return stated }
    report.wildTimestamps += 1
    if stated == 0 {
      let (moved, overflow) = second.subtractingReportingOverflow(timeBase.ticks(frameSeconds))
      if !overflow { origin = moved }
      return 0
    }
    return max(0, behind - frameSeconds)
  }

  /// A step from one frame's time to the next one's.
  private struct Jump {
    let from: Double
    let to: Double
    let frameSeconds: Double

    var limit: Double { max(Timeline.discontinuitySeconds, 2 * frameSeconds) }
    var isAhead: Bool { to - from > limit }
    var isBack: Bool { from - to > Timeline.discontinuitySeconds }
  }

  private mutating func place(
    _ jump: Jump, _ timestamp: Int64, _ frameSeconds: Double, _ report: inout SourceReport,
    _ following: (Int, inout SourceReport) -> FollowingStamp
  ) -> Double {
    if !jump.isAhead && !jump.isBack {
      if jump.to > jump.from { return jump.to }
      if timestamp == lastStamp {
        report.repeatedTimestamps += 1
      } else {
        report.disorderedTimestamps += 1
      }
      return jump.from + Self.glitchSeconds
    }
    if let run = wildRun(jump, { following($0, &report) }) {
      report.wildTimestamps += run.count
      wild.count = run.count - 1
      wild.stepSeconds = run.end.map { ($0 - jump.from) / Double(run.count + 1) } ?? frameSeconds
      return jump.from + wild.stepSeconds
    }
    guard jump.isBack else { return jump.to }
    report.recordingsJoined += 1
    offsetSeconds += jump.from + frameSeconds - jump.to
    return jump.from + frameSeconds
  }

  private typealias WildRun = (count: Int, end: Double?)

  /// How many frames from the jump on are wild, and the time of the sound one behind them if that is
  /// on the same recording; nil where the jump is to be believed.
  private func wildRun(_ jump: Jump, _ following: (Int) -> FollowingStamp) -> WildRun? {
    let isLast = following(0) == .end
    if isLast || isBeforeRestart(jump, following) {
      return jump.to - jump.from > Self.wildSeconds ? (1, nil) : nil
    }
    // The first that is not where the recording would be, but on the right side of the jump.
    var fallback: WildRun?
    var last = jump.to
    for index in 0..<DecodedFrames.limit {
      guard case .time(let stamp) = following(index), let stated = seconds(stamp) else { continue }
      let step = Jump(from: last, to: stated + offsetSeconds, frameSeconds: jump.frameSeconds)
      last = step.to
      guard step.isAhead || step.isBack, step.to > jump.from,
        jump.to <= jump.from || jump.to >= step.to
      else { continue }
      if step.to - jump.from <= jump.limit * Double(index + 2) { return (index + 1, step.to) }
      if fallback == nil { fallback = (index + 1, step.to) }
    }
    return fallback
  }

  /// Whether the next frame is of another recording, which begins before the jump.
  private func isBeforeRestart(_ jump: Jump, _ following: (Int) -> FollowingStamp) -> Bool {
    guard case .time(let stamp) = following(0), let stated = seconds(stamp) else { return false }
    let next = stated + offsetSeconds
    guard jump.isAhead, next < jump.from - Self.discontinuitySeconds else { return false }
    // Two wild stamps in a row are no recording.
    guard case .time(let later) = following(1), let after = seconds(later) else { return true }
    return after + offsetSeconds <= jump.from
  }
}
