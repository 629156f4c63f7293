import CFFmpeg
import Recording
import VideoInput

/// Writes pictures as a video, each with its own time stamp.
///
/// The bytes go to NAME.partial; `finish` completes the container and gives it its name, with the
/// promises of `CSVWriter`: NAME is never replaced unless `force` says so and is always whole.
/// `abandon` completes the container too, so that what an interrupted run leaves can be played.
/// A process that is killed leaves a partial that only .mkv and .webm players open.
///
/// Not to be used by two threads at once. Cost: 7 ms of processor time a frame of 640 x 480 with the
/// decoder's colours and the drawing (two cores with AVX2, libx264).
public final class VideoWriter {
  /// Seconds a tick of the source's time stamps: `numerator / denominator`.
  public struct TimeBase: Sendable, Equatable {
    public var numerator: Int32
    public var denominator: Int32

    public init(numerator: Int32, denominator: Int32) {
      self.numerator = numerator
      self.denominator = denominator
    }

    /// The unit of MPEG, a multiple of all usual frame rates.
    public static let mpeg = TimeBase(numerator: 1, denominator: 90_000)
  }

  public private(set) var framesWritten = 0

  private let file: OutputFile
  private let container: VideoContainer
  private let encoder: VideoEncoder
  private let canvas: VideoCanvas
  private var lastTicks: Int64?
  private var state = State.open

  private enum State {
    case open
    case closed
    case failed(PicturesError)
  }

  /// The endings that make a video.
  public static let endings = ["mp4", "mkv", "mov", "avi", "webm"]

  /// Starts a video; the name's ending says the container.
  ///
  /// - Parameters:
  ///   - path: NAME, with one of `endings`.
  ///   - width, height: of the first picture. An odd side grows by one pixel (yuv420p has none).
  ///   - timeBase: the source's. .mp4 and .mov keep it, or a multiple, so that time stamps are
  ///     exact; .mkv, .webm and .avi have milliseconds. A unit below a microsecond becomes
  ///     `TimeBase.mpeg`.
  ///   - force: whether NAME may be replaced.
  ///   - sound: goes along as it is, with 0 at the first time that is 0; where the container does not
  ///     take it the video has none, and `soundNote` says so. Nobody else may use it from now on.
  ///
  /// The codec is H.264 (libx264), where FFmpeg has no such encoder MPEG-4; in .webm VP9 or VP8.
  ///
  /// Throws `PicturesError`: `video`, and as `file` what `CSVWriter.init` throws.
  public convenience init(
    path: String, width: Int, height: Int, timeBase: TimeBase = .mpeg, force: Bool = false,
    sound: SoundReader? = nil
  ) throws(PicturesError) {
    try self.init(
      path: path, width: width, height: height, timeBase: timeBase, force: force, sound: sound,
      encoders: VideoEncoder.Choice.standard, calls: FileCalls())
  }

  init(
    path: String, width: Int, height: Int, timeBase: TimeBase, force: Bool,
    sound: SoundReader? = nil, encoders: [VideoEncoder.Choice], calls: FileCalls
  ) throws(PicturesError) {
    Self.silenceFFmpeg
    guard let kind = VideoContainer.kind(of: path) else {
      throw .video(path: path, operation: "choose a container", text: "its ending is unknown")
    }
    canvas = try VideoCanvas(width: width, height: height, path: path)
    let file = try PicturesError.ofFile(try OutputFile(path, force: force, calls: calls))
    self.file = file
    do throws(PicturesError) {
      container = try VideoContainer(kind, file: file)
      encoder = try VideoEncoder(
        encoders, width: canvas.frame.width, height: canvas.frame.height, for: container,
        path: path)
      try container.begin(
        encoder.context, wished: Self.timeBase(timeBase, for: String(cString: kind.pointee.name)),
        sound: sound)
    } catch {
      file.discard()
      throw error
    }
  }

  deinit {
    if case .open = state { _ = try? abandon() }
  }

  /// x264 says a lot on standard error.
  private static let silenceFFmpeg: Void = av_log_set_level(AV_LOG_QUIET)

  /// What to ask of the container.
  private static func timeBase(_ source: TimeBase, for container: String) -> AVRational {
    // AVI has a constant rate; times between are made of empty frames, which have to be few.
    if container == "avi" { return AVRational(num: 1, den: 1000) }
    // MP4 counts a frame's ticks in 32 bits: at a microsecond a frame lasts up to 71 minutes.
    let isUsable =
      source.numerator > 0 && source.denominator > 0
      && Int64(source.denominator) <= 1_000_000 * Int64(source.numerator)
    let base = isUsable ? source : .mpeg
    return AVRational(num: base.numerator, den: base.denominator)
  }

  /// Where the video is until `finish`.
  public var partialPath: String? { file.partialPath }

  /// What a user should know of the sound: why there is none, or why it ends.
  public var soundNote: String? { container.soundNote }

  /// Adds a picture that is shown from `seconds` on.
  ///
  /// - Parameters:
  ///   - picture: of another size than the first one it is scaled to fit, with black beside it.
  ///   - seconds: at least 0. A time that is, in the container's ticks, not after the picture
  ///     before becomes the next tick.
  ///
  /// Throws `video`, and `file` where the bytes cannot be written; the writer is then of no more
  /// use: it throws the same error again.
  public func write(
    _ picture: borrowing OverlayPicture, at seconds: Double
  ) throws(PicturesError) {
    try checkOpen()
    do throws(PicturesError) {
      try canvas.fill(picture)
      let ticks = max(ticks(seconds), lastTicks.map { $0 + 1 } ?? 0)
      try encoder.encode(canvas.frame, ticks: ticks)
      lastTicks = ticks
    } catch {
      state = .failed(error)
      throw error
    }
    framesWritten += 1
  }

  /// Completes the video, with the sound to its end, and gives it its name. The writer is then closed.
  ///
  /// Throws as `CSVWriter.finish`; the video is then in the partial.
  public func finish() throws(PicturesError) {
    try checkOpen()
    do throws(PicturesError) {
      try complete(withWholeSound: true)
      try PicturesError.ofFile(try file.publish())
      state = .closed
    } catch {
      state = .failed(error)
      file.close()
      throw error
    }
  }

  /// Completes the video under its partial name, as after an interruption, with the sound up to its
  /// last picture; after an earlier error it only closes. Returns the partial's path.
  @discardableResult
  public func abandon() throws(PicturesError) -> String? {
    switch state {
    case .closed: throw .file(.closed(path: file.path))
    case .failed: file.close()
    case .open:
      defer { file.close() }
      state = .closed
      try complete(withWholeSound: false)
      try PicturesError.ofFile(try file.leave())
    }
    return file.partialPath
  }

  private func complete(withWholeSound: Bool) throws(PicturesError) {
    try encoder.encode(nil, ticks: 0)
    if withWholeSound { try container.writeSound(upTo: nil) }
    try container.end()
  }

  private func ticks(_ seconds: Double) -> Int64 {
    let base = container.timeBase
    let ticks = (seconds * Double(base.den) / Double(base.num)).rounded()
    // 2^53: beyond it a Double has no single ticks.
    return ticks.isFinite ? Int64(max(0, min(ticks, 0x1p53))) : 0
  }

  private func checkOpen() throws(PicturesError) {
    switch state {
    case .open: return
    case .closed: throw .file(.closed(path: file.path))
    case .failed(let error): throw error
    }
  }
}
