import CLNF
import Foundation
import Synchronization
import Testing

@testable import VideoInput

/// The handing over of frames.
@Suite struct FrameQueueTests {
  private func fill(_ frame: inout VideoFrame, _ number: Int, seconds: Double, width: Int = 4) {
    frame.grey.resize(width: width, height: 2, filler: UInt8(truncatingIfNeeded: number))
    frame.number = number
    frame.timestampSeconds = seconds
  }

  /// Without a buffer.
  private static let newestWins = FrameQueue.Bounds(seconds: 0)

  @Test func theNewestWins() {
    let queue = FrameQueue(Self.newestWins)
    var made = VideoFrame()
    var taken = VideoFrame()
    #expect(queue.take(into: &taken, waitingAtMost: 0) == .nothing)
    fill(&made, 1, seconds: 0)
    #expect(queue.put(&made, .init(startsAnew: true)))
    fill(&made, 2, seconds: 0.04)
    #expect(queue.put(&made, .init()))
    #expect(queue.dropped == 1)
    // What the dropped frame began is begun by the one that is given.
    #expect(queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: true))
    #expect(taken.number == 2)
    #expect(queue.take(into: &taken, waitingAtMost: 0) == .nothing)
    fill(&made, 3, seconds: 0.08)
    #expect(queue.put(&made, .init()))
    #expect(queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: false))
    #expect(taken.number == 3 && queue.dropped == 1)
  }

