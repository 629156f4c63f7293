import Dispatch
import FoundationEssentials
import Logging
import Recording
import Session
import Synchronization
import SystemSupport
import Tracking
import VideoInput

/// Runs one stream on a thread of its own, from its source to its outputs, until it is closed.
///
/// Whatever goes wrong stays in this stream: a lost source is its capture's business, and after any
/// other error the stream is made anew, at once at first, then ever more seldom. Thread-safe.
final class StreamWorker: Sendable {
  let plan: StreamPlan
  let pictures: PictureFeed
  private let parts: StreamParts
  private let clock: ServiceClock
  private let record: StreamRecord
  private let journal: StreamJournal
  private let running = Mutex<Running>(Running())
  private let isStopping = Atomic<Bool>(false)
  /// Signalled once, to end a wait for the next attempt.
  private let stopped = DispatchSemaphore(value: 0)
  /// Signalled once the thread has closed everything; signalled again by whoever takes it.
  private let ended = DispatchSemaphore(value: 0)

  /// What the present attempt works with.
  private struct Running {
    var capture: (any FrameCapture)?
    var sinks: [any FrameSink] = []
  }

  /// A frame is waited for so long at a time; between waits the state is looked at.
  private static let frameWaitSeconds = 0.25
  /// Between looks at the states of source and outputs.
  private static let lookSeconds = 0.5
  /// Before the stream is made anew after an error, seconds; doubled up to the longest.
  private static let firstDelay = 1.0
  private static let longestDelay = 30.0
  /// An attempt that held so long was a good one: the next error begins with the first delay.
  private static let goodAttempt = 60.0

  init(
    _ plan: StreamPlan, pictures: PictureFeed, parts: StreamParts, clock: ServiceClock,
    logger: Logger
  ) {
    self.plan = plan
    self.pictures = pictures
    self.parts = parts
    self.clock = clock
    record = StreamRecord(plan.configuration, clock: clock)
    journal = StreamJournal(plan.name, logger)
  }

  var name: String { plan.name }

  /// Begins; once.
  func start() {
    SystemThread.start("stream \(name)") { self.work() }
  }

  /// The stream as it is now.
  var status: StreamStatus {
    // In the lock: what is let go in between would be counted twice.
    running.withLock { record.status($0.capture?.snapshot, $0.sinks.map(\.status)) }
  }

  /// Whether the source has been opened or is known to be lost.
  var hasSettled: Bool { record.hasSettled }

  /// Whether an output was closed that could not write all that it had been given.
  var endedWithLoss: Bool { record.endedWithLoss }

  /// Whether its thread goes round.
  var isProgressing: Bool { record.isProgressing }

  /// Asks the stream to end; returns within the capture's bound.
  func stop() {
    guard !isStopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
    stopped.signal()
    running.withLock { $0.capture }?.stop()
  }

  /// Ends the stream and waits until its outputs are closed. Returns whether that was done in time.
  /// Blocks.
  func close(within seconds: Double) -> Bool {
    let deadline = DispatchTime.now() + seconds
    stop()
    // A thread that hangs must not keep rows from the disk: outputs can be closed from here too.
    if ended.wait(timeout: min(deadline, .now() + seconds / 2)) == .timedOut {
      let sinks = running.withLock { $0.sinks }
      Self.close(sinks, by: deadline)
      journal.noteClosed(sinks.map(\.status))
      guard ended.wait(timeout: deadline) == .success else { return false }
    }
    ended.signal()
    return true
  }

  // MARK: The thread

  private func work() {
    var delay = Self.firstDelay
    while !isStopping.load(ordering: .acquiring) {
      let begin = clock.now()
      do {
        try attempt()
      } catch {
        if clock.now() - begin >= Self.goodAttempt { delay = Self.firstDelay }
        fail(error, delay)
        record.turn(waiting: delay)
        if stopped.wait(timeout: .now() + delay) == .success { break }
        delay = min(2 * delay, Self.longestDelay)
      }
    }
    record.end()
    ended.signal()
  }

