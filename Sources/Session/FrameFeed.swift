import VideoInput

/// Where a `Runner` takes frames from.
public protocol FrameFeed {
  /// Exchanges `frame` for the next one, for which it waits at most `seconds` where it comes from a live
  /// source. One thread.
  func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) throws -> Arrival
}

/// A live source that opens itself again for as long as it takes; the newest frame wins.
/// `LiveCapture`, or what a test puts in its place.
public protocol FrameCapture: FrameFeed, Sendable {
  /// Begins to open the source; returns at once.
  func start()
  /// Ends within bounded time, whatever the source does; `next` then returns `.stopped`. Any thread.
  func stop()
  /// As `FrameFeed`; never throws.
  func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival
  /// Any thread; never waits for the source.
  var snapshot: LiveSnapshot { get }
}

extension LiveCapture: FrameCapture {}

/// Every frame of a recorded source, in order.
public struct RecordedFeed: FrameFeed {
  private let source: any FrameSource

  public init(_ source: any FrameSource) { self.source = source }

  /// Waits for the frame, however long the source allows. Throws what the source throws.
  public func next(
    into frame: inout VideoFrame, waitingAtMost seconds: Double
  ) throws(VideoInputError) -> Arrival {
    // Whether a face goes on from one recording to the next is the tracker's to see.
    try source.read(into: &frame) ? .frame(startsAnew: false) : .stopped
  }
}
