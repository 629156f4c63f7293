import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// Opens recorded inputs.
public enum VideoInput {
  /// The longest side of a picture, in pixels, that is taken; more is a damaged header rather than a
  /// video. `LargestPicture` bounds the area.
  public static let largestSide = 16384

  /// The version of the FFmpeg libraries that are loaded, in FFmpeg's own words.
  public static var libraryVersion: String { String(cString: av_version_info()) }

  /// Opens whatever `input` names:
  /// - `-`: standard input;
  /// - a folder of images, a printf pattern (`shot%04d.png`) or one image;
  /// - a FIFO, or another file that cannot be rewound: bytes as they come;
  /// - an http or https address of a recording;
  /// - any media file that FFmpeg reads.
  ///
  /// Throws `VideoInputError`, whose description is one line for the user. `interruption` ends
  /// blocking calls of the opening too.
  public static func open(
    _ input: String, settings: VideoSettings = .standard,
    interruption: Interruption = Interruption()
  ) throws(VideoInputError) -> any FrameSource {
    if input == "-" {
      return try open(
        descriptor: STDIN_FILENO, name: "standard input", settings: settings,
        interruption: interruption)
    }
    if let address = httpAddress(input) {
      return try open(address, name: redacted(input), settings, interruption)
    }
    if access(input, F_OK) != 0, let pattern = ImagePattern(input) {
      return try ImageSequenceSource(
        pattern: pattern, settings: settings, interruption: interruption)
    }
    let mode = try checkReadable(input)
    if mode & S_IFMT == S_IFREG, let format = UnreadFormat.of(ImageFormat.headOf(input)) {
      throw format.refusal(input)
    }
    switch mode & S_IFMT {
    case S_IFDIR:
      return try ImageSequenceSource(
        folder: input, settings: settings, interruption: interruption)
    case S_IFREG where ImageFormat.isStillImage(path: input):
      return try ImageSequenceSource(
        image: input, settings: settings, interruption: interruption)
    case S_IFREG:
      return try FileSource(path: input, settings: settings, interruption: interruption)
    default:
      // Without O_NONBLOCK opening a FIFO waits for a writer, out of reach of any deadline.
      let descriptor = SystemNames.open(input, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw VideoInputError(
          .notReadable, operation: "open", source: input, problem: systemText(errno))
      }
      return try open(
        descriptor: descriptor, closesDescriptor: true, name: input, settings: settings,
        interruption: interruption)
    }
  }

  /// Whether `input` is a file that is read as one still image: it is named like one and its bytes are
  /// not those of a video, or it is named like nothing and its bytes are an image's. Reads its first
  /// 4 KB.
  public static func isStillImage(_ input: String) -> Bool {
    var status = stat()
    return stat(input, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && ImageFormat.isStillImage(path: input)
  }

  /// The files that `input` is read from: those of a folder of images or of a pattern, else itself.
  /// Empty where there are none.
  public static func files(of input: String) -> [String] {
    var status = stat()
    guard stat(input, &status) == 0 else {
      return (try? ImagePattern(input)?.files()) ?? []
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return [input] }
    return (try? imageFiles(inFolder: input)) ?? []
  }

  /// Opens the media bytes that `descriptor` (a pipe, a FIFO, a socket, a file) gives. A regular
  /// file can be rewound, anything else is read once, forward.
  public static func open(
    descriptor: Int32, closesDescriptor: Bool = false, name: String,
    settings: VideoSettings = .standard, interruption: Interruption = Interruption()
  ) throws(VideoInputError) -> any FrameSource {
    let watch = IOWatch(interruption)
    guard let input = DescriptorInput(descriptor: descriptor, owns: closesDescriptor, watch: watch)
    else { throw Demuxer.outOfMemory(name) }
    guard isatty(descriptor) == 0 else {
      throw VideoInputError(
        .notReadable, operation: "open", source: name, problem: "it is a terminal",
        expected: "a pipe or a file")
    }
    return try FileSource(.descriptor(input), name: name, settings: settings, watch: watch)
  }
}
