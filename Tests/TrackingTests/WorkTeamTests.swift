import Synchronization
import Testing

@testable import Tracking

/// Pieces of work that are done by several threads.
struct WorkTeamTests {
  /// Counts how often each piece was done.
  private final class Counting: TeamWork {
    let counts: Mutex<[Int]>

    init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }

    func perform(_ index: Int) { counts.withLock { $0[index] += 1 } }
  }

  @Test(arguments: [0, 1, 3, 7])
  func eachPieceIsDoneOnceBeforeItReturns(helpers: Int) {
    let team = WorkTeam(helpers: helpers)
    for round in 0..<2000 {
      let count = round % 9
      let work = Counting(count)
      team.perform(count, of: work)
      #expect(work.counts.withLock { $0 } == [Int](repeating: 1, count: count))
    }
  }

  @Test func aTeamCanEndAtOnce() {
    for helpers in 0..<20 { _ = WorkTeam(helpers: helpers) }
  }
}
