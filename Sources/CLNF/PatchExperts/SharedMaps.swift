import SystemSupport

/// Response maps that a second thread computes beside the one that fits.
///
/// Both take landmark after landmark, so neither waits for the other but for the landmark that it is at, and a
/// thread that the system wakes late only leaves more to the other.
final class SharedMaps {
  private let team = WorkTeam("maps", helpers: 1)
  private let part: Part

  /// - Parameter memory: the second thread's own.
  init(_ memory: consuming MapMemory) { part = Part(memory) }

  /// Computes all maps of `work`, this thread with `memory`; returns when nobody uses it any more.
  func compute(_ work: MapWork, _ memory: borrowing MapMemory) {
    withUnsafePointer(to: memory) { pointer in
      part.begin(work, pointer)
      team.perform(work.landmarkCount, of: part)
      part.end()
    }
  }

  /// One landmark after the other, each thread in its own memory.
  private final class Part: TeamWork, @unchecked Sendable {
    // Written between the works of the team only.
    private var work: MapWork?
    private var first: UnsafePointer<MapMemory>?
    private let second: MapMemory

    init(_ memory: consuming MapMemory) { second = memory }

    func begin(_ work: MapWork, _ memory: UnsafePointer<MapMemory>) {
      self.work = work
      first = memory
    }

    func end() {
      work = nil
      first = nil
    }

    func perform(_ landmark: Int, by member: Int) {
      guard let work, let first else { return }
      if member == 0 {
        work.compute(landmark, first.pointee)
      } else {
        work.compute(landmark, second)
      }
    }
  }
}
