import CLNF
import Foundation
import TestSupport
import Testing

@testable import Service

/// One stream from its source to its outputs.
@Suite struct StreamWorkerTests {
  private let world = FakeWorld()

  private func makeWorker(clock: ServiceClock = .monotonic) throws -> StreamWorker {
    StreamWorker(
      StreamPlan(configuration: FakeWorld.stream("a"), model: try SyntheticFixture.model()),
      pictures: PictureFeed(), parts: world.parts, clock: clock, logger: world.logger)
  }

  /// Starts a worker; it has a capture when this returns.
  private func start(_ worker: StreamWorker) throws -> FakeCapture {
    worker.start()
    try waitUntil("a capture") { !world.captures("fake://a").isEmpty }
    return world.captures("fake://a")[0]
  }

  @Test("every frame becomes a row of every output, with its times and the stream's name")
  func rows() throws {
    let worker = try makeWorker()
    let capture = try start(worker)
    for _ in 0..<5 { capture.deliver() }
    try waitUntil("rows") { world.sinks("a").first?.rows.count == 5 }
    #expect(worker.close(within: 5))
    let rows = world.sinks("a")[0].rows
    #expect(rows.map(\.number) == [1, 2, 3, 4, 5])
    #expect(rows.allSatisfy { $0.stream == "a" && $0.width > 0 && $0.latencySeconds < 5 })
    #expect(world.sinks("a")[0].closes >= 1)
    #expect(capture.starts == 1 && capture.stops >= 1)
  }

  @Test("the face is found beside the path, and what was tracked is counted")
  func counts() throws {
    let worker = try makeWorker()
    let capture = try start(worker)
    var delivered = 0
    try waitUntil("a face") {
      capture.deliver()
      delivered += 1
      usleep(5000)
      return worker.status.framesTracked > 3
    }
    capture.change { $0.droppedForNewer = 7 }
    try waitUntil("all frames") { world.sinks("a")[0].rows.count == delivered }
    try waitUntil("live") { worker.status.sourceState == .live }
    let status = worker.status
    #expect(status.framesIn == delivered)
    let sum = status.framesTracked + status.framesWithoutFace + status.framesDoubtful
    #expect(sum == delivered)
    #expect(status.detections >= 1)
    #expect(status.drops == ["newer": 7])
    #expect(status.fitTime.count == delivered)
    #expect(status.latency.count == delivered)
    #expect(status.trackingState == "tracking")
    #expect(status.outputs.map(\.written) == [delivered])
    #expect(worker.close(within: 5))
    #expect(worker.status.sourceState == .stopped)
    // What is over keeps its counts.
    #expect(worker.status.framesIn == delivered)
    #expect(worker.status.outputs.map(\.written) == [delivered])
  }

