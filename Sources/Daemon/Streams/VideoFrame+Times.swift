import Tracking
import VideoInput

extension VideoFrame {
  /// Gives the frame's number and times to what was made of it.
  public func copyTimes(to tracked: inout TrackedFrame) {
    tracked.frameNumber = number
    tracked.timestampSeconds = timestampSeconds
    tracked.presentationTimestamp = presentationTimestamp
    tracked.utcSeconds = utcSeconds
    tracked.captureSeconds = captureSeconds
  }
}
