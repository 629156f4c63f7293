import CLNF
import FaceFinding
import Recording
import Session
import Tracking

/// A stream as it is to be run: its configuration with the model that it names.
struct StreamPlan: Sendable {
  let configuration: StreamConfiguration
  let model: FaceModel

  var name: String { configuration.name }

  /// Whether a stream that runs as `self` would do nothing else as `other`.
  func isSame(as other: StreamPlan) -> Bool {
    configuration == other.configuration && model === other.model
  }
}

/// What a stream is made of, so that tests can make it of something else. Each is called on the
/// stream's own thread, again whenever the stream starts anew.
struct StreamParts: Sendable {
  /// A capture that was not started.
  var makeCapture: @Sendable (SourceConfiguration) throws -> any FrameCapture
  var makeDetector: @Sendable (TrackingConfiguration) throws -> sending any FaceDetector
  var makeSink: @Sendable (OutputConfiguration, StreamPlan) throws -> any FrameSink

  /// What searches, as a stream asks for it.
  static func makeDetector(
    _ configuration: TrackingConfiguration
  ) throws -> sending any FaceDetector {
    try configuration.makeDetector()
  }
}
