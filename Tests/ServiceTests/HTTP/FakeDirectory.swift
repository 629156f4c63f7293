import CLNF
import Synchronization
import Tracking

@testable import Service

/// Streams that the test says.
final class FakeDirectory: StreamDirectory {
  private let statuses: Mutex<[StreamStatus]>
  private let ready = Atomic<Bool>(true)
  private let feeds: [String: PictureFeed]

  init(_ statuses: [StreamStatus], clock: ServiceClock = .monotonic) {
    self.statuses = Mutex(statuses)
    feeds = Dictionary(
      uniqueKeysWithValues: statuses.map { ($0.name, PictureFeed(clock: clock)) })
  }

  var streams: [StreamStatus] { statuses.withLock { $0 } }

  var isReady: Bool {
    get { ready.load(ordering: .relaxed) }
    set { ready.store(newValue, ordering: .relaxed) }
  }

  func pictures(of stream: String) -> PictureFeed? { feeds[stream] }

  func change(_ body: (inout [StreamStatus]) -> Void) { statuses.withLock { body(&$0) } }

  /// A stream that is live and one that is away, with an output of every kind of trouble.
  static func liveAndAway() -> FakeDirectory {
    var live = StreamStatus(name: "door", source: "/dev/video0")
    live.sourceState = .live
    (live.width, live.height) = (640, 480)
    (live.framesIn, live.framesTracked, live.framesDoubtful) = (100, 90, 4)
    live.framesWithoutFace = 3
    live.drops = ["newer": 2, "undecodable": 1]
    (live.reconnects, live.detections, live.hangs) = (5, 7, 3)
    live.timesProblem = "its time stamps stand still"
    live.trackingState = TrackingState.tracking.rawValue
    (live.confidence, live.meanShift, live.framesPerSecond) = (0.75, 0.5, 29.97)
    (live.facesNow, live.identities) = (2, 5)
    for seconds in [0.002, 0.004, 0.5, 9] { live.latency.observe(seconds) }
    live.fitTime.observe(0.0025)
    live.outputs = [
      OutputStatus(kind: "csv", target: "rows/{stream}.csv", written: 88),
      OutputStatus(
        kind: "osc", target: "host:9000", written: 5, lost: ["no receiver": 2],
        problem: "cannot send"),
    ]
    var away = StreamStatus(name: "yard", source: "rtsp://camera/1")
    away.sourceState = .waiting
    away.problem = "Connection refused"
    return FakeDirectory([live, away])
  }
}

/// A frame with 68 landmarks in a circle.
func circleFrame(number: Int = 1) -> TrackedFrame {
  var frame = TrackedFrame()
  frame.frameNumber = number
  frame.state = .tracking
  (frame.success, frame.hasFit, frame.confidence, frame.meanShift) = (true, true, 0.9, 0.25)
  frame.landmarks = (0..<68).map { 10 + Double($0) + 0.123 } + (0..<68).map { 5 + Double($0) }
  return frame
}

/// A grey ramp.
func ramp(_ width: Int, _ height: Int) -> GreyImage {
  var image = GreyImage(width: width, height: height, repeating: 0)
  for y in 0..<height { for x in 0..<width { image[x, y] = UInt8((x + y) % 256) } }
  return image
}
