import CLNF
import FaceFinding
import Foundation
import Logging
import Measurement
import Recording
import Session
import Synchronization
import TestSupport
import Tracking

@testable import Service
@testable import VideoInput

/// A source that gives what the test puts into it.
final class FakeCapture: FrameCapture {
  private struct State {
    var waiting: [Bool] = []
    var snapshot = LiveSnapshot()
    var starts = 0
    var stops = 0
    var frames = 0
    /// Whether `next` holds its caller, as a call that hangs does.
    var hangs = false
    var isHanging = false
    var endsByItself = false
  }

  private let state = Mutex(State())
  private let more = DispatchSemaphore(value: 0)
  private let picture: [UInt8]
  private let width: Int
  private let height: Int

  init(_ image: borrowing GreyImage) {
    (width, height) = (image.width, image.height)
    picture = image.withSamples { Array($0) }
  }

  /// Hands in a frame.
  func deliver(startsAnew: Bool = false) {
    state.withLock { state in
      state.waiting.append(startsAnew)
      state.snapshot.state = .live
      state.snapshot.problem = nil
      state.snapshot.framesReceived += 1
      (state.snapshot.width, state.snapshot.height) = (width, height)
    }
    more.signal()
  }

  func change(_ body: (inout LiveSnapshot) -> Void) {
    state.withLock { body(&$0.snapshot) }
    more.signal()
  }

  func lose(_ problem: String) {
    change {
      $0.state = .waiting(retryInSeconds: 1)
      $0.problem = problem
    }
  }

  func hang() { state.withLock { $0.hangs = true } }

  /// Whether a caller of `next` is held.
  var isHanging: Bool { state.withLock { $0.isHanging } }

  func goOn() { state.withLock { $0.hangs = false } }

  func endByItself() {
    state.withLock { $0.endsByItself = true }
    more.signal()
  }

  var starts: Int { state.withLock { $0.starts } }
  var stops: Int { state.withLock { $0.stops } }

  func start() { state.withLock { $0.starts += 1 } }

  func stop() {
    state.withLock {
      $0.stops += 1
      $0.snapshot.state = .stopped
    }
    more.signal()
  }

  func next(into frame: inout VideoFrame, waitingAtMost seconds: Double) -> Arrival {
    while state.withLock({ state in
      state.isHanging = state.hangs
      return state.hangs
    }) { usleep(1000) }
    _ = more.wait(timeout: .now() + seconds)
    let (startsAnew, isOver, number) = state.withLock { state in
      let isOver = state.snapshot.state == .stopped || state.endsByItself
      guard !isOver, !state.waiting.isEmpty else { return (Bool?.none, isOver, 0) }
      state.frames += 1
      return (state.waiting.removeFirst(), false, state.frames)
    }
    if isOver { return .stopped }
    guard let startsAnew else { return .nothing }
    frame.grey = GreyImage(width: width, height: height, repeating: 0)
    frame.grey.withMutableSamples { samples in
      for index in samples.indices { samples[index] = picture[index] }
    }
    frame.number = number
    frame.timestampSeconds = Double(number) / 30
    frame.captureSeconds = ServiceClock.monotonic.now()
    return .frame(startsAnew: startsAnew)
  }

  var snapshot: LiveSnapshot { state.withLock { $0.snapshot } }
}

/// An output that keeps what it is given.
final class FakeSink: FrameSink {
  struct Row: Sendable {
    var number: Int
    var hasFit: Bool
    var width: Int
    var stream: String
    var latencySeconds: Double
  }

  private struct State {
    var rows: [Row] = []
    var closes = 0
    var problem: String?
    var lost: [String: Int] = [:]
    /// What `close` cannot write.
    var lostAtEnd = 0
    var closeSeconds = 0.0
  }

  private let state = Mutex(State())

  func write(_ frame: TrackedFrame, _ measurement: FaceMeasurement, _ context: FrameContext) {
    let latency = ServiceClock.monotonic.now() - (frame.captureSeconds ?? .infinity)
    state.withLock {
      $0.rows.append(
        Row(
          number: frame.frameNumber, hasFit: frame.hasFit, width: context.width,
          stream: context.stream, latencySeconds: latency))
    }
  }

