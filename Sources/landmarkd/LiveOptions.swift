import ArgumentParser
import VideoInput

/// How a live source is opened.
struct LiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A camera's pixel format or codec: yuyv422, mjpeg, ... (landmarkd devices).",
      valueName: "name"))
  var pixelFormat: String?

  @Option(help: ArgumentHelp("A camera's picture size.", valueName: "WxH"))
  var videoSize: PictureSize?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Frames a second. Files and images: the true rate, in place of times that they lack or state wrongly. A camera: what is asked of it. An address of one picture: how often it is asked, default 1.",
      valueName: "rate"))
  var frameRate: Double?

  @Option(help: "How RTSP carries its packets: tcp or udp; default tcp.")
  var rtspTransport: Transport?

  @Flag(help: "Follow an http or https address to other servers.")
  var allowRedirects = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long frames that came in a burst may wait for their turn; default 10, 0: never.",
      valueName: "seconds"))
  var buffer: Double?

  enum Transport: String, CaseIterable, ExpressibleByArgument {
    case tcp, udp

    var setting: LiveSettings.RTSPTransport { self == .tcp ? .tcp : .udp }
  }

  /// The first option that was given and is for live sources alone; nil where none was.
  var given: String? {
    if pixelFormat != nil { return "--pixel-format" }
    if videoSize != nil { return "--video-size" }
    if allowRedirects { return "--allow-redirects" }
    if rtspTransport != nil { return "--rtsp-transport" }
    return buffer != nil ? "--buffer" : nil
  }

  /// - Parameter deadline: seconds without data after which the source counts as lost.
  func settings(
    _ grey: VideoSettings.GreyConversion, deadline: Double?, largest: LargestPicture
  ) throws -> LiveSettings {
    do {
      return try LiveSettings(
        pixelFormat: pixelFormat, width: videoSize?.width, height: videoSize?.height,
        framesPerSecond: frameRate, rtspTransport: rtspTransport?.setting ?? .tcp,
        allowsRedirects: allowRedirects,
        readDeadlineSeconds: deadline ?? LiveSettings.standard.readDeadlineSeconds,
        largestPicture: largest,
        bufferSeconds: buffer ?? LiveSettings.standard.bufferSeconds,
        greyConversion: grey)
    } catch {
      let option =
        switch error.source {
        case "pixel format": "--pixel-format"
        case "width", "height", "video size": "--video-size"
        case "frame rate": "--frame-rate"
        case "buffer": "--buffer"
        default: "--deadline"
        }
      throw ValidationError("\(option) is \(error.problem); expected \(error.expected ?? "")")
    }
  }
}

/// "640x480".
struct PictureSize: ExpressibleByArgument {
  var width: Int
  var height: Int

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0, height > 0
    else { return nil }
    (self.width, self.height) = (width, height)
  }
}
