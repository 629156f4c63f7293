import Recording
import Synchronization
import Tracking
import VideoInput

/// What a stream's thread writes down about it, for those who ask. Thread-safe.
final class StreamRecord: Sendable {
  private struct State {
    var status: StreamStatus
    var rate = RateWindow()
    /// Counts of captures and sinks that ended with an error before the present ones.
    var earlier = LiveSnapshot()
    var earlierOutputs: [OutputStatus] = []
    var endedWithLoss = false
    var hasSettled = false
    /// Until when the thread may take before it counts as stuck.
    var turnDue: Double

    mutating func add(_ outputs: [OutputStatus]) {
      // An attempt that failed early did not make all outputs.
      earlierOutputs = summed(outputs) + earlierOutputs.dropFirst(outputs.count)
    }

    /// Outputs with what those before them wrote and lost; the order is the configuration's.
    func summed(_ outputs: [OutputStatus]) -> [OutputStatus] {
      outputs.enumerated().map { index, output in
        guard earlierOutputs.indices.contains(index) else { return output }
        var sum = output
        sum.written += earlierOutputs[index].written
        sum.lost.merge(earlierOutputs[index].lost, uniquingKeysWith: +)
        return sum
      }
    }
  }

  /// A thread that has not turned for so long hangs: the longest step is a search for faces in the
  /// largest picture.
  private static let longestTurn = 15.0

  private let state: Mutex<State>
  private let clock: ServiceClock

  init(_ configuration: StreamConfiguration, clock: ServiceClock) {
    self.clock = clock
    let now = clock.now()
    state = Mutex(
      State(
        status: StreamStatus(
          name: configuration.name, source: configuration.source.address.shown),
        turnDue: now + Self.longestTurn))
  }

  /// The thread goes round, and will again within `waiting` seconds and a step.
  func turn(waiting: Double = 0) {
    let due = clock.now() + waiting + Self.longestTurn
    state.withLock { $0.turnDue = due }
  }

  /// How the source was seen to do. Returns what it was before.
  @discardableResult
  func see(_ snapshot: LiveSnapshot) -> (state: SourceState, problem: String?) {
    state.withLock { state in
      let before = (state.status.sourceState, state.status.problem)
      state.status.sourceState = snapshot.sourceState
      state.status.problem = snapshot.state == .live ? nil : snapshot.problem
      state.status.timesProblem = snapshot.timesProblem
      if snapshot.width > 0 {
        (state.status.width, state.status.height) = (snapshot.width, snapshot.height)
      }
      if snapshot.state != .opening { state.hasSettled = true }
      return before
    }
  }

  /// A frame was tracked, which took `fitSeconds`.
  func add(_ frame: TrackedFrame, detectorRan: Bool, fitSeconds: Double) {
    let now = clock.now()
    state.withLock { state in
      state.status.framesTracked += frame.success ? 1 : 0
      state.status.framesWithoutFace += frame.hasFit ? 0 : 1
      state.status.framesDoubtful += frame.hasFit && !frame.success ? 1 : 0
      state.status.detections += detectorRan ? 1 : 0
      state.status.trackingState = frame.state.rawValue
      state.status.confidence = frame.confidence.isFinite ? frame.confidence : 0
      state.status.meanShift = frame.hasFit && frame.meanShift.isFinite ? frame.meanShift : nil
      state.status.lastFrameSeconds = now
      state.status.fitTime.observe(fitSeconds)
      if let captured = frame.captureSeconds { state.status.latency.observe(now - captured) }
      state.rate.add(at: now)
    }
  }

  /// The stream's work ended with an error.
  func fail(_ reason: String) {
    state.withLock { state in
      state.hasSettled = true
      state.status.sourceState = .waiting
      state.status.problem = reason
      state.status.timesProblem = nil
    }
  }

  /// Keeps the counts of a capture and of sinks that are let go.
  func keep(_ capture: LiveSnapshot?, _ outputs: [SinkStatus]) {
    state.withLock { state in
      if let capture { state.earlier.add(capture) }
      state.add(outputs.map(OutputStatus.init))
      if outputs.contains(where: \.endedWithLoss) { state.endedWithLoss = true }
    }
  }

  /// Whether an output that was let go could not write all that it had been given.
  var endedWithLoss: Bool { state.withLock { $0.endedWithLoss } }

  func end() { state.withLock { $0.status.sourceState = .stopped } }

  /// Whether the source has been opened or is known to be lost.
  var hasSettled: Bool { state.withLock { $0.hasSettled } }

  /// The stream as it is now, with what its capture and its sinks say.
  func status(_ capture: LiveSnapshot?, _ outputs: [SinkStatus]) -> StreamStatus {
    let now = clock.now()
    return state.withLock { state in
      var status = state.status
      var counts = state.earlier
      if let capture { counts.add(capture) }
      status.framesIn = counts.framesReceived
      status.drops = counts.drops
      status.reconnects = counts.reconnects
      status.hangs = counts.hangs
      status.framesPerSecond = state.rate.rate(at: now)
      status.outputs =
        outputs.isEmpty ? state.earlierOutputs : state.summed(outputs.map(OutputStatus.init))
      return status
    }
  }

  /// Whether the stream's own thread goes round. What its source does is no part of that: a source
  /// that hangs is its capture's business.
  var isProgressing: Bool {
    let now = clock.now()
    return state.withLock { $0.status.sourceState == .stopped || now <= $0.turnDue }
  }
}

extension LiveSnapshot {
  fileprivate mutating func add(_ other: LiveSnapshot) {
    framesReceived += other.framesReceived
    droppedForNewer += other.droppedForNewer
    undecodable += other.undecodable
    corruptPackets += other.corruptPackets
    reconnects += other.reconnects
    hangs += other.hangs
  }
}

extension OutputStatus {
  fileprivate init(_ sink: SinkStatus) {
    self.init(
      kind: sink.kind, target: sink.target, written: sink.written, lost: sink.lost,
      problem: sink.problem)
  }
}
