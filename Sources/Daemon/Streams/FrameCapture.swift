import VideoInput

/// A live source that opens itself again for as long as it takes; the newest frame wins.
/// `LiveCapture`, or what a test puts in its place.
protocol FrameCapture: Sendable {
  /// Begins to open the source; returns at once.
  func start()
  /// Ends within bounded time, whatever the source does; `next` then returns `.stopped`. Any thread.
  func stop()
  /// Exchanges `frame` for the newest one that has not been given. One thread.
  func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival
  /// Any thread; never waits for the source.
  var snapshot: LiveSnapshot { get }
}

extension LiveCapture: FrameCapture {}

extension LiveSnapshot {
  var sourceState: SourceState {
    switch state {
    case .opening: .opening
    case .live: .live
    case .waiting: .waiting
    case .stopped: .stopped
    }
  }

  /// Frames that were not tracked, by cause; causes without any are left out.
  var drops: [String: Int] {
    ["newer": droppedForNewer, "undecodable": undecodable, "corrupt": corruptPackets]
      .filter { $0.value > 0 }
  }
}