  func close() {
    let seconds = state.withLock { state in
      state.closes += 1
      if state.closes == 1 { state.lost["disk full", default: 0] += state.lostAtEnd }
      return state.closeSeconds
    }
    if seconds > 0 { usleep(UInt32(seconds * 1e6)) }
  }

  func closeSlowly(_ seconds: Double) { state.withLock { $0.closeSeconds = seconds } }

  func fail(_ problem: String?) { state.withLock { $0.problem = problem } }

  func lose(_ count: Int) { state.withLock { $0.lost["disk full", default: 0] += count } }

  func loseAtEnd(_ count: Int) { state.withLock { $0.lostAtEnd = count } }

  var rows: [Row] { state.withLock { $0.rows } }
  var closes: Int { state.withLock { $0.closes } }

  var status: SinkStatus {
    state.withLock {
      SinkStatus(
        kind: "fake", target: "here", written: $0.rows.count, lost: $0.lost,
        lostAtEnd: $0.closes > 0 ? $0.lostAtEnd : 0, problem: $0.problem)
    }
  }
}

/// Finds a face where the synthetic model's frontal picture has it.
final class FakeDetector: FaceDetector {
  func detectFaces(in image: borrowing GreyImage) -> [DetectedFace] {
    [DetectedFace(box: FaceBox(x: 23.4, y: 19.9, width: 94.4, height: 93.5), confidence: 5)]
  }
}

/// Streams of fakes, and what became of them.
final class FakeWorld: Sendable {
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  private struct State {
    var captures: [String: [FakeCapture]] = [:]
    var sinks: [String: [FakeSink]] = [:]
    /// Streams whose outputs cannot be made, with how often more.
    var brokenSinks: [String: Int] = [:]
  }

  private let state = Mutex(State())
  let messages = MessageList()

  /// The captures of an address, the oldest first.
  func captures(_ address: String) -> [FakeCapture] {
    state.withLock { $0.captures[address] ?? [] }
  }

  /// The outputs of a stream, the oldest first.
  func sinks(_ stream: String) -> [FakeSink] { state.withLock { $0.sinks[stream] ?? [] } }

  func breakSinks(of stream: String, times: Int) {
    state.withLock { $0.brokenSinks[stream] = times }
  }

  var logger: Logger {
    Logger(label: "test", factory: { _ in MessageList.Handler(list: self.messages) })
  }

  var parts: StreamParts {
    StreamParts(
      makeCapture: { source in
        let capture = FakeCapture(try SyntheticFixture.image("image_frontal.pgm"))
        self.state.withLock { $0.captures[source.address.secretText, default: []].append(capture) }
        return capture
      },
      makeDetector: { _ in FakeDetector() },
      makeSink: { _, plan in
        let isBroken = self.state.withLock { state in
          guard let times = state.brokenSinks[plan.name], times > 0 else { return false }
          state.brokenSinks[plan.name] = times - 1
          return true
        }
        guard !isBroken else { throw Broken(description: "no output") }
        let sink = FakeSink()
        self.state.withLock { $0.sinks[plan.name, default: []].append(sink) }
        return sink
      })
  }

  func supervisor(clock: ServiceClock = .monotonic) -> Supervisor {
    Supervisor(models: ModelStore(), parts: parts, clock: clock, logger: logger)
  }

  /// A stream of the synthetic model with one output.
  static func stream(_ name: String, source: String? = nil) -> StreamConfiguration {
    StreamConfiguration(
      name: name, source: SourceConfiguration(address: SourceAddress(source ?? "fake://\(name)")),
      model: SyntheticFixture.mainFile, outputs: [.csv(logSettings, columns: [])])
  }

  // The pattern is right.
  private static let logSettings: LogFileSettings = {
    guard let settings = try? LogFileSettings(pattern: "o") else { preconditionFailure() }
    return settings
  }()
}

/// What was logged, as "level: text".
final class MessageList: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  struct Handler: LogHandler {
    let list: MessageList
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(list: MessageList) { self.list = list }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      list.lines.withLock { $0.append("\(event.level): \(event.message)") }
    }
  }
}
