import Foundation
import Synchronization

/// The thread behind `LiveCapture`, and what it shares.
final class CaptureLoop: Sendable {
  let address: LiveAddress
  let settings: LiveSettings
  let slot = FrameSlot(gapSeconds: 1)
  let status = Mutex(LiveSnapshot())
  private let interruption = Interruption()
  private let hasStarted = Atomic<Bool>(false)
  private let ended = DispatchSemaphore(value: 0)
  /// When the next attempt is due, of the monotonic clock in nanoseconds.
  private let retryAt = Atomic<UInt64>(0)
  private let open: ConnectionOpener

  /// - Parameter open: how the source is opened; tests put something else in its place.
  init(
    _ address: LiveAddress, _ settings: LiveSettings, open: @escaping ConnectionOpener = openLive
  ) {
    self.address = address
    self.settings = settings
    self.open = open
  }

  /// The kind of connection that the address asks for.
  private static let openLive: ConnectionOpener = {
    (address, settings, watch) throws(VideoInputError) in
    try LiveConnection(address, settings, watch)
  }

  func start() {
    guard !hasStarted.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let thread = Thread { [self] in
      run()
      status.withLock { $0.state = .stopped }
      ended.signal()
    }
    thread.name = "capture"
    thread.start()
  }

  func stop(waitingAtMost seconds: Double) {
    interruption.interrupt()
    slot.close()
    status.withLock { $0.state = .stopped }
    guard hasStarted.load(ordering: .acquiring), seconds > 0 else { return }
    // Handed on, so that every caller waits for the one end.
    if ended.wait(timeout: .now() + seconds) == .success { ended.signal() }
  }

  var snapshot: LiveSnapshot {
    var now = status.withLock { $0 }
    if case .waiting = now.state {
      let due = Double(retryAt.load(ordering: .relaxed)) * 1e-9
      now.state = .waiting(retryInSeconds: max(0, due - Clocks.monotonicSeconds))
    }
    return now
  }

  // MARK: - On the thread

  private func run() {
    var frame = VideoFrame()
    var history = History()
    var policy = RetryPolicy(settings, isCamera: address.isCamera)
    while !interruption.isInterrupted {
      change { $0.state = .opening }
      do throws(VideoInputError) {
        let connection = try open(address, settings, IOWatch(interruption))
        try deliver(connection, &frame, &history)
      } catch {
        guard !interruption.isInterrupted else { return }
        if history.isLive { policy.succeeded() }
        history.isLive = false
        wait(policy.delay(after: error), after: error)
      }
    }
  }

  private func wait(_ seconds: Double, after error: VideoInputError) {
    let watch = DeviceWatch(path: address.watchedPath)
    retryAt.store(
      Clocks.monotonicNanoseconds &+ UInt64(seconds * 1e9), ordering: .relaxed)
    change {
      $0.state = .waiting(retryInSeconds: seconds)
      $0.problem = error.description
    }
    watch.wait(seconds: seconds, interruption)
  }

  /// What is remembered from one connection to the next.
  private struct History {
    var firstCapture: Double?
    var lastSeconds = 0.0
    var number = 0
    var isLive = false
  }

  /// Hands on frame after frame until the connection throws.
  private func deliver(
    _ connection: any PictureConnection, _ frame: inout VideoFrame, _ history: inout History
  ) throws(VideoInputError) {
    defer { add(connection.takeCounts()) }
    change {
      $0.codec = connection.codec
      $0.nominalFramesPerSecond = connection.nominalFramesPerSecond
      $0.note = connection.note
    }
    while true {
      let times = try connection.nextFrame(into: &frame)
      let isFirst = !history.isLive
      let isReconnect = isFirst && history.number > 0
      history.isLive = true
      stamp(&frame, times, &history)
      let (width, height) = (frame.grey.width, frame.grey.height)
      let counts = connection.takeCounts()
      // Before the frame can be taken: who gets it and asks, hears that the source is live.
      change {
        $0.state = .live
        $0.problem = nil
        $0.width = width
        $0.height = height
        if $0.pixelFormat != connection.pixelFormat { $0.pixelFormat = connection.pixelFormat }
        $0.framesReceived += 1
        $0.reconnects += isReconnect ? 1 : 0
        $0.add(counts)
      }
      if slot.put(&frame, startsAnew: isFirst || times.isJump) {
        change { $0.droppedForNewer += 1 }
      }
    }
  }

  private func stamp(
    _ frame: inout VideoFrame, _ times: LiveConnection.Times, _ history: inout History
  ) {
    history.number += 1
    let capture = times.captureSeconds
    let seconds = capture - (history.firstCapture ?? capture)
    if history.firstCapture == nil {
      history.firstCapture = capture
      history.lastSeconds = seconds
    } else {
      history.lastSeconds = max(seconds, history.lastSeconds + Self.leastStep)
    }
    frame.number = history.number
    frame.timestampSeconds = history.lastSeconds
    frame.presentationTimestamp = times.presentationTimestamp
    frame.timeBase = times.timeBase
    frame.captureSeconds = capture
    frame.utcSeconds = capture + Clocks.realtimeSeconds - Clocks.monotonicSeconds
  }

  /// The time from a frame to one that claims to be older: what a row can show.
  private static let leastStep = 1e-6

  private func add(_ counts: LiveConnection.Counts) { change { $0.add(counts) } }

  /// Changes the snapshot, but not after `stop`, which has the last word.
  private func change(_ body: (inout LiveSnapshot) -> Void) {
    status.withLock { snapshot in
      let isStopped = snapshot.state == .stopped
      body(&snapshot)
      if isStopped { snapshot.state = .stopped }
    }
  }
}

extension LiveSnapshot {
  fileprivate mutating func add(_ counts: LiveConnection.Counts) {
    undecodable += counts.undecodable
    corruptPackets += counts.corruptPackets
  }
}
