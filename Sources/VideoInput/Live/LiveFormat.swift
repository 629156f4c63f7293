import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// Opens a live source.
enum LiveFormat {
  /// Bytes that are read to know a network stream's container and codecs: a keyframe of a good
  /// camera fits.
  private static let probeBytes = 2_000_000
  /// Stream time in which that has to be done. What is still unknown then (the size, where no
  /// keyframe came) the decoder finds out.
  private static let probeMicroseconds = 1_000_000

  /// Opens `address`. `watch` ends it and all reading; it must outlive what is returned. Throws what
  /// is wrong as an error for users; `.credentialsRefused` and `.interrupted` to act on.
  static func open(
    _ address: LiveAddress, _ settings: LiveSettings, _ watch: IOWatch
  ) throws(VideoInputError) -> any LivePackets {
    if case .network(let url, let scheme) = address.place, scheme == "http" || scheme == "https" {
      return try openHTTP(url, address, settings, watch)
    }
    return try ContainerPackets(
      try openContainer(address, settings, watch), address, settings, watch)
  }

  /// - Parameter http: the bytes of the container, and what is asked for besides; nil where
  ///   libavformat opens the address itself.
  static func openContainer(
    _ address: LiveAddress, _ settings: LiveSettings, _ watch: IOWatch, _ http: HTTPReading? = nil
  ) throws(VideoInputError) -> UnsafeMutablePointer<AVFormatContext> {
    _ = FFmpegLibrary.isPrepared
    guard let allocated = avformat_alloc_context() else {
      throw Demuxer.outOfMemory(address.shown)
    }
    allocated.pointee.interrupt_callback = AVIOInterruptCB(
      callback: { opaque in
        guard let opaque else { return 0 }
        let watch = Unmanaged<IOWatch>.fromOpaque(opaque).takeUnretainedValue()
        return watch.verdict == .goOn ? 0 : 1
      }, opaque: Unmanaged.passUnretained(watch).toOpaque())
    var context: UnsafeMutablePointer<AVFormatContext>? = allocated
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    let code: Int32
    switch address.place {
    case .camera(let path):
      do throws(VideoInputError) {
        try checkCamera(path)
      } catch {
        avformat_free_context(allocated)
        throw error
      }
      // Without it a frame is waited for in the kernel, out of reach of any deadline.
      allocated.pointee.flags |= AVFMT_FLAG_NONBLOCK
      setCameraOptions(settings, &options)
      code = avformat_open_input(&context, path, cameraFormat, &options)
    case .network(let url, let scheme):
      setNetworkOptions(scheme, settings, &options)
      http?.attach(to: allocated, &options)
      code = avformat_open_input(&context, http?.place ?? url, nil, &options)
    }
    guard code >= 0, let context else {
      throw http?.failure?.error("open", address.shown) ?? error(code, "open", address, watch)
    }
    http?.client.opened()
    return context
  }

  /// libavdevice's Video4Linux2, without having it guessed by the path.
  private static var cameraFormat: UnsafePointer<AVInputFormat>? {
    _ = devicesAreRegistered
    return av_find_input_format("v4l2")
  }

  private static let devicesAreRegistered: Bool = {
    avdevice_register_all()
    return true
  }()

  /// Says in words what `open` would say in numbers.
  private static func checkCamera(_ path: String) throws(VideoInputError) {
    func failed(_ kind: VideoInputError.Kind, _ problem: String, _ expected: String? = nil)
      -> VideoInputError
    {
      VideoInputError(kind, operation: "open", source: path, problem: problem, expected: expected)
    }
    var status = stat()
    guard stat(path, &status) == 0 else {
      let isMissing = errno == ENOENT || errno == ENOTDIR || errno == ENODEV
      throw failed(isMissing ? .lost : .failed, isMissing ? "no such device" : systemText(errno))
    }
    guard status.st_mode & S_IFMT == S_IFCHR else {
      throw failed(.notReadable, "it is no device", "a V4L2 camera")
    }
    guard access(path, R_OK | W_OK) == 0 else {
      throw failed(.notReadable, systemText(errno), "a user of the camera's group (video)")
    }
  }

