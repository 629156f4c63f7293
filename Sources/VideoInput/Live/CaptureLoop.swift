import Synchronization
import SystemSupport

/// The threads behind `LiveCapture`, and what they share.
///
/// One thread at a time opens and reads the source. One that hangs in a call which is not ours (a
/// decoder, a driver) beyond all deadlines cannot be ended: it is left to itself, can change nothing
/// here any more, and another takes its place, while not too many hang.
final class CaptureLoop: Sendable {
  /// What hanging threads are allowed.
  struct Patience: Sendable {
    /// How much longer than its deadlines a step may take before it hangs. A busy machine is slow.
    var graceSeconds = 5.0
    /// Threads that may hang at a time; each may hold a core, and the memory of a picture.
    var hangingThreads = 2
  }

  let address: LiveAddress
  let frames: FrameQueue
  private let settings: LiveSettings
  private let patience: Patience
  private let open: ConnectionOpener
  private let interruption = Interruption()
  private let state = Mutex(State())

  private struct State {
    var snapshot = LiveSnapshot()
    var times = CaptureTimes()
    /// The thread that works now; nil before the first, and while those that hang are too many.
    var run: CaptureRun?
    var runs = 0
    /// Threads that hang.
    var hanging = 0
    /// When the next attempt is due, of the monotonic clock.
    var retryAt = 0.0
    var isStopped = false
    var isStarted = false
  }

  /// - Parameter open: how the source is opened; tests put something else in its place.
  init(
    _ address: LiveAddress, _ settings: LiveSettings, patience: Patience = Patience(),
    open: @escaping ConnectionOpener = openLive
  ) {
    self.address = address
    self.settings = settings
    self.patience = patience
    self.open = open
    frames = FrameQueue(FrameQueue.Bounds(seconds: settings.bufferSeconds))
  }

  /// The kind of connection that the address asks for. Its host's name is looked up beside: FFmpeg
  /// would wait for it without an end.
  private static let openLive: ConnectionOpener = {
    (address, settings, watch) throws(VideoInputError) in
    if let name = address.hostName {
      watch.start(seconds: settings.openDeadlineSeconds)
      try NameResolver.system.resolve(name, for: address, watch)
    }
    return try LiveConnection(address, settings, watch)
  }

  func start() {
    let run = state.withLock { state in
      guard !state.isStarted, !state.isStopped else { return CaptureRun?.none }
      state.isStarted = true
      return nextRun(&state)
    }
    if let run { begin(run, after: nil) }
  }

  func stop(waitingAtMost seconds: Double) {
    interruption.interrupt()
    frames.close()
    let run = state.withLock { state in
      state.isStopped = true
      state.snapshot.state = .stopped
      return state.run
    }
    if seconds > 0 { run?.wait(atMost: seconds) }
  }

  /// How the source does; to be called now and then, for it also finds out whether a thread hangs.
  var snapshot: LiveSnapshot {
    look()
    var (now, due) = state.withLock { ($0.snapshot, $0.retryAt) }
    if case .waiting = now.state {
      now.state = .waiting(retryInSeconds: max(0, due - Clocks.monotonicSeconds))
    }
    now.droppedForNewer = frames.dropped
    return now
  }

  func countDelivered() { state.withLock { $0.snapshot.framesDelivered += 1 } }

  // MARK: - Threads

  /// Leaves the thread to itself that hangs, and begins another.
  func look() {
    let next: CaptureRun? = state.withLock { state in
      guard !state.isStopped, let run = state.run, let step = run.hangsIn else { return nil }
      run.interruption.interrupt()
      state.run = nil
      state.hanging += 1
      state.snapshot.hangs += 1
      state.snapshot.state = .waiting(retryInSeconds: 0)
      state.snapshot.timesProblem = nil
      state.snapshot.problem = hanging(step, state.hanging).description
      state.times.breakOff()
      return state.hanging < patience.hangingThreads ? nextRun(&state) : nil
    }
    if let next { begin(next, after: hanging(.read, 1)) }
  }

  private func hanging(_ step: CaptureRun.Step, _ count: Int) -> VideoInputError {
    let rest =
      count < patience.hangingThreads
      ? "it is left to itself" : "it is tried again when one of \(count) such attempts comes back"
    return VideoInputError(
      .timedOut, operation: step.rawValue, source: address.shown,
      problem: "it hangs beyond its deadline; \(rest)")
  }

  /// The thread that works from now on.
  private func nextRun(_ state: inout State) -> CaptureRun {
    state.runs += 1
    let run = CaptureRun(number: state.runs, within: interruption)
    state.run = run
    frames.accept(run: run.number)
    return run
  }

  /// - Parameter error: why the thread before does not go on.
  private func begin(_ run: CaptureRun, after error: VideoInputError?) {
    SystemThread.start("capture") { [self] in
      work(run, after: error)
      run.end()
      let next = state.withLock { state in
        if state.run === run || state.isStopped { return CaptureRun?.none }
        // One that hung has come back.
        state.hanging -= 1
        return state.run == nil ? nextRun(&state) : nil
      }
      if let next { begin(next, after: hanging(.read, 1)) }
    }
  }

