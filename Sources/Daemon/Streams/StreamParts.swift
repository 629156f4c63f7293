import FaceDetection
import Recording
import Tracking

/// What a stream is made of, so that tests can make it of something else. Each is called on the
/// stream's own thread, again whenever the stream starts anew.
struct StreamParts: Sendable {
  /// A capture that was not started.
  var makeCapture: @Sendable (SourceConfiguration) throws -> any FrameCapture
  var makeDetector: @Sendable (TrackingConfiguration) throws -> sending any FaceDetector
  var makeSink: @Sendable (OutputConfiguration, StreamPlan) throws -> any FrameSink

  /// dlib's detector, as a stream asks for it.
  static func makeFrontalDetector(
    _ configuration: TrackingConfiguration
  ) throws -> sending any FaceDetector {
    let base = FaceDetectorSettings.standard
    return try FrontalFaceDetector(
      FaceDetectorSettings(
        enlargement: configuration.enlargement ?? base.enlargement, threshold: base.threshold,
        minimumFaceWidth: configuration.minimumFaceWidth))
  }
}
