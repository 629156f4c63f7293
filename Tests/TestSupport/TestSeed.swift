import Foundation

/// Seeds of tests with random material.
///
/// They are the same in every run of the gate, so that what fails there fails because of a change. In
/// the long tier (LANDMARKD_TEST_TIER=long) they are others in each run, so that it looks where no run
/// has looked; the run prints what repeats it, LANDMARKD_SEED=N.
public enum TestSeed {
  /// The number that all seeds of this run depend on; nil where they are the fixed ones.
  private static let run: UInt64? = {
    let environment = ProcessInfo.processInfo.environment
    if let text = environment["LANDMARKD_SEED"], !text.isEmpty {
      guard let given = UInt64(text) else {
        fatalError("LANDMARKD_SEED is '\(text)'; expected a whole number from 0 on")
      }
      say(given)
      return given
    }
    guard environment["LANDMARKD_TEST_TIER"] == "long" else { return nil }
    let made = UInt64.random(in: 0..<1_000_000_000)
    say(made)
    return made
  }()

  private static func say(_ seed: UInt64) {
    print("seeds: of this run; LANDMARKD_SEED=\(seed) repeats them")
  }

  /// - Parameters:
  ///   - fixed: the seed of the gate; another one for each use.
  public static func of(_ fixed: UInt64) -> UInt64 {
    guard let run else { return fixed }
    var first = SeededGenerator(seed: run)
    var second = SeededGenerator(seed: first.next() ^ fixed)
    return second.next()
  }

  public static func of(_ fixed: [UInt64]) -> [UInt64] { fixed.map { of($0) } }
}