  /// A second of frames that come at once: none is lost, and they are given at once for who wants
  /// them, in their order.
  @Test func aBurstIsKept() {
    let queue = FrameQueue()
    var made = VideoFrame()
    var taken = VideoFrame()
    for number in 1...30 {
      fill(&made, number, seconds: 100 + Double(number))
      #expect(queue.put(&made, .init(startsAnew: number == 1)))
    }
    for number in 1...30 {
      #expect(
        queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: number == 1), "\(number)")
      #expect(taken.number == number)
    }
    #expect(queue.dropped == 0)
  }

  /// What a burst had needed is given back when none follows; what is needed again and again is kept.
  @Test func memoryOfABurstIsGivenBack() {
    let queue = FrameQueue(FrameQueue.Bounds(spareSeconds: 0.05))
    var made = VideoFrame()
    var taken = VideoFrame()
    var number = 0
    func pass(_ count: Int) {
      for _ in 0..<count {
        number += 1
        fill(&made, number, seconds: 100 + Double(number))
        #expect(queue.put(&made, .init(startsAnew: number == 1)))
      }
      for _ in 0..<count { _ = queue.take(into: &taken, waitingAtMost: 0) }
    }
    pass(30)
    #expect(queue.spareCount == 30)
    pass(30)
    #expect(queue.spareCount == 30)
    for _ in 0..<3 {
      usleep(60_000)
      pass(1)
    }
    #expect(queue.spareCount <= 2)
    #expect(taken.number == 63)
  }

  /// Behind the bound the newest wins.
  @Test func whatIsBeyondTheBufferIsDropped() {
    let queue = FrameQueue(FrameQueue.Bounds(seconds: 0.2))
    var made = VideoFrame()
    var taken = VideoFrame()
    for number in 1...30 {
      fill(&made, number, seconds: Double(number) * 0.1)
      #expect(queue.put(&made, .init(startsAnew: number == 1)))
    }
    usleep(250_000)
    #expect(queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: true))
    #expect(taken.number == 30 && queue.dropped == 29)
  }

  /// Where the memory is full the one who puts waits until a frame is taken or is overdue, never for
  /// longer.
  @Test func memoryIsBounded() throws {
    let queue = FrameQueue(FrameQueue.Bounds(seconds: 60, bytes: 5 * 8, frames: 100))
    let ended = DispatchSemaphore(value: 0)
    let count = Mutex(0)
    Thread.detachNewThread { [self] in
      var made = VideoFrame()
      for number in 1...9 {
        fill(&made, number, seconds: Double(number) * 1000)
        guard queue.put(&made, .init(startsAnew: number == 1)) else { break }
        count.withLock { $0 += 1 }
      }
      ended.signal()
    }
    try eventually("five frames") { count.withLock { $0 } == 5 }
    #expect(ended.wait(timeout: .now() + 0.1) == .timedOut)
    var taken = VideoFrame()
    for number in 1...3 {
      guard case .frame = queue.take(into: &taken, waitingAtMost: 10) else { break }
      #expect(taken.number == number)
    }
    try eventually("eight frames") { count.withLock { $0 } == 8 }
    queue.close()
    #expect(ended.wait(timeout: .now() + 30) == .success)
    #expect(count.withLock { $0 } == 8 && queue.dropped == 0)
  }

  /// A frame of a thread that was given up changes nothing, though it waits for room.
  @Test func framesOfAnotherRunAreRefused() {
    let queue = FrameQueue(FrameQueue.Bounds(seconds: 60, bytes: 8, frames: 2))
    var made = VideoFrame()
    for number in 1...2 {
      fill(&made, number, seconds: Double(number) * 1000)
      #expect(queue.put(&made, .init(startsAnew: number == 1)))
    }
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      var late = VideoFrame()
      fill(&late, 3, seconds: 3000)
      if !queue.put(&late, .init()) { ended.signal() }
    }
    #expect(ended.wait(timeout: .now() + 0.1) == .timedOut)
    queue.accept(run: 1)
    #expect(ended.wait(timeout: .now() + 30) == .success)
    fill(&made, 3, seconds: 3000)
    #expect(!queue.put(&made, .init(run: 0)))
    var taken = VideoFrame()
    #expect(queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: true))
    #expect(taken.number == 1)
  }

  @Test func gapsAndSizesBeginAnew() {
    let queue = FrameQueue(Self.newestWins)
    var made = VideoFrame()
    var taken = VideoFrame()
    let expected: [(seconds: Double, width: Int, startsAnew: Bool)] = [
      (0, 4, true), (0.2, 4, false), (0.4, 4, false), (0.6, 4, false), (1.5, 4, false),
      (5, 4, true), (5.2, 4, false), (5.4, 6, true), (5.6, 6, false),
    ]
    for (number, frame) in expected.enumerated() {
      fill(&made, number, seconds: frame.seconds, width: frame.width)
      _ = queue.put(&made, .init())
      #expect(
        queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: frame.startsAnew),
        "\(frame)")
      #expect(taken.grey.width == frame.width)
    }
  }

  /// Sources of any rate: only the first frame begins anew; a silence of several frames does.
  @Test(arguments: [1.0, 1 / 0.7, 10, 60])
  func slowSourcesGoOn(step: Double) {
    let queue = FrameQueue()
    var made = VideoFrame()
    var taken = VideoFrame()
    for number in 0..<20 {
      let late = number >= 12 ? 6 * step : 0
      fill(&made, number, seconds: Double(number) * step + late)
      _ = queue.put(&made, .init(startsAnew: number == 0))
      #expect(
        queue.take(into: &taken, waitingAtMost: 0)
          == .frame(startsAnew: number == 0 || number == 12))
      let usual = taken.usualStepSeconds
      #expect(usual.map { abs($0 - step) < 1e-9 } ?? (number < 3))
    }
  }

  /// A camera that gives a frame a second at night: the first of them begins anew, no other.
  @Test func aRateThatChangesIsFollowed() {
    let queue = FrameQueue(Self.newestWins)
    var made = VideoFrame()
    var taken = VideoFrame()
    var seconds = 0.0
    var anew: [Int] = []
    for number in 0..<100 {
      fill(&made, number, seconds: seconds)
      _ = queue.put(&made, .init())
      if queue.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: true) {
        anew.append(number)
      }
      seconds += number < 50 ? 1.0 / 30 : 3
    }
    #expect(anew == [0, 51])
  }

  @Test func waitingEnds() {
    let queue = FrameQueue()
    var taken = VideoFrame()
    let clock = ContinuousClock()
    let idle = clock.measure { _ = queue.take(into: &taken, waitingAtMost: 0.2) }
    #expect(idle >= .milliseconds(195) && idle < .seconds(5))
    Thread.detachNewThread {
      usleep(50_000)
      queue.close()
    }
    #expect(queue.take(into: &taken, waitingAtMost: 30) == .stopped)
    #expect(queue.take(into: &taken, waitingAtMost: 30) == .stopped)
  }

  /// Two threads, no sleeps: whatever is given is whole and newer than what was given before.
  @Test func underLoad() {
    let queue = FrameQueue(Self.newestWins)
    let count = 20_000
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      var made = VideoFrame()
      for number in 1...count {
        fill(&made, number, seconds: Double(number), width: 64)
        made.grey.withMutableSamples { samples in
          samples.update(repeating: UInt8(truncatingIfNeeded: number))
        }
        _ = queue.put(&made, .init())
      }
      ended.signal()
    }
    var taken = VideoFrame()
    var given = 0
    var last = 0
    while last < count {
      guard case .frame = queue.take(into: &taken, waitingAtMost: 10) else { break }
      given += 1
      #expect(taken.number > last)
      last = taken.number
      let byte = UInt8(truncatingIfNeeded: last)
      #expect(taken.grey.withSamples { $0.allSatisfy { $0 == byte } })
    }
    ended.wait()
    #expect(last == count)
    #expect(given + queue.dropped == count)
  }
}
