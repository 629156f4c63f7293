import Synchronization

@testable import Service

/// A clock that a test turns.
final class ManualClock: Sendable {
  private let time: Mutex<Double>

  init(_ start: Double = 1000) { time = Mutex(start) }

  func advance(_ seconds: Double) { time.withLock { $0 += seconds } }

  var clock: ServiceClock { ServiceClock { self.time.withLock { $0 } } }
}
