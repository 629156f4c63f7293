import CFFmpeg

/// How a live source is opened and read. Immutable; checked when it is made.
public struct LiveSettings: Sendable, Equatable {
  /// How RTSP carries its packets.
  public enum RTSPTransport: String, Sendable, CaseIterable {
    /// Within the connection: nothing is lost, and it passes firewalls.
    case tcp
    /// Packets of their own: less delay on a lossy network, with damaged pictures instead.
    case udp
  }

  /// What a camera is asked for, in FFmpeg's words: a pixel format ("yuyv422") or a codec
  /// ("mjpeg", "h264"). nil (the default) leaves the choice to FFmpeg and the driver. Cameras only.
  public let pixelFormat: String?
  /// Pixels; both or neither. nil (the default) leaves what the camera is set to. Cameras only; a
  /// camera that does not have the size gives its nearest, which `LiveSnapshot.note` says.
  public let width: Int?
  public let height: Int?
  /// nil (the default) leaves what the camera is set to. Above 0, at most 1000. Cameras, and
  /// addresses of one picture an answer, which are asked so often: 1 a second by default.
  public let framesPerSecond: Double?
  /// Default `.tcp`.
  public let rtspTransport: RTSPTransport
  /// Whether an http or https source may lead to other servers, by redirects or playlists. Default
  /// false.
  public let allowsRedirects: Bool
  /// Seconds that opening may take. Default 10.
  public let openDeadlineSeconds: Double
  /// Seconds without data after which an open source counts as lost. Default 5.
  public let readDeadlineSeconds: Double
  /// Seconds between two attempts at a camera that is not there. At most 1; default 0.5. Where
  /// inotify works, a camera that is plugged in is seen at once.
  public let cameraRetrySeconds: Double
  /// The longest wait between two attempts at a network source; each wait is drawn between half of
  /// it and all of it, so that many receivers do not come back in step. At most 2; default 1.2.
  public let networkRetrySeconds: Double
  /// The longest wait after refused credentials; waits double up to it. At least 2; default 30.
  public let refusedRetrySeconds: Double
  /// Larger pictures are refused before they are decoded. Default `.live`.
  public let largestPicture: LargestPicture
  /// How long a frame that came earlier than it is due may wait, seconds: what comes in bursts (a
  /// playlist's segments) is spread as it was taken; frames beyond are dropped for newer ones. 0 to
  /// 60; 0: the newest always wins. Default 10. At most 128 MiB of pictures wait.
  public let bufferSeconds: Double
  /// Default `.luma`.
  public let greyConversion: VideoSettings.GreyConversion
  /// Whether frames also carry RGB. Default false.
  public let keepsColour: Bool

  /// What can be asked of a deadline, seconds.
  public static let deadlineSeconds = 0.1...3600.0
  /// What can be asked of `framesPerSecond`.
  public static let frameRates = 0.001...1000.0
  /// What can be asked of `bufferSeconds`.
  public static let bufferRange = 0.0...60.0

  /// The defaults of every field.
  public static let standard = LiveSettings()

  /// Throws `.invalidSettings` for a value outside the range named at its field.
  public init(
    pixelFormat: String? = nil, width: Int? = nil, height: Int? = nil,
    framesPerSecond: Double? = nil, rtspTransport: RTSPTransport = .tcp,
    allowsRedirects: Bool = false,
    openDeadlineSeconds: Double = 10, readDeadlineSeconds: Double = 5,
    cameraRetrySeconds: Double = 0.5, networkRetrySeconds: Double = 1.2,
    refusedRetrySeconds: Double = 30, largestPicture: LargestPicture = .live,
    bufferSeconds: Double = 10,
    greyConversion: VideoSettings.GreyConversion = .luma,
    keepsColour: Bool = false
  ) throws(VideoInputError) {
    if let pixelFormat, !Self.isKnown(pixelFormat) {
      throw VideoInputError(
        .invalidSettings, operation: "use the setting", source: "pixel format",
        problem: "\(pixelFormat)",
        expected: "FFmpeg's name of a pixel format or codec, such as yuyv422 or mjpeg")
    }
    self.pixelFormat = pixelFormat
    guard (width == nil) == (height == nil) else {
      throw VideoInputError(
        .invalidSettings, operation: "use the setting", source: "video size",
        problem: width == nil ? "a height alone" : "a width alone", expected: "both or neither")
    }
    let sides = 1...VideoInput.largestSide
    self.width = try width.map { (value) throws(VideoInputError) in
      try VideoSettings.check(value, "width", sides)
    }
    self.height = try height.map { (value) throws(VideoInputError) in
      try VideoSettings.check(value, "height", sides)
    }
    self.framesPerSecond = try framesPerSecond.map { (value) throws(VideoInputError) in
      try VideoSettings.check(value, "frame rate", Self.frameRates)
    }
    self.rtspTransport = rtspTransport
    self.allowsRedirects = allowsRedirects
    self.openDeadlineSeconds = try VideoSettings.check(
      openDeadlineSeconds, "open deadline", Self.deadlineSeconds)
    self.readDeadlineSeconds = try VideoSettings.check(
      readDeadlineSeconds, "read deadline", Self.deadlineSeconds)
    self.cameraRetrySeconds = try VideoSettings.check(
      cameraRetrySeconds, "camera retry", 0.01...1)
    self.networkRetrySeconds = try VideoSettings.check(
      networkRetrySeconds, "network retry", 0.01...2)
    self.refusedRetrySeconds = try VideoSettings.check(
      refusedRetrySeconds, "refused retry", 2...3600)
    self.largestPicture = largestPicture
    self.bufferSeconds = try VideoSettings.check(bufferSeconds, "buffer", Self.bufferRange)
    self.greyConversion = greyConversion
    self.keepsColour = keepsColour
  }

  private init() {
    pixelFormat = nil
    width = nil
    height = nil
    framesPerSecond = nil
    rtspTransport = .tcp
    allowsRedirects = false
    openDeadlineSeconds = 10
    readDeadlineSeconds = 5
    cameraRetrySeconds = 0.5
    networkRetrySeconds = 1.2
    refusedRetrySeconds = 30
    largestPicture = .live
    bufferSeconds = 10
    greyConversion = .luma
    keepsColour = false
  }

  /// The time in which a source that sends packets has to give a picture, too: keyframes may be
  /// seconds apart.
  var pictureDeadlineSeconds: Double { max(openDeadlineSeconds, 2 * readDeadlineSeconds) }

  private static func isKnown(_ name: String) -> Bool {
    av_get_pix_fmt(name) != AV_PIX_FMT_NONE || avcodec_descriptor_get_by_name(name) != nil
  }
}
