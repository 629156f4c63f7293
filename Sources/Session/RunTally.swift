import Tracking

/// A run's frames by what became of them, and its time.
public struct RunTally: Sendable, Equatable {
  public private(set) var frames = 0
  /// With a fit that was believed.
  public private(set) var tracked = 0
  public private(set) var withoutFace = 0
  private var firstTime: Double?
  private var lastTime = 0.0

  public init() {}

  /// With a fit that was not believed.
  public var doubtful: Int { frames - tracked - withoutFace }

  /// From the first frame's time stamp to the last one's.
  public var mediaSeconds: Double { lastTime - (firstTime ?? lastTime) }

  public mutating func count(_ frame: TrackedFrame) {
    frames += 1
    if frame.success { tracked += 1 }
    if !frame.hasFit { withoutFace += 1 }
    if firstTime == nil { firstTime = frame.timestampSeconds }
    lastTime = frame.timestampSeconds
  }

  /// The counts of a report.
  public var counts: RunReport.Counts {
    var counts = RunReport.Counts()
    counts.framesRead = frames
    counts.framesTracked = tracked
    counts.framesWithoutFace = withoutFace
    counts.framesFailed = doubtful
    return counts
  }
}
