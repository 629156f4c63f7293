import Testing
import Tracking
import VideoInput

@testable import Daemon

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
      record.add(row(), detectorRan: false, fitSeconds: 0.003)
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
    record.add(row(captured: 999.98), detectorRan: true, fitSeconds: 0.003)
    record.add(row(), detectorRan: false, fitSeconds: 0.004)
    let status = record.status(nil, [])
    #expect(status.latency.count == 1)
    #expect(abs(status.latency.sum - 0.02) < 1e-9)
    #expect(status.fitTime.count == 2)
    #expect(status.detections == 1)
    #expect(status.lastFrameSeconds == 1000)
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
