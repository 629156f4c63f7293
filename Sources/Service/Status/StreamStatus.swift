import Tracking

/// How a stream's source does.
public enum SourceState: String, Sendable, Codable, CaseIterable {
  /// Being opened for the first time or anew.
  case opening
  /// Frames come.
  case live
  /// Lost or not there; it will be tried again.
  case waiting
  /// Stopped for good: the service ends or a new configuration has no such stream.
  case stopped
}

/// One output of a stream, as it is now.
public struct OutputStatus: Sendable, Equatable, Codable {
  /// The kind of the configuration: "csv", "ndjson", "osc", "openseeface".
  public var kind: String
  /// Where it goes, as the configuration has it.
  public var target: String
  /// Rows that were handed to the system, or packets that were and have not been refused.
  public var written: Int
  /// What could not be written, by cause: "disk full", "receiver slow".
  public var lost: [String: Int]
  /// What is wrong now; nil while all is well.
  public var problem: String?

  public init(
    kind: String, target: String, written: Int = 0, lost: [String: Int] = [:],
    problem: String? = nil
  ) {
    self.kind = kind
    self.target = target
    self.written = written
    self.lost = lost
    self.problem = problem
  }
}

/// One stream, as it is now. Counts begin when the stream does.
///
/// Whatever is here is true now, or says how old it is: what the last frame showed is there only
/// while frames come.
public struct StreamStatus: Sendable, Equatable, Codable {
  public var name: String
  /// The source's address, without user names and passwords.
  public var source: String
  public var sourceState = SourceState.opening
  /// Why the source is not live; nil while it is.
  public var problem: String?
  /// Why frames have the times of their arrival although the source states others; nil while its own
  /// are believed.
  public var timesProblem: String?
  /// Pixels of the last frame; 0 before the first.
  public var width = 0
  public var height = 0

  /// Frames that the source gave.
  public var framesIn = 0
  /// Frames whose fit was believed.
  public var framesTracked = 0
  /// Frames without a face.
  public var framesWithoutFace = 0
  /// Frames whose fit was doubted.
  public var framesDoubtful = 0
  /// Frames that were not tracked, by cause: "newer", "undecodable".
  public var drops: [String: Int] = [:]
  /// How often the source was opened again after it had been live.
  public var reconnects = 0
  /// How often a connection hung beyond its deadlines and was left to itself.
  public var hangs = 0
  /// How often the face detector looked.
  public var detections = 0

  /// What the last frame showed, as the two below; nil while none comes: the source is away, or is
  /// silent for much longer than between its frames before.
  public var trackingState: String?
  /// 0 to 1; nil also where the model gives none.
  public var confidence: Double?
  /// Reference px; nil also without a fit.
  public var meanShift: Double?
  /// Faces that are believed in it; nil while no frame comes.
  public var facesNow: Int?
  /// People so far, as far as can be told.
  public var identities = 0
  /// Rows over the last seconds.
  public var framesPerSecond = 0.0
  /// When the stream began, and when its last frame was tracked (nil before the first); seconds of
  /// the monotonic clock.
  public var beginSeconds: Double
  public var lastFrameSeconds: Double?

  /// From capture to row, seconds.
  public var latency = Histogram.seconds
  /// What tracking a frame took, seconds.
  public var fitTime = Histogram.seconds
  public var outputs: [OutputStatus] = []

  public init(name: String, source: String, beginSeconds: Double = 0) {
    self.name = name
    self.source = source
    self.beginSeconds = beginSeconds
  }

  /// Since the last frame was tracked; before the first, since the stream began. So a source that
  /// never comes has an age, too.
  public func lastFrameAgeSeconds(at now: Double) -> Double {
    max(0, now - (lastFrameSeconds ?? beginSeconds))
  }

  /// Whether its frames come and are looked at.
  public var isFlowing: Bool { sourceState == .live && trackingState != nil }

  /// No frame comes: what the last one showed is over.
  mutating func forgetFrame() {
    (trackingState, confidence, meanShift, facesNow) = (nil, nil, nil, nil)
  }
}

/// What the HTTP side and the service manager ask about. Thread-safe.
public protocol StreamDirectory: Sendable {
  /// All streams in the order of the configuration.
  var streams: [StreamStatus] { get }
  /// Whether the service is up: every stream has been opened or is known to be retrying.
  var isReady: Bool { get }
  /// The pictures of a stream for those who look; nil where there is no such stream.
  func pictures(of stream: String) -> PictureFeed?
}
