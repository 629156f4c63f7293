import VideoInput

/// What is done with a run's records.
public protocol RunObserver {
  /// A frame has come and is to be tracked.
  mutating func begin(_ frame: borrowing VideoFrame) throws
  /// A frame was tracked; frame and record are changed by the next one.
  mutating func take(_ frame: borrowing VideoFrame, _ record: FrameRecord) throws
  /// After each frame, and after each wait for one; before the first wait too. False ends the run.
  mutating func goesOn() throws -> Bool
}

extension RunObserver {
  public mutating func begin(_ frame: borrowing VideoFrame) {}
  public mutating func goesOn() -> Bool { true }
}

/// Takes a source's frames through a pipeline: the one loop behind `track`, `serve` and the measurements.
public struct Runner {
  private let pipeline: FacePipeline
  /// A live frame is waited for so long at a time, seconds; between waits `goesOn` is asked.
  private let patienceSeconds: Double

  public init(_ pipeline: FacePipeline, patienceSeconds: Double = 0.25) {
    self.pipeline = pipeline
    self.patienceSeconds = patienceSeconds
  }

  /// Returns when the source has ended or was stopped, and when the observer ends the run.
  ///
  /// Throws what source, pipeline and observer throw. Allocates one frame; further ones only where the
  /// size changes.
  public func run(_ feed: some FrameFeed, _ observer: inout some RunObserver) throws {
    var frame = VideoFrame()
    while try observer.goesOn() {
      switch try feed.next(into: &frame, waitingAtMost: patienceSeconds) {
      case .stopped: return
      case .nothing: continue
      case .frame(let startsAnew):
        try observer.begin(frame)
        try pipeline.follow(frame, startsAnew: startsAnew)
        try observer.take(frame, pipeline.record)
      }
    }
  }
}
