import VideoInput

extension Settings {
  static let recorded = [
    start.description, duration.description, every.description, frameRate.description,
    videoStream.description, allowPlaylists.description, largestPicture.description,
    strict.description, jobs.description, decoderThreads.description, openDeadline.description,
    readDeadline.description,
  ]

  public static let start = Setting(
    "start", .duration(0...864_000_000, isOpen: true), "time", default: 0, in: [.track, .detect],
    "Begin at this time.")

  public static let duration = Setting(
    "duration", .duration(0.001...864_000_000, isOpen: true), "time", words: "to the end",
    in: [.track, .detect],
    "Stop after this much time; live: from the first frame on.")

  public static let every = Setting(
    "every", .integer(1...1_000_000_000, isOpen: true), "n", default: 1,
    in: [.track, .detect],
    "Take every so many-th frame only.")

  public static let frameRate = Setting(
    "frame-rate", .number(0.001...1_000_000, "frames a second"), "rate",
    words: "the input's own", in: [.track, .detect],
    "Frames a second. Files and images: the true rate, in place of times that they lack or state "
      + "wrongly. A camera: what is asked of it. An address of one picture: how often it is asked, 1 "
      + "without it.")

  public static let videoStream = Setting(
    "video-stream", .integer(1...1000), "n", words: "the best", in: [.track, .detect, .inspect],
    "Which of several video streams is read, from 1.")

  public static let allowPlaylists = Setting(
    flag: "allow-playlists", in: [.track, .detect, .inspect],
    "Read an HLS playlist (.m3u8) with the files that it names in its own folder.")

  public static let largestPicture = Setting(
    "largest-picture", .number(LargestPicture.megapixels, "megapixels"), "megapixels",
    default: LargestPicture.recorded.megapixels, live: LargestPicture.live.megapixels,
    in: .searchesAndStream,
    "Larger pictures are refused before memory is taken for them.")

  public static let strict = Setting(
    flag: "strict", in: [.track],
    "Status 2 for whatever is known to be damaged or out of order in a recorded input.")

  public static let jobs = Setting(
    "jobs", .integer(1...64), "n", words: "as many as there are cores", in: [.track],
    "Inputs that are tracked side by side. One at a time is helped by a second core; rows are the "
      + "same.")

  public static let decoderThreads = Setting(
    "decoder-threads", .integer(0...64), "n", default: 0, in: [.track],
    "Threads that decode an input; 0: the cores that nothing else needs.")

  public static let openDeadline = Setting(
    "open-deadline", .duration(LiveSettings.deadlineSeconds), "time", default: 30,
    live: LiveSettings.standard.openDeadlineSeconds, in: .readsAndStream,
    "How long opening may take.")

  public static let readDeadline = Setting(
    "read-deadline", .duration(LiveSettings.deadlineSeconds), "time",
    default: VideoSettings.standard.readDeadlineSeconds,
    live: LiveSettings.standard.readDeadlineSeconds, in: .readsAndStream,
    "How long no data may come: then a recorded input is given up, and a live source is lost and "
      + "opened again. More than the time between two frames; cameras: three frames at least.")
}

// MARK: - Live sources

extension Settings {
  static let live = [
    liveFrameRate.description, pixelFormat.description, videoSize.description,
    rtspTransport.description, allowRedirects.description, buffer.description,
  ]

  /// `frameRate` where all sources are live.
  public static let liveFrameRate = Setting(
    "frame-rate", .number(LiveSettings.frameRates, "frames a second"), "rate",
    words: "the device's choice; 1 for pictures", in: [.stream],
    "Frames a second: what a camera is asked for, or how often an address of one picture is asked.")

  public static let pixelFormat = Setting(
    "pixel-format", formatName, "name", words: "the device's choice", in: .trackAndStream,
    "A camera's pixel format or codec: yuyv422, mjpeg, ... (landmarkd devices).")

  /// As FFmpeg names them.
  private static let formatName = ValueFormat<String>(
    "FFmpeg's name of a pixel format or codec, such as yuyv422 or mjpeg"
  ) { text in (try? LiveSettings(pixelFormat: text)) == nil ? nil : text }

  public static let videoSize = Setting(
    "video-size", pictureSize, "WxH", words: "the device's choice", in: .trackAndStream,
    "A camera's picture size, pixels.")

  private static let pictureSize: ValueFormat<PictureSize> = {
    let sides = 1...VideoInput.largestSide
    let words = "\(sides.lowerBound) to \(sides.upperBound)"
    return ValueFormat(
      "WIDTHxHEIGHT in pixels, each from \(words), such as 640x480",
      text: { "\($0.width)x\($0.height)" }
    ) { text in
      let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { part in
        part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
      }
      guard parts.count == 2, let width = parts[0], let height = parts[1], sides.contains(width),
        sides.contains(height)
      else { return nil }
      return PictureSize(width: width, height: height)
    }
  }()

  public static let rtspTransport = Setting(
    "rtsp-transport", .choice(["tcp": LiveSettings.RTSPTransport.tcp, "udp": .udp]), "name",
    default: LiveSettings.standard.rtspTransport, in: .trackAndStream,
    "How RTSP carries its packets; udp has less delay and loses packets.")

  public static let allowRedirects = Setting(
    flag: "allow-redirects", in: .readsAndStream,
    "Follow an http or https address to other servers.")

  public static let buffer = Setting(
    "buffer", .duration(LiveSettings.bufferRange), "time",
    default: LiveSettings.standard.bufferSeconds, in: .trackAndStream,
    "How long frames that came in a burst may wait for their turn; 0: the newest always wins.")
}

/// A picture's size in pixels.
public struct PictureSize: Sendable, Equatable {
  public let width: Int
  public let height: Int
}
