/// Makes strictly increasing seconds of a stream's time stamps.
///
/// Sound time stamps pass through exactly. One that is missing continues from the frame before;
/// one that is not behind the frame before is either a glitch (the frame gets the next
/// microsecond) or, where it jumps back by more than a quarter of a second, the start of another recording
/// (transport streams put end to end), whose times are moved behind the first.
struct Timeline {
  let timeBase: TimeBase
  /// The time stamp that is 0 s; the first one met where the stream states none.
  private(set) var origin: Int64?
  /// Seconds of a frame where its packet does not say.
  private let nominalFrameSeconds: Double?
  private var lastSeconds: Double?
  private var lastDelta: Double?
  /// Added to later recordings of the same stream.
  private var offsetSeconds = 0.0

  /// Backward jumps above this are another recording: decoders give frames in their order, so
  /// that a glitch is a frame or two.
  private static let discontinuitySeconds = 0.25
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

  /// The seconds of the next frame. `duration` in ticks, 0 where unknown. Counts what it corrects
  /// in `report`.
  mutating func place(
    _ timestamp: Int64?, duration: Int64, report: inout SourceReport
  ) -> Double {
    if origin == nil { origin = timestamp }
    let frameSeconds = self.frameSeconds(duration)
    let stated = timestamp.flatMap { seconds($0) }
    if stated == nil { report.missingTimestamps += 1 }
    guard let last = lastSeconds else {
      lastSeconds = stated ?? 0
      return stated ?? 0
    }
    var placed = last + frameSeconds
    if let stated {
      // The stream is back on its own times.
      if stated > last { offsetSeconds = 0 }
      placed = stated + offsetSeconds
      if placed <= last {
        report.disorderedTimestamps += 1
        if last - placed > Self.discontinuitySeconds {
          offsetSeconds = last + frameSeconds - stated
          placed = last + frameSeconds
        } else {
          placed = last + Self.glitchSeconds
        }
      }
    }
    lastDelta = placed - last
    lastSeconds = placed
    return placed
  }

  private func frameSeconds(_ duration: Int64) -> Double {
    let stated = timeBase.seconds(duration)
    if stated > 0 && stated < 3600 { return stated }
    return nominalFrameSeconds ?? lastDelta ?? Self.fallbackFrameSeconds
  }
}
