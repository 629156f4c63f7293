import Tracking
import VideoInput

extension VideoFrame {
  /// How long a live frame may wait for a search without the next one waiting for it; 0 where frames
  /// come too fast for that. Seconds.
  public var spareSeconds: Double {
    guard let step = usualStepSeconds, step >= 0.25 else { return 0 }
    return min(step / 2, 2)
  }

  /// Gives the frame's number and times to what was made of it.
  public func copyTimes(to tracked: inout TrackedFrame) {
    tracked.frameNumber = number
    tracked.timestampSeconds = timestampSeconds
    tracked.presentationTimestamp = presentationTimestamp
    tracked.utcSeconds = utcSeconds
    tracked.captureSeconds = captureSeconds
  }
}
