/// How a live source does, at one moment.
public struct LiveSnapshot: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    /// Being opened, for the first time or again.
    case opening
    /// Frames come.
    case live
    /// Lost or not there; it is tried again in so many seconds.
    case waiting(retryInSeconds: Double)
    /// `stop` was called.
    case stopped
  }

  public var state = State.opening
  /// Why the source is not live, in one line; nil while it is. Addresses in it lose their secrets.
  public var problem: String? { didSet { problem = problem.map(VideoInput.redacted(message:)) } }
  /// What a user should know of an open source, in one line: a camera that did not have what it
  /// was asked for.
  public var note: String? { didSet { note = note.map(VideoInput.redacted(message:)) } }
  /// Why frames have the times of their arrival although the source states others, in one line; nil
  /// while its own are believed.
  public var timesProblem: String?
  /// How often a connection hung beyond all its deadlines (a decoder that takes minutes, a driver
  /// that does not come back) and was left to itself.
  public var hangs = 0
  /// Pixels of the last frame, as delivered; 0 before the first.
  public var width = 0
  public var height = 0
  /// FFmpeg's name of the codec: "rawvideo", "mjpeg", "h264"; empty before the source was open.
  public var codec = ""
  /// The pixel format of the last frame: "yuyv422"; empty before the first.
  public var pixelFormat = ""
  /// What the source states, where it does.
  public var nominalFramesPerSecond: Double?
  /// Frames that were decoded.
  public var framesReceived = 0
  /// Frames that `next` gave.
  public var framesDelivered = 0
  /// Frames that were not delivered because a newer one came before they were asked for.
  public var droppedForNewer = 0
  /// Packets that could not be decoded, and frames that could not be converted.
  public var undecodable = 0
  /// Packets that came damaged: marked so by the driver or the container, or of the wrong size.
  public var corruptPackets = 0
  /// How often the source was live again after it had been lost.
  public var reconnects = 0

  public init() {}
}
