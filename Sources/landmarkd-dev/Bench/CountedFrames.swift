import Tracking

/// Frames that are tracked while valgrind counts.
final class CountedFrames {
  private let tracker: FaceTracker
  private let set: FrameSet
  private var tracked = TrackedFrame()
  private(set) var iterations = 0

  init(_ tracker: FaceTracker, _ set: FrameSet) {
    self.tracker = tracker
    self.set = set
  }

  func trackFirst() {
    guard let first = set.frames.first else { return }
    tracker.track(first.image, into: &tracked)
  }

  /// scripts/count-instructions.sh knows it by its name.
  @inline(never)
  func trackOthers() {
    for frame in set.frames.dropFirst() {
      tracker.track(frame.image, into: &tracked)
      iterations += tracked.iterations
    }
  }
}
