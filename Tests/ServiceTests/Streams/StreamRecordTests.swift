import Recording
import Testing
import Tracking
import VideoInput

@testable import Service

/// What a stream tells about itself, on a clock that the tests turn.
@Suite struct StreamRecordTests {
  private let time = ManualClock()

  private func makeRecord() -> StreamRecord {
    StreamRecord(
      StreamConfiguration(
        name: "a", source: SourceConfiguration(address: "rtsp://u:p@host/x")), clock: time.clock)
  }

  private func snapshot(_ state: LiveSnapshot.State) -> LiveSnapshot {
    var snapshot = LiveSnapshot()
    snapshot.state = state
    return snapshot
  }

  private func row(captured seconds: Double? = nil) -> TrackedFrame {
    var frame = TrackedFrame()
    frame.captureSeconds = seconds
    return frame
  }

  @Test("the address is shown without the password")
  func address() { #expect(makeRecord().status(nil, []).source == "rtsp://host/x") }

  @Test("frames a second over the last whole seconds; 0 once none come")
  func rate() {
    let record = makeRecord()
    for _ in 0..<300 {
      record.add([row()], detectorRan: false, fitSeconds: 0.003)
      time.advance(1.0 / 30)
    }
    #expect(abs(record.status(nil, []).framesPerSecond - 30) < 0.5)
    time.advance(10)
    #expect(record.status(nil, []).framesPerSecond == 0)
  }

  @Test("the rate of a stream that has just begun")
  func earlyRate() {
    var window = RateWindow()
    for frame in 0..<15 { window.add(at: 100.2 + Double(frame) / 30) }
    #expect(abs(window.rate(at: 100.7) - 30) < 1)
    // The second in which it began is not a whole one.
    for frame in 15..<60 { window.add(at: 100.2 + Double(frame) / 30) }
    #expect(window.rate(at: 102.1) == 30)
    #expect(window.rate(at: 108) == 0)
  }

  @Test("latency is from capture to row")
  func latency() {
    let record = makeRecord()
    record.add([row(captured: 999.98)], detectorRan: true, fitSeconds: 0.003)
    record.add([row()], detectorRan: false, fitSeconds: 0.004)
    let status = record.status(nil, [])
    #expect(status.latency.count == 1)
    #expect(abs(status.latency.sum - 0.02) < 1e-9)
    #expect(status.fitTime.count == 2)
    #expect(status.detections == 1)
    #expect(status.lastFrameSeconds == 1000)
  }

  /// A record of a stream that follows a face.
  private func tracking() -> StreamRecord {
    let record = makeRecord()
    record.see(snapshot(.live))
    var frame = row()
    (frame.state, frame.hasFit, frame.success) = (.tracking, true, true)
    (frame.confidence, frame.meanShift) = (0.9, 0.25)
    for _ in 0..<10 {
      time.advance(0.1)
      record.add([frame], detectorRan: false, fitSeconds: 0.003)
    }
    return record
  }

  @Test("what the last frame showed is there while frames come")
  func flowing() {
    let live = tracking().status(nil, [])
    #expect(live.trackingState == "tracking" && live.confidence == 0.9 && live.meanShift == 0.25)
    #expect(live.isFlowing)
  }

  @Test("a frame of several faces counts once, its people as numbers are given")
  func several() {
    let record = makeRecord()
    record.see(snapshot(.live))
    func add(_ faces: [(id: Int, success: Bool)]) -> StreamStatus {
      let rows = faces.map { face in
        var frame = row()
        (frame.faceID, frame.hasFit, frame.success) = (face.id, true, face.success)
        frame.state = face.success ? .tracking : .doubtful
        return frame
      }
      record.add(rows, detectorRan: false, fitSeconds: 0.003)
      return record.status(nil, [])
    }
    var status = add([(0, false), (1, true), (2, true)])
    #expect(status.facesNow == 2 && status.identities == 3 && status.trackingState == "tracking")
    #expect(status.framesTracked == 1 && status.framesDoubtful == 0)
    status = add([(0, false), (1, false)])
    #expect(status.facesNow == 0 && status.identities == 3 && status.trackingState == "doubtful")
    #expect(status.framesTracked == 1 && status.framesDoubtful == 1)
    // Another attempt begins with 0 again: other people, as far as can be told.
    record.fail("gone")
    #expect(record.status(nil, []).facesNow == nil)
    record.see(snapshot(.live))
    status = add([(0, true)])
    #expect(status.identities == 4 && status.facesNow == 1)
  }

  @Test(
    "a source that is lost shows no face, nor does one whose next frame was not tracked yet",
    arguments: [LiveSnapshot.State.waiting(retryInSeconds: 1), .opening])
  func lost(_ state: LiveSnapshot.State) {
    let record = tracking()
    var troubled = snapshot(state)
    troubled.timesProblem = "its time stamps stand still"
    record.see(troubled)
    // Of a burst that came before the loss.
    record.add([row()], detectorRan: false, fitSeconds: 0.003)
    #expect(record.status(nil, []).trackingState == nil)
    for next in [troubled, snapshot(.live)] {
      record.see(next)
      let lost = record.status(nil, [])
      #expect(lost.trackingState == nil && lost.confidence == nil && lost.meanShift == nil)
      #expect(!lost.isFlowing && lost.timesProblem == nil)
    }
    record.add([row()], detectorRan: false, fitSeconds: 0.003)
    #expect(record.status(nil, []).trackingState == "searching")
  }

  @Test("neither does a stream that failed or is stopped")
  func failed() {
    for stop in [{ $0.fail("no output") }, { $0.end() }] as [(StreamRecord) -> Void] {
      let record = tracking()
      stop(record)
      #expect(record.status(nil, []).trackingState == nil)
      #expect(record.status(nil, []).confidence == nil)
    }
  }

  @Test("a live source that is silent for long shows no face; a slow one does between its frames")
  func silent() {
    let record = tracking()
    time.advance(1.9)
    #expect(record.status(nil, []).trackingState == "tracking")
    time.advance(0.2)
    let silent = record.status(nil, [])
    #expect(silent.sourceState == .live && silent.trackingState == nil && !silent.isFlowing)
    #expect(abs(silent.lastFrameAgeSeconds(at: time.clock.now()) - 2.1) < 1e-9)
    let slow = makeRecord()
    slow.see(snapshot(.live))
    for _ in 0..<3 {
      slow.add([row()], detectorRan: false, fitSeconds: 0.003)
      time.advance(60)
      #expect(slow.status(nil, []).trackingState == "searching")
    }
    time.advance(121)
    #expect(slow.status(nil, []).trackingState == nil)
  }

  @Test("a source that never came has an age")
  func neverOpened() {
    let record = makeRecord()
    time.advance(42)
    record.see(snapshot(.waiting(retryInSeconds: 1)))
    #expect(record.status(nil, []).lastFrameAgeSeconds(at: time.clock.now()) == 42)
    record.add([row()], detectorRan: false, fitSeconds: 0.003)
    time.advance(3)
    #expect(record.status(nil, []).lastFrameAgeSeconds(at: time.clock.now()) == 3)
  }

  @Test("an output that was closed has no problem now; those that are not made yet stay")
  func closedOutputs() {
    let record = makeRecord()
    let outputs = ["x", "y"].map {
      SinkStatus(kind: "csv", target: $0, written: 3, problem: "no room")
    }
    record.keep(nil, outputs)
    let closed = record.status(nil, []).outputs
    #expect(closed.map(\.problem) == [nil, nil] && closed.map(\.written) == [3, 3])
    let next = record.status(nil, [SinkStatus(kind: "csv", target: "x", written: 1)]).outputs
    #expect(next.map(\.target) == ["x", "y"] && next.map(\.written) == [4, 3])
    record.keep(nil, [SinkStatus(kind: "csv", target: "x", written: 1)])
    #expect(record.status(nil, []).outputs.map(\.written) == [4, 3])
  }

  @Test("whatever a source does, its stream's thread goes round")
  func sources() {
    let record = makeRecord()
    for state in [LiveSnapshot.State.opening, .live, .waiting(retryInSeconds: 1)] {
      for _ in 0..<200 {
        time.advance(1)
        record.turn()
        record.see(snapshot(state))
        #expect(record.isProgressing)
      }
      #expect(record.hasSettled == (state != .opening))
    }
  }

  @Test("connections that hung and times that are not believed are told")
  func troubles() {
    let record = makeRecord()
    var live = snapshot(.live)
    live.hangs = 2
    live.timesProblem = "its time stamps stand still"
    record.see(live)
    #expect(record.status(live, []).hangs == 2)
    #expect(record.status(live, []).timesProblem == "its time stamps stand still")
    // Counts outlive the capture.
    record.keep(live, [])
    #expect(record.status(live, []).hangs == 4)
    record.fail("no output")
    #expect(record.status(nil, []).timesProblem == nil)
  }

  @Test("a thread that does not turn hangs, unless it waits for its next attempt")
  func turns() {
    let record = makeRecord()
    record.fail("no output")
    record.turn(waiting: 30)
    time.advance(44)
    #expect(record.isProgressing)
    time.advance(2)
    #expect(!record.isProgressing)
    record.end()
    #expect(record.isProgressing)
  }
}
