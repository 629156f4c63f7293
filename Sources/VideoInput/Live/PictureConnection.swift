/// One opened live source, of whatever kind: from opening to loss. One thread.
protocol PictureConnection: AnyObject {
  /// FFmpeg's name of the codec.
  var codec: String { get }
  /// Frames a second as the source or its settings state them.
  var nominalFramesPerSecond: Double? { get }
  /// What a user should know of what was opened.
  var note: String? { get }
  /// FFmpeg's name of the last frame's pixel format.
  var pixelFormat: String { get }

  /// Why the source's own times are not believed; nil while they are, and where there are none.
  var doubtOfTimes: StampTrust.Doubt? { get }

  /// Fills the pictures of `frame` with the next one. Throws when the source is lost, silent beyond
  /// its deadline, or interrupted.
  func nextFrame(into frame: inout VideoFrame) throws(VideoInputError) -> LiveConnection.Times
  /// What was met since the last call.
  func takeCounts() -> LiveConnection.Counts
}

/// Opens a source of its kind; blocks until it is open, at most as long as `watch` lets it. The watch
/// is the connection's from then on.
typealias ConnectionOpener =
  @Sendable (LiveAddress, LiveSettings, IOWatch) throws(VideoInputError) -> any PictureConnection

extension PictureConnection {
  var doubtOfTimes: StampTrust.Doubt? { nil }
}

extension LiveConnection: PictureConnection {}