  // MARK: - On the thread

  private func work(_ run: CaptureRun, after error: VideoInputError?) {
    var frame = VideoFrame()
    var policy = RetryPolicy(settings, isCamera: address.isCamera)
    if let error { wait(run, policy.delay(after: error), saying: nil) }
    while !run.interruption.isInterrupted {
      var isLive = false
      change(run) { $0.snapshot.state = .opening }
      do throws(VideoInputError) {
        run.begin(.open, seconds: settings.longestOpeningSeconds + patience.graceSeconds)
        let connection = try open(address, settings, IOWatch(run.interruption))
        try deliver(connection, run, &frame, &isLive)
      } catch {
        run.cameBack()
        guard !run.interruption.isInterrupted else { return }
        if isLive { policy.succeeded() }
        wait(run, policy.delay(after: error), saying: error.description)
      }
    }
  }

  private func wait(_ run: CaptureRun, _ seconds: Double, saying problem: String?) {
    let watch = DeviceWatch(path: address.watchedPath)
    change(run) { state in
      state.retryAt = Clocks.monotonicSeconds + seconds
      state.snapshot.state = .waiting(retryInSeconds: seconds)
      if let problem { state.snapshot.problem = problem }
      state.snapshot.timesProblem = nil
      state.times.breakOff()
    }
    watch.wait(seconds: seconds, run.interruption)
  }

  /// Hands on frame after frame until the connection throws, or the thread is not wanted any more.
  private func deliver(
    _ connection: any PictureConnection, _ run: CaptureRun, _ frame: inout VideoFrame,
    _ isLive: inout Bool
  ) throws(VideoInputError) {
    defer {
      let counts = connection.takeCounts()
      change(run) { $0.snapshot.add(counts) }
    }
    change(run) { state in
      state.snapshot.codec = connection.codec
      state.snapshot.nominalFramesPerSecond = connection.nominalFramesPerSecond
      state.snapshot.note = connection.note
    }
    while true {
      run.begin(.read, seconds: settings.longestReadSeconds + patience.graceSeconds)
      let times = try connection.nextFrame(into: &frame)
      run.cameBack()
      let entry = FrameQueue.Entry(
        startsAnew: !isLive || times.isJump, isTimedByArrival: times.isTimedByArrival,
        run: run.number)
      // Before the frame can be taken: who gets it and asks, hears that the source is live.
      let isWanted = note(connection, run, &frame, times, isFirst: !isLive)
      isLive = true
      guard isWanted, frames.put(&frame, entry) else { return }
    }
  }

  /// Gives a frame its times and says that it came. Returns false where the thread was left to
  /// itself meanwhile.
  private func note(
    _ connection: any PictureConnection, _ run: CaptureRun, _ frame: inout VideoFrame,
    _ times: LiveConnection.Times, isFirst: Bool
  ) -> Bool {
    let (width, height) = (frame.grey.width, frame.grey.height)
    let counts = connection.takeCounts()
    let doubt = connection.doubtOfTimes
    return state.withLock { state in
      guard state.run === run, !state.isStopped else { return false }
      let isReconnect = isFirst && state.times.number > 0
      state.times.stamp(&frame, times)
      state.snapshot.state = .live
      state.snapshot.problem = nil
      state.snapshot.timesProblem = doubt.map {
        "\($0.words); frames have the times of their arrival"
      }
      // Whether each answer is one picture, the second one tells.
      state.snapshot.nominalFramesPerSecond = connection.nominalFramesPerSecond
      state.snapshot.width = width
      state.snapshot.height = height
      let format = connection.pixelFormat
      if state.snapshot.pixelFormat != format { state.snapshot.pixelFormat = format }
      state.snapshot.framesReceived += 1
      state.snapshot.reconnects += isReconnect ? 1 : 0
      state.snapshot.add(counts)
      return true
    }
  }

  /// Changes what is known of the source, unless the thread was left to itself or all is stopped.
  private func change(_ run: CaptureRun, _ body: (inout State) -> Void) {
    state.withLock { state in
      if state.run === run, !state.isStopped { body(&state) }
    }
  }
}

extension LiveSettings {
  /// What opening may take, where every call that it makes keeps its deadline: one for the name, one
  /// for the rest.
  fileprivate var longestOpeningSeconds: Double { 2 * openDeadlineSeconds }

  /// What a connection may take to its next frame, where every call that it makes keeps its deadline.
  fileprivate var longestReadSeconds: Double {
    let step = framesPerSecond.map { 1 / $0 } ?? 0
    return pictureDeadlineSeconds + readDeadlineSeconds + 3 * step
  }
}

extension LiveSnapshot {
  fileprivate mutating func add(_ counts: LiveConnection.Counts) {
    undecodable += counts.undecodable
    corruptPackets += counts.corruptPackets
  }
}
