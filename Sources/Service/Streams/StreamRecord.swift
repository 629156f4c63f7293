import Recording
import Synchronization
import Tracking
import VideoInput

/// What a stream's thread writes down about it, for those who ask. Thread-safe.
final class StreamRecord: Sendable {
  private struct State {
    var status: StreamStatus
    var rate = RateWindow()
    /// Between the last two frames without a loss between them; nil before the second.
    var intervalSeconds: Double?
    /// Counts of captures and sinks that ended with an error before the present ones.
    var earlier = LiveSnapshot()
    var earlierOutputs: [OutputStatus] = []
    var endedWithLoss = false
    var hasSettled = false
    /// face_ids of the present attempt.
    var numbersGiven = 0
    /// Until when the thread may take before it counts as stuck.
    var turnDue: Double

    mutating func add(_ outputs: [OutputStatus]) {
      earlierOutputs = summed(outputs).map { output in
        var closed = output
        // Nothing is tried any more; why the stream does nothing, its own problem says.
        closed.problem = nil
        return closed
      }
    }

    /// Outputs with what those before them wrote and lost; the order is the configuration's. An
    /// attempt that has not made all of them has the earlier ones.
    func summed(_ outputs: [OutputStatus]) -> [OutputStatus] {
      let all = outputs + earlierOutputs.dropFirst(outputs.count)
      return all.enumerated().map { index, output in
        guard index < outputs.count, index < earlierOutputs.count else { return output }
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

  /// Frames that stay out for no longer than this, and than three times the time between the last
  /// two, are on their way.
  private static let silentSeconds = 2.0

  private let state: Mutex<State>
  private let clock: ServiceClock

  init(_ configuration: StreamConfiguration, clock: ServiceClock) {
    self.clock = clock
    let now = clock.now()
    state = Mutex(
      State(
        status: StreamStatus(
          name: configuration.name, source: configuration.source.address.shown,
          beginSeconds: now),
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
      state.status.see(snapshot)
      if snapshot.state != .live { state.intervalSeconds = nil }
      if snapshot.state != .opening { state.hasSettled = true }
      return before
    }
  }

  /// A frame was tracked, which took `fitSeconds`.
  /// - Parameter faces: at least one; of a frame without a face one without a fit.
  func add(_ faces: some Collection<TrackedFrame>, detectorRan: Bool, fitSeconds: Double) {
    let now = clock.now()
    // What is told of the frame as a whole is its best face's.
    guard let frame = faces.first(where: \.success) ?? faces.first else { return }
    let believed = faces.count(where: \.success)
    let hasFit = faces.contains(where: \.hasFit)
    let highest = faces.lazy.filter(\.success).map(\.faceID).max() ?? -1
    state.withLock { state in
      state.status.framesTracked += believed > 0 ? 1 : 0
      state.status.framesWithoutFace += hasFit ? 0 : 1
      state.status.framesDoubtful += hasFit && believed == 0 ? 1 : 0
      state.status.facesNow = believed
      // Numbers are given in turn, and begin anew with each attempt.
      if highest + 1 > state.numbersGiven {
        state.status.identities += highest + 1 - state.numbersGiven
        state.numbersGiven = highest + 1
      }
      state.status.detections += detectorRan ? 1 : 0
      if let last = state.status.lastFrameSeconds, state.status.trackingState != nil {
        state.intervalSeconds = now - last
      }
      state.status.trackingState = frame.state.rawValue
      state.status.confidence = frame.confidence.isFinite ? frame.confidence : nil
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
      state.numbersGiven = 0
      state.hasSettled = true
      state.status.sourceState = .waiting
      state.status.problem = reason
      state.status.timesProblem = nil
      state.status.forgetFrame()
      state.intervalSeconds = nil
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

  func end() {
    state.withLock { state in
      state.status.sourceState = .stopped
      state.status.problem = nil
      state.status.timesProblem = nil
      state.status.forgetFrame()
    }
  }

  /// Whether the source has been opened or is known to be lost.
  var hasSettled: Bool { state.withLock { $0.hasSettled } }

  /// The stream as it is now, with what its capture and its sinks say.
  func status(_ capture: LiveSnapshot?, _ outputs: [SinkStatus]) -> StreamStatus {
    let now = clock.now()
    return state.withLock { state in
      var status = state.status
      let patience = max(Self.silentSeconds, 3 * (state.intervalSeconds ?? .infinity))
      let isSilent = status.lastFrameAgeSeconds(at: now) > patience
      // Frames of a burst may still be looked at when their source is lost.
      if status.sourceState != .live || isSilent { status.forgetFrame() }
      var counts = state.earlier
      if let capture { counts.add(capture) }
      status.framesIn = counts.framesReceived
      status.drops = counts.drops
      status.reconnects = counts.reconnects
      status.hangs = counts.hangs
      status.framesPerSecond = state.rate.rate(at: now)
      status.outputs = state.summed(outputs.map(OutputStatus.init))
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

extension StreamStatus {
  fileprivate mutating func see(_ snapshot: LiveSnapshot) {
    sourceState = snapshot.sourceState
    problem = snapshot.state == .live ? nil : snapshot.problem
    timesProblem = snapshot.state == .live ? snapshot.timesProblem : nil
    if snapshot.width > 0 { (width, height) = (snapshot.width, snapshot.height) }
    if snapshot.state != .live { forgetFrame() }
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
