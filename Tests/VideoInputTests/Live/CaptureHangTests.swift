import CLNF
import Foundation
import Synchronization
import SystemSupport
import Testing

@testable import VideoInput

/// Connections that do as a test says: they give frames, or hang where nothing can end them.
private final class ScriptedSource: Sendable {
  enum Attempt: Sendable {
    case hangsInOpening
    case hangs(afterFrames: Int)
    case runs
  }

  private struct State {
    var script: [Attempt]
    var begun = 0
    /// Connections that are held, and that were let go.
    var held = 0
    var closed = 0
  }

  private let state: Mutex<State>
  private let gate = DispatchSemaphore(value: 0)

  /// - Parameter script: what the attempts do; those after it run.
  init(_ script: [Attempt]) { state = Mutex(State(script: script)) }

  var begun: Int { state.withLock { $0.begun } }
  var held: Int { state.withLock { $0.held } }
  var closed: Int { state.withLock { $0.closed } }

  /// Lets one that hangs come back.
  func letGo() { gate.signal() }

  func hang() {
    state.withLock { $0.held += 1 }
    gate.wait()
    state.withLock { $0.held -= 1 }
  }

  func close() { state.withLock { $0.closed += 1 } }

  func capture(_ settings: LiveSettings, hangingThreads: Int = 2) throws -> CaptureLoop {
    let address = try #require(LiveAddress("udp://127.0.0.1:9"))
    return CaptureLoop(
      address, settings, patience: .init(graceSeconds: 0.5, hangingThreads: hangingThreads)
    ) { (_, _, _) throws(VideoInputError) in
      let attempt = self.state.withLock { state in
        state.begun += 1
        return state.script.isEmpty ? .runs : state.script.removeFirst()
      }
      if case .hangsInOpening = attempt { self.hang() }
      return ScriptedConnection(self, attempt, level: UInt8(self.begun))
    }
  }
}

/// Grey pictures of one level, a hundred a second.
private final class ScriptedConnection: PictureConnection {
  let codec = "scripted"
  let nominalFramesPerSecond: Double? = nil
  let note: String? = nil
  let pixelFormat = "gray"
  private let source: ScriptedSource
  private let level: UInt8
  private var left: Int?

  init(_ source: ScriptedSource, _ attempt: ScriptedSource.Attempt, level: UInt8) {
    self.source = source
    self.level = level
    if case .hangs(let frames) = attempt { left = frames }
  }

  deinit { source.close() }

  func nextFrame(into frame: inout VideoFrame) throws(VideoInputError) -> LiveConnection.Times {
    if left == 0 { source.hang() }
    left = left.map { $0 - 1 }
    usleep(10_000)
    frame.grey = GreyImage(width: 4, height: 4, repeating: level)
    return LiveConnection.Times(
      captureSeconds: Clocks.monotonicSeconds, presentationTimestamp: nil,
      timeBase: TimeBase(numerator: 1, denominator: 1000), isJump: false, isTimedByArrival: true)
  }

  func takeCounts() -> LiveConnection.Counts { LiveConnection.Counts() }
}

/// Threads that a source holds beyond all deadlines.
@Suite struct CaptureHangTests {
  private let settings: LiveSettings

  init() throws {
    settings = try LiveSettings(
      openDeadlineSeconds: 0.5, readDeadlineSeconds: 0.5, networkRetrySeconds: 0.05)
  }

  /// The levels of the frames that come until `count` were taken.
  private func take(_ count: Int, of capture: CaptureLoop) throws -> [UInt8] {
    var frame = VideoFrame()
    var levels: [UInt8] = []
    try eventually("\(count) frames") {
      if case .frame = capture.frames.take(into: &frame, waitingAtMost: 0.1) {
        levels.append(frame.grey[0, 0])
      }
      _ = capture.snapshot
      return levels.count >= count
    }
    return levels
  }

