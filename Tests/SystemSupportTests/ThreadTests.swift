import Dispatch
import Foundation
import Synchronization
import SystemSupport
import Testing

@Suite struct ThreadTests {
  @Test(arguments: ["maps", "", "a name of more than fifteen bytes", "fünfzehn Bytes!!"])
  func aThreadHasItsNameAndDoesItsWork(name: String) {
    let done = DispatchSemaphore(value: 0)
    let seen = Mutex<[UInt8]>([])
    SystemThread.start(name) {
      let file = FileManager.default.contents(atPath: "/proc/thread-self/comm") ?? Data()
      seen.withLock { $0 = Array(file.dropLast()) }
      done.signal()
    }
    #expect(done.wait(timeout: .now() + 20) == .success)
    #expect(seen.withLock { $0 } == Array(name.utf8.prefix(15)))
  }

  @Test func sleepingTakesItsTime() {
    let clock = ContinuousClock()
    #expect(clock.measure { SystemThread.sleep(seconds: 0.02) } >= .milliseconds(20))
    SystemThread.sleep(seconds: 0)
  }

  @Test func aWaitEndsWithItsDeadline() {
    let condition = Condition()
    let clock = ContinuousClock()
    let taken = clock.measure {
      condition.lock()
      let deadline = Clocks.monotonicSeconds + 0.05
      while condition.wait(until: deadline) {}
      condition.unlock()
    }
    #expect(taken >= .milliseconds(49))
    for past in [-1, 0, -Double.infinity] {
      condition.withLock { #expect(!condition.wait(until: past)) }
    }
  }

  @Test func whoWaitsIsWoken() {
    final class Counter: @unchecked Sendable {
      let condition = Condition()
      var count = 0
    }
    let counter = Counter()
    for _ in 0..<4 {
      SystemThread.start("counting") {
        for _ in 0..<100 {
          counter.condition.withLock {
            counter.count += 1
            counter.condition.broadcast()
          }
        }
      }
    }
    let deadline = Clocks.monotonicSeconds + 20
    counter.condition.lock()
    while counter.count < 400, counter.condition.wait(until: deadline) {}
    #expect(counter.count == 400)
    counter.condition.unlock()
  }
}
