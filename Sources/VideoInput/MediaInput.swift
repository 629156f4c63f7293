import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// Where the bytes of a media file come from.
enum MediaInput {
  case file(path: String)
  case descriptor(DescriptorInput)
  case http(HTTPRecording)

  /// The file's path; nil for a descriptor.
  var path: String? {
    if case .file(let path) = self { return path }
    return nil
  }

  /// Whether a server gives it from its beginning to its end alone.
  var isForwardHTTP: Bool {
    if case .http(let recording) = self { return !recording.hasRanges }
    return false
  }

  /// The first bytes: of a descriptor those that were read.
  var head: [UInt8] {
    switch self {
    case .file(let path): ImageFormat.headOf(path)
    case .descriptor(let input): input.head
    case .http(let recording): recording.head
    }
  }

  /// Whether it can be read again from the beginning.
  var isReopenable: Bool {
    switch self {
    case .file: true
    case .descriptor: false
    case .http(let recording): recording.hasRanges
    }
  }
}

/// FFmpeg as a whole.
enum FFmpegLibrary {
  /// Silences FFmpeg's own messages, once for the process: what a user has to know is in our
  /// errors and reports.
  static let isPrepared: Bool = {
    av_log_set_level(AV_LOG_QUIET)
    return true
  }()

  /// Demuxers of texts that name other files, streams or programs.
  static let playlists: Set<String> = [
    "concat", "hls", "dash", "sdp", "rtsp", "imf", "vobsub", "webm_dash_manifest", "lavfi",
    "avisynth", "vapoursynth",
  ]

  /// Demuxers that would take any text for a picture, or that fetch other files than the one
  /// that was named: a video input should rather fail.
  static let refusedContainers: Set<String> = playlists.union([
    "tty", "bin", "xbin", "adf", "idf", "sbg", "mpjpeg_pipe", "aqtitle", "image2", "alias_pix",
    "brender_pix", "ffmetadata",
  ])

  /// All demuxers but `refused`, as libavformat's list.
  static func demuxers(without refused: Set<String>) -> String {
    var names: [String] = []
    var position: UnsafeMutableRawPointer?
    while let format = av_demuxer_iterate(&position) {
      guard let name = format.pointee.name else { continue }
      let text = String(cString: name)
      if !refused.contains(text) { names.append(text) }
    }
    return names.joined(separator: ",")
  }
}

/// Whether `path` is there and can be read, as an error that says what is wrong. Returns its
/// file mode.
func checkReadable(_ path: String) throws(VideoInputError) -> mode_t {
  func failed(_ kind: VideoInputError.Kind, _ problem: String) -> VideoInputError {
    VideoInputError(kind, operation: "open", source: path, problem: problem)
  }
  var status = stat()
  guard stat(path, &status) == 0 else {
    switch errno {
    case ENOENT, ENOTDIR: throw failed(.notFound, "there is no such file")
    case EACCES: throw failed(.notReadable, "no permission to reach it")
    default: throw failed(.failed, systemText(errno))
    }
  }
  guard access(path, R_OK) == 0 else {
    throw failed(.notReadable, errno == EACCES ? "no permission to read it" : systemText(errno))
  }
  let type = status.st_mode & S_IFMT
  if type == S_IFREG && status.st_size == 0 { throw failed(.empty, "the file is empty") }
  if type == S_IFSOCK { throw failed(.notReadable, "it is a socket") }
  return status.st_mode
}

/// The system's text for `errno`.
func systemText(_ number: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { characters in
    guard let start = characters.baseAddress else { return "error \(number)" }
    start.initialize(repeating: 0, count: 256)
    _ = strerror_r(number, start, 255)
    return String(cString: start)
  }
}
