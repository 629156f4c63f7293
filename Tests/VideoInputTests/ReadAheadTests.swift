import CLNF
import Foundation
import Synchronization
import Testing

@testable import VideoInput

/// Frames that a thread reads ahead: the same ones, the same end, a bounded number.
@Suite struct ReadAheadTests {
  @Test(
    .enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing),
    arguments: FrameSourceContractTests.Kind.allCases, [1, 3])
  func givesWhatTheSourceGives(_ kind: FrameSourceContractTests.Kind, _ ahead: Int) throws {
    let settings = try VideoSettings(
      startSeconds: 0.75, everyNthFrame: 2, frameRate: kind.frameRate)
    let plain = try FrameSourceContractTests.open(kind, settings: settings)
    let expected = try records(plain)
    let inner = try FrameSourceContractTests.open(kind, settings: settings)
    let interruption = inner.interruption
    let source = ReadAheadSource(
      reading: inner, interruption: interruption, framesAhead: ahead)
    #expect(source.description.codec == plain.description.codec)
    #expect(try records(source) == expected)
    #expect(expected.count == 11)
    #expect(source.report == plain.report)
    var frame = VideoFrame()
    source.interrupt()
    for _ in 0..<2 { #expect(try !source.read(into: &frame), "it ends for ever") }
  }

  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func opensAndRefuses() throws {
    let folder = try FrameSourceContractTests.material.get()
    let source = try ReadAheadSource(folder.path("master.mkv"))
    #expect(try records(source).count == 30)
    let error = videoError { _ = try ReadAheadSource(folder.path("none.mkv")) }
    #expect(isUserMessage(error, naming: "none.mkv"))
  }

  @Test(arguments: [0, 1, 7])
  func anErrorComesBehindTheFramesBeforeIt(_ count: Int) throws {
    let script = Script(end: .failed(after: count))
    let source = script.source(ahead: 3)
    // The error is there before the first frame is taken, or the ring is full.
    script.wait { $0 == min(count, 4) }
    var frame = VideoFrame()
    for number in 0..<count {
      #expect(try source.read(into: &frame))
      let found = frame.number
      #expect(found == number + 1)
      let delivered = source.report.framesDelivered
      #expect(delivered == number + 1, "what had been read when the frame came")
    }
    for _ in 0..<2 {
      let error = videoError { _ = try source.read(into: &frame) }
      #expect(error?.kind == .failed && error?.problem == "it broke")
    }
    #expect(source.report.framesDelivered == count)
  }

  @Test(arguments: [1, 3])
  func readsNoFurtherThanItMay(_ ahead: Int) throws {
    let script = Script(end: .failed(after: 1000))
    let source = script.source(ahead: ahead)
    var frame = VideoFrame()
    for taken in 0..<20 {
      // Those that wait, and one in the hands of the thread.
      script.wait { $0 == taken + ahead + 1 }
      usleep(2000)
      #expect(script.given == taken + ahead + 1)
      #expect(try source.read(into: &frame))
    }
  }

  @Test func framesAreSwapped() throws {
    let source = Script(end: .failed(after: 1000)).source(ahead: 3)
    var frame = VideoFrame()
    var addresses: Set<UnsafePointer<UInt8>?> = []
    for _ in 0..<100 {
      #expect(try source.read(into: &frame))
      addresses.insert(frame.grey.withSamples { $0.baseAddress })
    }
    // Three that wait, one that is filled, one that is looked at.
    #expect(addresses.count <= 5)
  }

  @Test func anInterruptionDoesNotWaitForTheRing() throws {
    let script = Script(end: .failed(after: 1000))
    let outer = Interruption()
    let source = script.source(ahead: 3, within: outer)
    var frame = VideoFrame()
    #expect(try source.read(into: &frame))
    script.wait { $0 == 5 }
    outer.interrupt()
    for _ in 0..<2 {
      let error = videoError { _ = try source.read(into: &frame) }
      #expect(error?.kind == .interrupted)
    }
    #expect(script.given <= 6)
  }

  @Test func anInterruptionEndsAWaitForFrames() throws {
    let script = Script(end: .blocked(after: 2))
    let source = script.source(ahead: 3)
    var frame = VideoFrame()
    for _ in 0..<2 { #expect(try source.read(into: &frame)) }
    let interruption = source.interruption
    Thread.detachNewThread {
      usleep(20_000)
      interruption.interrupt()
    }
    let error = videoError { _ = try source.read(into: &frame) }
    #expect(error?.kind == .interrupted)
  }

  /// With the ring full, and with the source waiting for bytes that do not come.
  @Test(arguments: [Script.End.failed(after: 1000), .blocked(after: 1)])
  func closingLetsGoOfTheSource(_ end: Script.End) throws {
    let script = Script(end: end)
    let outer = Interruption()
    let source = script.source(ahead: 2, within: outer)
    script.wait { $0 >= 1 }
    source.close()
    #expect(script.isReleased)
    #expect(!outer.isInterrupted)
    var frame = VideoFrame()
    #expect(videoError { _ = try source.read(into: &frame) }?.kind == .interrupted)
    source.close()
  }

  @Test func lettingGoEndsTheThread() throws {
    let script = Script(end: .blocked(after: 1))
    do {
      let source = script.source(ahead: 2)
      var frame = VideoFrame()
      #expect(try source.read(into: &frame))
    }
    #expect(script.isReleased)
  }

  @Test func aPartOfAnInterruption() {
    let outer = Interruption()
    let (first, second) = (Interruption(within: outer), Interruption(within: outer))
    first.interrupt()
    #expect(first.isInterrupted && !second.isInterrupted && !outer.isInterrupted)
    outer.interrupt()
    #expect(second.isInterrupted)
  }
}

/// What a source without a file gives, and what became of it.
final class Script: Sendable {
  enum End: Sendable {
    /// An error after so many frames.
    case failed(after: Int)
    /// A wait for an interruption after so many frames.
    case blocked(after: Int)
  }

  private struct State {
    var given = 0
    var isReleased = false
  }

  let end: End
  private let state = Mutex(State())

  init(end: End) { self.end = end }

  var given: Int { state.withLock { $0.given } }
  var isReleased: Bool { state.withLock { $0.isReleased } }

  func noteFrame() { state.withLock { $0.given += 1 } }
  func noteRelease() { state.withLock { $0.isReleased = true } }

  func source(ahead: Int, within outer: Interruption = Interruption()) -> ReadAheadSource {
    let own = Interruption(within: outer)
    return ReadAheadSource(
      reading: ScriptedSource(self, own), interruption: own, framesAhead: ahead)
  }

  /// Waits until as many frames were given as `condition` wants.
  func wait(_ condition: (Int) -> Bool) {
    let deadline = ContinuousClock.now + .seconds(20)
    while !condition(given) {
      guard ContinuousClock.now < deadline else {
        Issue.record("\(given) frames were given")
        return
      }
      usleep(500)
    }
  }
}

private final class ScriptedSource: FrameSource {
  let description = SourceDescription(
    name: "script", container: "none", codec: "none", width: 4, height: 2)
  private(set) var report = SourceReport()
  let interruption: Interruption
  private let script: Script

  init(_ script: Script, _ interruption: Interruption) {
    self.script = script
    self.interruption = interruption
  }

  deinit { script.noteRelease() }

  func read(into frame: inout VideoFrame) throws(VideoInputError) -> Bool {
    let number = report.framesDelivered + 1
    switch script.end {
    case .failed(let count) where number > count:
      throw VideoInputError(
        .failed, operation: "read", source: description.name, problem: "it broke")
    case .blocked(let count) where number > count:
      while !interruption.isInterrupted { usleep(500) }
      throw VideoInputError(
        .interrupted, operation: "read", source: description.name, problem: "interrupted")
    default: break
    }
    frame.grey.resize(width: 4, height: 2, filler: 0)
    frame.number = number
    report.framesDelivered = number
    script.noteFrame()
    return true
  }
}
