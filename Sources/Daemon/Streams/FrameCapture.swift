import VideoInput

/// What `FrameCapture.next` found.
public enum CaptureArrival: Sendable, Equatable {
  /// A frame. `startsAnew`: it does not follow the one before, because it is the first, the source
  /// was opened again, its size is another, or its time leapt.
  case frame(startsAnew: Bool)
  /// Nothing came in the time that was given.
  case nothing
  /// `stop` was called.
  case stopped
}

/// How a capture does.
public struct CaptureSnapshot: Sendable, Equatable {
  public var state = SourceState.opening
  /// Why the source is not live, in one line without passwords; nil while it is.
  public var problem: String?
  /// Pixels; 0 before the first frame.
  public var width = 0
  public var height = 0
  public var framesReceived = 0
  /// Frames that were not asked for before a newer one came.
  public var droppedForNewer = 0
  /// Frames or packets that could not be decoded.
  public var undecodable = 0
  /// How often the source was opened again after it had been live.
  public var reconnects = 0

  public init() {}
}

/// A live source that opens itself again for as long as it takes; the newest frame wins.
public protocol FrameCapture: Sendable {
  /// Begins to open the source; returns at once.
  func start()
  /// Ends within bounded time, whatever the source does; `next` then returns `.stopped`. Any thread.
  func stop()
  /// Waits for a frame that is newer than the last one. One thread.
  func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) -> CaptureArrival
  /// Any thread; never waits for the source.
  var snapshot: CaptureSnapshot { get }
}

extension CaptureSnapshot {
  /// Frames that were not tracked, by cause; causes without any are left out.
  var drops: [String: Int] {
    ["newer": droppedForNewer, "undecodable": undecodable].filter { $0.value > 0 }
  }
}