  @Test("a lost source is said once, and its return too")
  func loss() throws {
    let worker = try makeWorker()
    let capture = try start(worker)
    #expect(!worker.hasSettled)
    capture.lose("unplugged")
    try waitUntil("settled") { worker.hasSettled }
    #expect(worker.status.sourceState == .waiting)
    #expect(worker.status.problem == "unplugged")
    #expect(worker.isProgressing)
    usleep(600_000)
    capture.deliver(startsAnew: true)
    try waitUntil("live") { worker.status.sourceState == .live }
    #expect(worker.status.problem == nil)
    #expect(worker.close(within: 5))
    let about = world.messages.all.filter { $0.contains("stream a") }
    #expect(
      about == [
        "warning: stream a: no source, it is tried again: unplugged",
        "info: stream a: live, 136 x 128",
      ])
  }

  @Test("after an error the stream is made anew; counts go on")
  func restart() throws {
    world.breakSinks(of: "a", times: 1)
    let worker = try makeWorker()
    _ = try start(worker)
    try waitUntil("a second capture") { world.captures("fake://a").count == 2 }
    let second = world.captures("fake://a")[1]
    second.deliver()
    try waitUntil("a row") { world.sinks("a").first?.rows.count == 1 }
    // A capture that ends by itself is an error too.
    second.endByItself()
    try waitUntil("failed") { worker.status.sourceState == .waiting }
    #expect(worker.status.problem == "the source ended by itself")
    #expect(worker.isProgressing && worker.hasSettled)
    try waitUntil("a third capture") { world.sinks("a").count == 2 }
    world.captures("fake://a")[2].deliver()
    try waitUntil("a second row") { worker.status.outputs.map(\.written) == [2] }
    #expect(worker.status.framesIn == 2)
    #expect(worker.close(within: 5))
    #expect(world.sinks("a").allSatisfy { $0.closes >= 1 })
    #expect(
      world.messages.all.first
        == "error: stream a: failed, it is started again in 1 s: no output")
  }

  @Test("closing does not wait for the next attempt")
  func closeWhileWaiting() throws {
    world.breakSinks(of: "a", times: 100)
    let worker = try makeWorker()
    _ = try start(worker)
    try waitUntil("failed") { worker.status.problem == "no output" }
    var isClosed = false
    #expect(seconds { isClosed = worker.close(within: 5) } < 0.5)
    #expect(isClosed)
    // Closing again does nothing.
    #expect(worker.close(within: 5))
  }

  @Test("a capture that hangs keeps nobody: outputs are closed, and the watchdog hears of it")
  func hang() throws {
    let now = ManualClock()
    let worker = try makeWorker(clock: now.clock)
    let capture = try start(worker)
    capture.deliver()
    try waitUntil("a row") { world.sinks("a").first?.rows.count == 1 }
    #expect(worker.isProgressing)
    capture.hang()
    try waitUntil("it hangs") { capture.isHanging }
    now.advance(14)
    #expect(worker.isProgressing)
    now.advance(2)
    #expect(!worker.isProgressing)
    var isClosed = true
    #expect(seconds { isClosed = worker.close(within: 1) } < 1.5)
    #expect(!isClosed)
    #expect(world.sinks("a")[0].closes == 1)
    capture.goOn()
  }

  @Test("times that are not believed are said once, and when they are again")
  func wrongTimes() throws {
    let worker = try makeWorker()
    let capture = try start(worker)
    capture.deliver()
    for speed in ["0.5", "0.51"] {
      capture.change { $0.timesProblem = "its time stamps run at \(speed)" }
      try waitUntil("told") { worker.status.timesProblem?.hasSuffix(speed) == true }
    }
    capture.change { $0.timesProblem = nil }
    try waitUntil("said") {
      world.messages.all.contains("info: stream a: its time stamps are right again")
    }
    let said = world.messages.all.filter { $0.contains("its time stamps run") }
    #expect(said == ["warning: stream a: its time stamps run at 0.5"])
    #expect(worker.close(within: 5))
  }

  @Test("an output's trouble is said once, and its end too")
  func outputTrouble() throws {
    let worker = try makeWorker()
    let capture = try start(worker)
    try waitUntil("an output") { !world.sinks("a").isEmpty }
    let sink = world.sinks("a")[0]
    sink.fail("disk full")
    try waitUntil("said") { world.messages.all.contains("warning: stream a: fake here: disk full") }
    #expect(worker.status.outputs.map(\.problem) == ["disk full"])
    sink.fail(nil)
    capture.deliver()
    try waitUntil("said") {
      world.messages.all.contains("info: stream a: fake here: well again, 0 rows were lost")
    }
    #expect(worker.close(within: 5))
  }
  @Test("rows that are lost are said when they begin to be, and all of them at the close")
  func losses() throws {
    let worker = try makeWorker()
    _ = try start(worker)
    try waitUntil("an output") { !world.sinks("a").isEmpty }
    let sink = world.sinks("a")[0]
    sink.fail("no room")
    try waitUntil("said") { world.messages.all.contains("warning: stream a: fake here: no room") }
    sink.lose(3)
    try waitUntil("said") {
      world.messages.all.contains(
        "warning: stream a: fake here: no room; rows are lost: disk full 3")
    }
    sink.loseAtEnd(4)
    #expect(worker.close(within: 5))
    #expect(
      world.messages.all.last
        == "warning: stream a: fake here: closed, 7 of 7 rows were lost: disk full 7; 4 of them at the end"
    )
    #expect(worker.endedWithLoss)
    #expect(worker.status.outputs.map(\.lost) == [["disk full": 7]])
  }

  @Test("losses of an output that is closed beside a stream that hangs are said, once")
  func lossesOfAHangingStream() throws {
    let worker = try makeWorker()
    let capture = try start(worker)
    try waitUntil("an output") { !world.sinks("a").isEmpty }
    world.sinks("a")[0].loseAtEnd(2)
    capture.hang()
    try waitUntil("it hangs") { capture.isHanging }
    #expect(!worker.close(within: 1))
    let line =
      "warning: stream a: fake here: closed, 2 of 2 rows were lost: disk full 2; 2 of them at the end"
    #expect(world.messages.all.filter { $0 == line }.count == 1)
    capture.goOn()
    try waitUntil("the thread's end") { worker.close(within: 1) }
    #expect(world.messages.all.filter { $0 == line }.count == 1)
    #expect(worker.endedWithLoss)
  }
}
