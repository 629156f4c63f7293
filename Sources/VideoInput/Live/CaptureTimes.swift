import SystemSupport

/// What is remembered of a source's frames from one connection to the next: their count and their
/// times.
struct CaptureTimes {
  private var firstCapture: Double?
  private var lastSeconds = 0.0
  private(set) var number = 0
  /// Where the connection's times begin.
  private var anchor: (capture: Double, seconds: Double)?

  /// The time from a frame to one that claims to be older: what a row can show.
  private static let leastStep = 1e-6
  /// A connection that begins with what was buffered has frames from before it; its times are ahead
  /// of the capture's by that, at most.
  private static let longestLead = 10.0

  /// The next frame is of another connection.
  mutating func breakOff() { anchor = nil }

  /// Gives a frame its number and times.
  mutating func stamp(_ frame: inout VideoFrame, _ times: LiveConnection.Times) {
    if times.isJump { anchor = nil }
    let capture = times.captureSeconds
    number += 1
    let seconds = place(capture, correction: times.correctionSeconds)
    lastSeconds = number > 1 ? max(seconds, lastSeconds + Self.leastStep) : seconds
    frame.number = number
    frame.timestampSeconds = lastSeconds
    frame.presentationTimestamp = times.presentationTimestamp
    frame.timeBase = times.timeBase
    frame.captureSeconds = capture
    frame.utcSeconds = capture + Clocks.realtimeSeconds - Clocks.monotonicSeconds
  }

  /// Seconds since the first frame. Frames of one connection keep the distances at which they were
  /// taken, though it is known only later how long the first ones were on their way.
  private mutating func place(_ capture: Double, correction: Double) -> Double {
    guard let first = firstCapture else {
      firstCapture = capture
      anchor = (capture, 0)
      return 0
    }
    guard var anchor else {
      let seconds = max(capture - first, lastSeconds + Self.leastStep)
      anchor = (capture, seconds)
      return seconds
    }
    if correction > 0 {
      if anchor.seconds == 0 {
        firstCapture = first - correction
        anchor.capture -= correction
      } else {
        let lead = anchor.seconds + capture - anchor.capture - (capture - first)
        anchor.capture -= min(correction, max(0, Self.longestLead - lead))
      }
      self.anchor = anchor
    }
    return anchor.seconds + capture - anchor.capture
  }
}