  private func fail(_ error: any Error, _ delay: Double) {
    let reason = singleLine("\(error)")
    record.fail(reason)
    journal.failed(reason, delay)
  }

  /// Works until the stream is stopped or an error ends it.
  private func attempt() throws {
    record.turn()
    defer { letGo() }
    let capture = try parts.makeCapture(plan.configuration.source)
    let isGoing = running.withLock { running in
      running.capture = capture
      return !isStopping.load(ordering: .sequentiallyConsistent)
    }
    guard isGoing else { return }
    capture.start()
    journal.begin(outputs: plan.configuration.outputs.count)
    for output in plan.configuration.outputs {
      let sink = try parts.makeSink(output, plan)
      running.withLock { $0.sinks.append(sink) }
    }
    // The source opens while the detector is made.
    let tracking = plan.configuration.tracking
    var tracked = TrackingPlan(plan.model, tracking, isLive: true)
    tracked.threads = max(1, ProcessInfo.processInfo.activeProcessorCount)
    let pipeline = try FacePipeline(
      tracked,
      .beside(BackgroundDetector(parts.makeDetector(tracking))), stream: name)
    var turns = Turns(self, capture, running.withLock { $0.sinks })
    try Runner(pipeline, patienceSeconds: Self.frameWaitSeconds).run(capture, &turns)
    // A capture that ends by itself is an error of its own.
    guard isStopping.load(ordering: .acquiring) else { throw ServiceError.captureEnded }
  }

  /// What the thread does with each frame, and between frames.
  private struct Turns: RunObserver {
    private let worker: StreamWorker
    private let capture: any FrameCapture
    private let sinks: [any FrameSink]
    private var begin = 0.0
    private var nextLook = -Double.infinity

    init(_ worker: StreamWorker, _ capture: any FrameCapture, _ sinks: [any FrameSink]) {
      self.worker = worker
      self.capture = capture
      self.sinks = sinks
    }

    mutating func begin(_ frame: borrowing VideoFrame) { begin = worker.clock.now() }

    func take(_ frame: borrowing VideoFrame, _ record: FrameRecord) {
      let fitSeconds = worker.clock.now() - begin
      for face in record.faces {
        for sink in sinks { sink.write(face.shown.frame, face.shown.measurement, record.context) }
      }
      worker.record.add(
        record.faces.lazy.map(\.fit), detectorRan: record.detectorRan, fitSeconds: fitSeconds)
      worker.pictures.offer(frame.grey, record.faces.lazy.map(\.shown.frame))
    }

    mutating func goesOn() -> Bool {
      worker.record.turn()
      let now = worker.clock.now()
      guard now >= nextLook else { return true }
      nextLook = now + StreamWorker.lookSeconds
      worker.look(capture.snapshot, sinks)
      return true
    }
  }

  private func look(_ snapshot: LiveSnapshot, _ sinks: [any FrameSink]) {
    record.see(snapshot)
    journal.note(snapshot)
    journal.note(sinks.map(\.status))
  }

  /// Closes what the attempt worked with. Its counts stay.
  private func letGo() {
    let (capture, sinks) = running.withLock { ($0.capture, $0.sinks) }
    capture?.stop()
    // Closing may take seconds, in which the thread does not turn.
    record.turn()
    Self.close(sinks, by: .now() + Self.longestClose)
    journal.noteClosed(sinks.map(\.status))
    running.withLock { running in
      record.keep(capture?.snapshot, sinks.map(\.status))
      running = Running()
    }
  }

  /// What `FrameSink.close` may take, and a little.
  private static let longestClose = 6.0

  /// Closes outputs beside each other; each may wait for its receiver.
  private static func close(_ sinks: [any FrameSink], by deadline: DispatchTime) {
    let group = DispatchGroup()
    for sink in sinks {
      group.enter()
      SystemThread.start("closing") {
        sink.close()
        group.leave()
      }
    }
    _ = group.wait(timeout: deadline)
  }
}
