import CLNF
import Foundation
import Synchronization
import Testing

@testable import VideoInput

/// The handing over of the newest frame.
@Suite struct FrameSlotTests {
  private func fill(_ frame: inout VideoFrame, _ number: Int, seconds: Double, width: Int = 4) {
    frame.grey.resize(width: width, height: 2, filler: UInt8(truncatingIfNeeded: number))
    frame.number = number
    frame.timestampSeconds = seconds
  }

  @Test func theNewestWins() {
    let slot = FrameSlot(gapSeconds: 1)
    var made = VideoFrame()
    var taken = VideoFrame()
    #expect(slot.take(into: &taken, waitingAtMost: 0) == .nothing)
    fill(&made, 1, seconds: 0)
    #expect(slot.put(&made, startsAnew: true) == false)
    fill(&made, 2, seconds: 0.04)
    #expect(slot.put(&made, startsAnew: false) == true)
    // What the dropped frame began is begun by the one that is given.
    #expect(slot.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: true))
    #expect(taken.number == 2)
    #expect(slot.take(into: &taken, waitingAtMost: 0) == .nothing)
    fill(&made, 3, seconds: 0.08)
    #expect(slot.put(&made, startsAnew: false) == false)
    #expect(slot.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: false))
    #expect(taken.number == 3)
  }

  @Test func gapsAndSizesBeginAnew() {
    let slot = FrameSlot(gapSeconds: 1)
    var made = VideoFrame()
    var taken = VideoFrame()
    let expected: [(seconds: Double, width: Int, startsAnew: Bool)] = [
      (0, 4, true), (0.5, 4, false), (1.6, 4, true), (1.7, 6, true), (1.8, 6, false),
    ]
    for (number, frame) in expected.enumerated() {
      fill(&made, number, seconds: frame.seconds, width: frame.width)
      _ = slot.put(&made, startsAnew: false)
      #expect(
        slot.take(into: &taken, waitingAtMost: 0) == .frame(startsAnew: frame.startsAnew))
      #expect(taken.grey.width == frame.width)
    }
  }

  @Test func waitingEnds() {
    let slot = FrameSlot(gapSeconds: 1)
    var taken = VideoFrame()
    let clock = ContinuousClock()
    let idle = clock.measure { _ = slot.take(into: &taken, waitingAtMost: 0.2) }
    #expect(idle >= .milliseconds(195) && idle < .seconds(5))
    Thread.detachNewThread {
      usleep(50_000)
      slot.close()
    }
    #expect(slot.take(into: &taken, waitingAtMost: 30) == .stopped)
    #expect(slot.take(into: &taken, waitingAtMost: 30) == .stopped)
  }

  /// Two threads, no sleeps: whatever is given is whole and newer than what was given before.
  @Test func underLoad() {
    let slot = FrameSlot(gapSeconds: 1e9)
    let count = 20_000
    let dropped = Mutex(0)
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      var made = VideoFrame()
      for number in 1...count {
        fill(&made, number, seconds: Double(number), width: 64)
        made.grey.withMutableSamples { samples in
          samples.update(repeating: UInt8(truncatingIfNeeded: number))
        }
        if slot.put(&made, startsAnew: false) { dropped.withLock { $0 += 1 } }
      }
      ended.signal()
    }
    var taken = VideoFrame()
    var given = 0
    var last = 0
    while last < count {
      guard case .frame = slot.take(into: &taken, waitingAtMost: 10) else { break }
      given += 1
      #expect(taken.number > last)
      last = taken.number
      let byte = UInt8(truncatingIfNeeded: last)
      #expect(taken.grey.withSamples { $0.allSatisfy { $0 == byte } })
    }
    ended.wait()
    #expect(last == count)
    #expect(given + dropped.withLock { $0 } == count)
  }
}
