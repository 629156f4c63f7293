import Synchronization
import Testing

@testable import SystemSupport

/// Pieces of work that are done by several threads.
struct WorkTeamTests {
  /// Counts how often each piece was done.
  private final class Counting: TeamWork {
    let counts: Mutex<[Int]>

    init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }

    func perform(_ index: Int, by member: Int) { counts.withLock { $0[index] += 1 } }
  }

  @Test(arguments: [0, 1, 3, 7])
  func eachPieceIsDoneOnceBeforeItReturns(helpers: Int) {
    let team = WorkTeam("test", helpers: helpers)
    for round in 0..<2000 {
      let count = round % 9
      let work = Counting(count)
      team.perform(count, of: work)
      #expect(work.counts.withLock { $0 } == [Int](repeating: 1, count: count))
    }
  }

  /// Counts what each thread does, in memory of its own.
  private final class Signing: TeamWork, @unchecked Sendable {
    private let counts: UnsafeMutableBufferPointer<Int>
    private static let apart = 64

    init(members: Int) {
      counts = .allocate(capacity: members * Self.apart)
      counts.initialize(repeating: 0)
    }

    deinit { counts.deallocate() }

    func perform(_ index: Int, by member: Int) { counts[member * Self.apart] += 1 }

    func count(of member: Int) -> Int { counts[member * Self.apart] }
  }

  /// Counts that two threads wrote would lose some.
  @Test(arguments: [0, 1, 3])
  func membersAreNumbered(helpers: Int) {
    let team = WorkTeam("test", helpers: helpers)
    let work = Signing(members: helpers + 1)
    for _ in 0..<500 { team.perform(40, of: work) }
    #expect((0...helpers).map { work.count(of: $0) }.reduce(0, +) == 20_000)
    #expect(helpers > 0 || work.count(of: 0) == 20_000)
  }

  @Test func aTeamCanEndAtOnce() {
    for helpers in 0..<20 { _ = WorkTeam("test", helpers: helpers) }
  }
}