  @Test func aHangingOpeningIsLeftToItself() throws {
    let source = ScriptedSource([.hangsInOpening])
    let capture = try source.capture(settings)
    capture.start()
    defer { capture.stop(waitingAtMost: 0) }
    #expect(capture.snapshot.state == .opening)
    var problem: String?
    try eventually("a problem") {
      problem = problem ?? capture.snapshot.problem
      return problem != nil
    }
    #expect(
      problem?.hasPrefix("cannot open udp://127.0.0.1:9: it hangs beyond its deadline") == true)
    #expect(problem?.hasSuffix("it is left to itself") == true)
    #expect(try take(3, of: capture) == [2, 2, 2])
    let live = capture.snapshot
    #expect(live.state == .live && live.problem == nil && live.hangs == 1 && live.reconnects == 0)
    // It comes back, and is let go without having done anything.
    #expect(source.held == 1 && source.closed == 0)
    source.letGo()
    try eventually("its end") { source.closed == 1 }
    #expect(try take(20, of: capture).allSatisfy { $0 == 2 })
    #expect(capture.snapshot.state == .live && capture.snapshot.hangs == 1)
  }

  /// A picture that takes for ever to decode: what it makes in the end is thrown away.
  @Test func aHangingDecoderIsLeftToItself() throws {
    let source = ScriptedSource([.hangs(afterFrames: 5)])
    let capture = try source.capture(settings)
    capture.start()
    defer { capture.stop(waitingAtMost: 0) }
    _ = try take(1, of: capture)
    try eventually("it hangs") { source.held == 1 }
    var levels: [UInt8] = []
    try eventually("frames of the next") {
      levels += try take(1, of: capture)
      return levels.last == 2
    }
    #expect(capture.snapshot.hangs == 1 && capture.snapshot.reconnects == 1)
    source.letGo()
    try eventually("its end") { source.closed == 1 }
    #expect(try take(20, of: capture).allSatisfy { $0 == 2 })
  }

  /// No more than so many hang; when one comes back the source is tried again.
  @Test func hangingThreadsAreFew() throws {
    let source = ScriptedSource([.hangsInOpening, .hangs(afterFrames: 0)])
    let capture = try source.capture(settings)
    capture.start()
    defer { capture.stop(waitingAtMost: 0) }
    try eventually("two hang") { capture.snapshot.hangs == 2 }
    #expect(
      capture.snapshot.problem?.hasSuffix(
        "it is tried again when one of 2 such attempts comes back") == true)
    usleep(300_000)
    #expect(source.begun == 2 && capture.snapshot.hangs == 2)
    source.letGo()
    #expect(try take(3, of: capture) == [3, 3, 3])
    source.letGo()
  }

  @Test func endingDoesNotWaitForThem() throws {
    let source = ScriptedSource([.hangsInOpening, .hangsInOpening])
    let capture = try source.capture(settings)
    capture.start()
    try eventually("two hang") { capture.snapshot.hangs == 2 }
    let time = ContinuousClock().measure { capture.stop(waitingAtMost: 30) }
    #expect(time < .seconds(10))
    #expect(capture.snapshot.state == .stopped)
    source.letGo()
    source.letGo()
    try eventually("they end") { source.closed == 2 }
    #expect(capture.snapshot.state == .stopped && source.begun == 2)
  }
}

/// Names that are looked up beside the path.
@Suite struct NameResolverTests {
  @Test(arguments: [
    ("rtsp://camera.example:554/live", "camera.example"),
    ("rtsp://u:p@camera.example/live?x=a@b", "camera.example"), ("RTSP://cam", "cam"),
    ("udp://127.0.0.1:1234", nil), ("udp://@239.1.2.3:1234", nil), ("udp://:1234", nil),
    ("rtsp://[::1]:554/live", nil), ("zmq:tcp://host:1", nil), ("/dev/video0", nil),
  ])
  func names(address: String, name: String?) throws {
    let place = LiveAddress(address)
    #expect(place?.hostName == name)
  }

  private func address() throws -> LiveAddress { try #require(LiveAddress("rtsp://camera/live")) }

  @Test func aNameWithoutAnAddressIsSaid() throws {
    let resolver = NameResolver(limit: 2) { $0 == "good" ? nil : "Name or service not known" }
    let watch = IOWatch(Interruption())
    watch.start(seconds: 30)
    try resolver.resolve("good", for: try address(), watch)
    let error = #expect(throws: VideoInputError.self) {
      try resolver.resolve("bad", for: try address(), watch)
    }
    #expect(error?.kind == .lost)
    #expect(
      error?.description.contains("the name bad does not resolve") == true
        && error?.description.contains("Name or service not known") == true)
  }

  /// Nobody waits longer than he wants, and those that wait hold few threads: one a name.
  @Test func serversThatNeverAnswerHoldNobody() throws {
    let gate = DispatchSemaphore(value: 0)
    let asked = Mutex<[String]>([])
    let resolver = NameResolver(limit: 2) { name in
      asked.withLock { $0.append(name) }
      gate.wait()
      return nil
    }
    func kind(_ name: String, seconds: Double) throws -> VideoInputError.Kind? {
      let watch = IOWatch(Interruption())
      watch.start(seconds: seconds)
      return #expect(throws: VideoInputError.self) {
        try resolver.resolve(name, for: try address(), watch)
      }?.kind
    }
    for _ in 0..<3 { #expect(try kind("a", seconds: 0.05) == .timedOut) }
    #expect(try kind("b", seconds: 0.05) == .timedOut)
    #expect(try kind("c", seconds: 30) == .lost)
    let interruption = Interruption()
    interruption.interrupt()
    #expect(throws: VideoInputError.self) {
      try resolver.resolve("a", for: try address(), IOWatch(interruption))
    }
    try eventually("two lookups") { asked.withLock { $0.sorted() } == ["a", "b"] }
    gate.signal()
    gate.signal()
    // When they have come back there is room again.
    gate.signal()
    let watch = IOWatch(Interruption())
    watch.start(seconds: 30)
    try eventually("room") { (try? resolver.resolve("c", for: try address(), watch)) != nil }
  }
}
