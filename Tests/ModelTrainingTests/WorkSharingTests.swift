import Testing

@testable import ModelTraining

/// Work that threads share, each with something of its own.
struct WorkSharingTests {
  private final class Counter {
    var value = 0
  }

  private struct Failure: Error, Equatable {
    var index: Int
  }

  @Test(arguments: [1, 2, 5]) func resultsAreInOrder(threads: Int) throws {
    let results = try WorkSharing.map(count: 40, threads: threads, worker: { Counter() }) {
      counter, index in
      counter.value += 1
      return index * index
    }
    #expect(results == (0..<40).map { $0 * $0 })
    #expect(try WorkSharing.map(count: 0, threads: 2, worker: { 1 }) { $0 + $1 }.isEmpty)
  }

  @Test(arguments: [1, 3]) func theFirstFailureIsThrown(threads: Int) {
    #expect(throws: Failure(index: 7)) {
      try WorkSharing.map(count: 30, threads: threads, worker: { Counter() }) { _, index in
        if index % 7 == 0, index > 0 { throw Failure(index: index) }
        return index
      }
    }
    #expect(throws: Failure(index: -1)) {
      try WorkSharing.map(
        count: 3, threads: threads, worker: { () throws -> Int in throw Failure(index: -1) }
      ) { $0 + $1 }
    }
  }
}
