import CLNF
import VideoInput

/// A tracked frame of 640 x 480, and of the same frame drawn larger, on one thread.
struct TrackedFrames {
  static let group = "tracked frame"
  /// 640 x 480 becomes 3840 x 2880, somewhat more than 4K.
  private static let enlargement = 6
  private static let largeFrames = 40

  let material: BenchMaterial
  let runs: Int

  func measure(into report: inout BenchReport) throws {
    let cases = try TrackingCase.all(generalModel: material.generalModel)
    for video in material.videos {
      let set = try FrameSet(video, count: 300, grey: .luma)
      for tracking in cases {
        let figures = try tracking.measure(set, runs: runs)
        let name = "\(set.name), \(tracking.name)"
        report.add(Self.group, name, figures.milliseconds, "ms")
        report.add(Self.group, "\(name): iterations", figures.iterations, "")
        report.add(Self.group, "\(name): allocations", figures.allocations, "a frame")
        report.add(Self.group, "\(name): first frame", figures.firstMilliseconds, "ms")
      }
      try measureLarge(video, cases, &report)
    }
  }

  /// How a tracked frame's cost grows with the picture.
  private func measureLarge(
    _ video: String, _ cases: [TrackingCase], _ report: inout BenchReport
  ) throws {
    let small = try FrameSet(video, count: Self.largeFrames, grey: .luma)
    let large = FrameSet(enlarging: small, by: Self.enlargement)
    for tracking in cases {
      let (a, b) = (
        try tracking.measure(small, runs: runs), try tracking.measure(large, runs: runs)
      )
      report.add(
        Self.group, "\(large.name), \(tracking.name)", b.milliseconds, "ms")
      report.add(
        Self.group, "\(large.name), \(tracking.name): over 640 x 480",
        b.milliseconds / a.milliseconds, "")
    }
  }
}
