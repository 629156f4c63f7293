import Foundation
import Testing

/// Waits until `condition` holds; the test fails after `seconds`.
func waitUntil(
  seconds: Double = 30, _ what: Comment, _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    try #require(ContinuousClock.now < deadline, what)
    usleep(1000)
  }
}

/// How long something took.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let begin = ContinuousClock.now
  try body()
  let parts = (ContinuousClock.now - begin).components
  return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
}
