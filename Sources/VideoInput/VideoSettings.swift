/// How a recorded input is read. Immutable; checked when it is made.
public struct VideoSettings: Sendable, Equatable {
  /// How a colour frame becomes grey.
  public enum GreyConversion: String, Sendable, CaseIterable {
    /// The luma that swscale gives for GRAY8 (full range): the same bytes as `ffmpeg -pix_fmt
    /// gray`. The faster of the two.
    case luma
    /// swscale's BGR24, then (9798 R + 19235 G + 3735 B + 16384) >> 15: the grey frames on which
    /// the reference toolkit's golden tracks were made. Up to 20 levels from `luma`.
    case reference
  }

  /// Frames before this time (seconds after the first one of the stream) are not delivered.
  /// At least 0; default 0.
  public let startSeconds: Double
  /// Frames at `startSeconds + durationSeconds` and later are not delivered. Above 0; nil (the
  /// default) reads to the end.
  public let durationSeconds: Double?
  /// Every how many-th frame is delivered, counted from the first one delivered. At least 1,
  /// the default.
  public let everyNthFrame: Int
  /// Default `.luma`.
  public let greyConversion: GreyConversion
  /// Whether frames also carry RGB. Costs a second conversion; default false.
  public let keepsColour: Bool
  /// Seconds that opening may wait for data. Above 0; default 10.
  public let openDeadlineSeconds: Double
  /// Seconds that reading one packet may wait for data. Above 0; default 30.
  public let readDeadlineSeconds: Double
  /// Threads of the decoder, at most 64. 0 (the default): one a core beside one core for what is done
  /// with the frames; beyond full HD one a core.
  public let decoderThreads: Int
  /// Larger pictures are refused before they are decoded. Default `.recorded`.
  public let largestPicture: LargestPicture
  /// Whether an HLS playlist is read, with the files that it names in its own folder; default false.
  public let allowsPlaylists: Bool
  /// Which of several video streams is read, from 1; nil (the default): the one that libavformat
  /// takes for the best.
  public let videoStream: Int?
  /// Whether a recording by HTTP may lead to other servers. Default false.
  public let allowsRedirects: Bool
  /// The true frames a second, instead of all times that the input states or lacks. Above 0; nil
  /// (the default): the input's own times, `imagesPerSecond` for images.
  public let frameRate: Double?

  /// The rate that is assumed for the images of a folder or a pattern, which have no times.
  public static let imagesPerSecond = 30.0

  /// The defaults of every field.
  public static let standard = VideoSettings()

  /// Throws `.invalidSettings` for a value outside the range named at its field.
  public init(
    startSeconds: Double = 0, durationSeconds: Double? = nil, everyNthFrame: Int = 1,
    greyConversion: GreyConversion = .luma, keepsColour: Bool = false,
    openDeadlineSeconds: Double = 10, readDeadlineSeconds: Double = 30,
    decoderThreads: Int = 0, frameRate: Double? = nil,
    largestPicture: LargestPicture = .recorded, allowsPlaylists: Bool = false,
    videoStream: Int? = nil,
    allowsRedirects: Bool = false
  ) throws(VideoInputError) {
    self.startSeconds = try Self.check(startSeconds, "start", 0...1e9)
    if let durationSeconds {
      self.durationSeconds = try Self.check(durationSeconds, "duration", 1e-9...1e9)
    } else {
      self.durationSeconds = nil
    }
    self.everyNthFrame = try Self.check(everyNthFrame, "every", 1...1_000_000_000)
    self.greyConversion = greyConversion
    self.keepsColour = keepsColour
    self.openDeadlineSeconds = try Self.check(openDeadlineSeconds, "open deadline", 1e-3...1e6)
    self.readDeadlineSeconds = try Self.check(readDeadlineSeconds, "read deadline", 1e-3...1e6)
    self.decoderThreads = try Self.check(decoderThreads, "decoder threads", 0...64)
    self.largestPicture = largestPicture
    self.allowsPlaylists = allowsPlaylists
    if let videoStream {
      self.videoStream = try Self.check(videoStream, "video stream", 1...1000)
    } else {
      self.videoStream = nil
    }
    self.allowsRedirects = allowsRedirects
    if let frameRate {
      self.frameRate = try Self.check(frameRate, "frame rate", 1e-3...1e6)
    } else {
      self.frameRate = nil
    }
  }

  private init() {
    startSeconds = 0
    durationSeconds = nil
    everyNthFrame = 1
    greyConversion = .luma
    keepsColour = false
    openDeadlineSeconds = 10
    readDeadlineSeconds = 30
    decoderThreads = 0
    largestPicture = .recorded
    allowsPlaylists = false
    videoStream = nil
    allowsRedirects = false
    frameRate = nil
  }

  static func check<Value: Comparable>(
    _ value: Value, _ name: String, _ range: ClosedRange<Value>
  ) throws(VideoInputError) -> Value {
    guard range.contains(value) else {
      throw VideoInputError(
        .invalidSettings, operation: "use the setting", source: name, problem: "\(value)",
        expected: "\(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