  private static func setCameraOptions(_ settings: LiveSettings, _ options: inout OpaquePointer?) {
    // The kernel's own time stamps, whatever clock they are of.
    av_dict_set(&options, "ts", "default", 0)
    if let format = settings.pixelFormat { av_dict_set(&options, "input_format", format, 0) }
    if let width = settings.width, let height = settings.height {
      av_dict_set(&options, "video_size", "\(width)x\(height)", 0)
    }
    if let rate = settings.framesPerSecond { av_dict_set(&options, "framerate", "\(rate)", 0) }
  }

  private static func setNetworkOptions(
    _ scheme: String, _ settings: LiveSettings, _ options: inout OpaquePointer?
  ) {
    av_dict_set(&options, "protocol_whitelist", LiveAddress.protocols(for: scheme), 0)
    av_dict_set(&options, "format_whitelist", allowedFormats, 0)
    // No AVFMT_FLAG_NOBUFFER: it throws away what was read while probing, the first keyframe with
    // it, and pictures would begin with the next. What was buffered is decoded in one go, and the
    // newest frame wins.
    av_dict_set_int(&options, "probesize", Int64(probeBytes), 0)
    av_dict_set_int(&options, "analyzeduration", Int64(probeMicroseconds), 0)
    av_dict_set_int(&options, "fpsprobesize", 0, 0)
    switch scheme {
    case "rtsp", "rtsps":
      av_dict_set(&options, "rtsp_transport", settings.rtspTransport.rawValue, 0)
      // With sound, libavformat would move the pictures' stamps at the first sender report.
      av_dict_set(&options, "allowed_media_types", "video", 0)
    case "udp", "udplite":
      // Bytes that the kernel and the reading thread may hold: a keyframe comes as a burst.
      av_dict_set_int(&options, "buffer_size", 1 << 21, 0)
      // In packets of 188 bytes: 9 MB.
      av_dict_set_int(&options, "fifo_size", 50_000, 0)
      av_dict_set(&options, "overrun_nonfatal", "1", 0)
    case "http", "https":
      // A playlist's newest segment: the ones before it would make every frame late for good.
      av_dict_set_int(&options, "live_start_index", -1, 0)
    default: break
    }
  }

  /// All demuxers but those that take any text for a picture or fetch what a text names.
  private static let allowedFormats: String = {
    let refused: Set<String> = [
      "tty", "bin", "xbin", "adf", "idf", "sbg", "concat", "imf", "aqtitle", "image2",
      "alias_pix", "brender_pix", "ffmetadata",
    ]
    return FFmpegLibrary.demuxers(without: refused)
  }()

  /// What an FFmpeg code that ended `operation` means.
  static func error(
    _ code: Int32, _ operation: String, _ address: LiveAddress, _ watch: IOWatch
  ) -> VideoInputError {
    func made(_ kind: VideoInputError.Kind, _ problem: String, _ text: String? = nil)
      -> VideoInputError
    {
      VideoInputError(
        kind, operation: operation, source: address.shown, problem: problem, libraryText: text)
    }
    if watch.verdict == .interrupted { return made(.interrupted, "interrupted") }
    // FFmpeg may hand on what it had before it says that it was made to stop; a new deadline runs
    // by then.
    if code == landmarkd_averror_exit
      || (code == landmarkd_averror_eagain && watch.verdict == .expired)
    {
      return made(.timedOut, "no data came before the deadline")
    }
    switch code {
    case landmarkd_averror_http_unauthorized, landmarkd_averror_http_forbidden:
      return made(.credentialsRefused, "the user name or password is refused", libraryText(code))
    case landmarkd_averror_eof: return made(.lost, "the source ended")
    case landmarkd_averror(ENODEV), landmarkd_averror(ENOENT):
      return made(.lost, "the device is gone")
    case landmarkd_averror(EBUSY): return made(.lost, "another program uses it")
    case landmarkd_averror_enomem: return Demuxer.outOfMemory(address.shown)
    default:
      return made(
        .lost, operation == "open" ? "it does not open" : "it broke off", libraryText(code))
    }
  }
}
