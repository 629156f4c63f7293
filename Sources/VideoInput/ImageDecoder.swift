import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// Decodes single images, one whole file a packet. Keeps its decoder while the format stays.
///
/// The decoders are strict: a checksum that is wrong or data that ends early is an error instead
/// of a picture whose lower half is made up. (OpenEXR and QOI do not tell.)
final class ImageDecoder {
  private let watch: IOWatch
  private let settings: VideoSettings
  private var decoder: Decoder?
  private var codec = AV_CODEC_ID_NONE
  /// What the file decoded last says beside what FFmpeg hands on.
  private var stated: Orientation?
  /// The opened file that the frame lives in, where it is a container (AVIF).
  private var container: StreamDecoder?
  /// The file's bytes, with FFmpeg's padding; grown as needed.
  private let packet: UnsafeMutablePointer<AVPacket>

  /// The largest image file that is read, in bytes.
  private static let largestFile = 1 << 30

  init(settings: VideoSettings, watch: IOWatch, name: String) throws(VideoInputError) {
    guard let packet = av_packet_alloc() else { throw Demuxer.outOfMemory(name) }
    self.packet = packet
    self.settings = settings
    self.watch = watch
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    av_packet_free(&packet)
  }

  /// FFmpeg's name of the codec decoded last.
  var codecName: String { Decoder.name(of: codec) }

  /// How the frame that was decoded last lies. The pixel aspect is not applied, because images hold
  /// dots an inch there, often by accident.
  func geometry(
    of frame: UnsafePointer<AVFrame>, _ report: inout SourceReport
  ) -> FrameConverter.Geometry {
    var geometry = FrameConverter.Geometry(
      frame: frame, stream: nil, aspect: AVRational(num: 1, den: 1), report: &report)
    if let stated, landmarkd_frame_display_matrix(frame) == nil { geometry.orientation = stated }
    return geometry
  }

  /// Decodes a file. The frame is valid until the next call. Throws `.notVideo` for bytes that
  /// are no image, `.nothingDecodable` for a broken one, what `checkReadable` says, `.tooLarge`.
  func decode(_ path: String) throws(VideoInputError) -> UnsafePointer<AVFrame> {
    guard !watch.interruption.isInterrupted else {
      throw VideoInputError(
        .interrupted, operation: "read", source: path, problem: "interrupted")
    }
    container = nil
    try readFile(path)
    guard let data = packet.pointee.data else { throw Demuxer.outOfMemory(path) }
    let size = Int(packet.pointee.size)
    let head = Array(UnsafeBufferPointer(start: data, count: min(size, ImageFormat.probeLength)))
    if let problem = UnreadFormat.of(head) { throw problem.refusal(path) }
    stated = StatedOrientation.of(UnsafeRawBufferPointer(start: data, count: size))
    if UnreadFormat.isAVIF(head) { return try decodeContainer(path) }
    guard let found = ImageFormat.codec(of: head, path: path) else {
      throw VideoInputError(
        .notVideo, operation: "open", source: path, problem: "not an image",
        expected: "a format that FFmpeg knows")
    }
    if let decoder, found == codec {
      avcodec_flush_buffers(decoder.context)
    } else {
      decoder = try makeDecoder(found, path)
      codec = found
    }
    guard let decoder else { throw Demuxer.outOfMemory(path) }
    var code = decoder.send(packet)
    if code >= 0 {
      _ = decoder.send(nil)
      switch decoder.receive() {
      case .frame where !decoder.frameIsDamaged:
        return UnsafePointer(decoder.frame)
      case .failed(let failure): code = failure
      default: code = landmarkd_averror_invaliddata
      }
    }
    // A decoder that met damage may be left in any state.
    self.decoder = nil
    try decoder.checkSize()
    throw VideoInputError(
      .nothingDecodable, operation: "decode", source: path, problem: "the image is broken",
      libraryText: libraryText(code))
  }

  /// Decodes the first picture of a file that libavformat takes apart.
  private func decodeContainer(_ path: String) throws(VideoInputError) -> UnsafePointer<AVFrame> {
    let opened = try StreamDecoder(
      .file(path: path), name: path, settings: settings, watch: watch)
    var report = SourceReport()
    guard try opened.nextFrame(&report), report.decodeErrors == 0 else {
      throw VideoInputError(
        .nothingDecodable, operation: "decode", source: path, problem: "the image is broken",
        libraryText: report.firstDecodeError)
    }
    container = opened
    codec = opened.codec
    decoder = nil
    return UnsafePointer(opened.decoder.frame)
  }

  private func makeDecoder(
    _ codec: AVCodecID, _ path: String
  ) throws(VideoInputError) -> Decoder {
    var parameters = avcodec_parameters_alloc()
    defer { avcodec_parameters_free(&parameters) }
    guard let parameters else { throw Demuxer.outOfMemory(path) }
    parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
    parameters.pointee.codec_id = codec
    // FFmpeg's strict TIFF decoder refuses tags that it does not know, which sound files have.
    return try Decoder(
      parameters, timeBase: nil, use: .image(isStrict: codec != AV_CODEC_ID_TIFF),
      largest: settings.largestPicture, name: path)
  }

  private func readFile(_ path: String) throws(VideoInputError) {
    _ = try checkReadable(path)
    let descriptor = SystemNames.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw VideoInputError(
        .notReadable, operation: "open", source: path, problem: systemText(errno))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw VideoInputError(
        .notReadable, operation: "open", source: path, problem: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= Self.largestFile else {
      throw VideoInputError(
        .tooLarge, operation: "open", source: path, problem: "an image of \(size) bytes",
        expected: "at most \(Self.largestFile) bytes")
    }
    av_packet_unref(packet)
    guard av_new_packet(packet, Int32(clamping: size)) >= 0, let data = packet.pointee.data else {
      throw Demuxer.outOfMemory(path)
    }
    // FFmpeg's PNG decoder takes anything else for a difference to the image before.
    packet.pointee.flags |= AV_PKT_FLAG_KEY
    var filled = 0
    while filled < size {
      let got = Glibc.read(descriptor, data + filled, size - filled)
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { break }
      filled += got
    }
    // Shrinks: a file that got shorter meanwhile leaves no stale bytes.
    av_shrink_packet(packet, Int32(clamping: filled))
  }
}

/// Reads one still image.
public enum ImageReader {
  /// Reads the image at `path` as a frame with number 1 at 0 s: its grey picture and, if the
  /// settings ask for it, its colours. The orientation that it states is applied; the pixel
  /// aspect is not.
  ///
  /// Throws `VideoInputError` also for an image that is only partly there. Cost: the whole file
  /// and its picture in memory.
  public static func read(
    _ path: String, settings: VideoSettings = .standard
  ) throws(VideoInputError) -> VideoFrame {
    let decoder = try ImageDecoder(
      settings: settings, watch: IOWatch(Interruption()), name: path)
    let decoded = try decoder.decode(path)
    var frame = VideoFrame()
    var report = SourceReport()
    let geometry = decoder.geometry(of: decoded, &report)
    try FrameConverter(settings).convertImage(
      decoded, geometry: geometry, path: path, into: &frame)
    frame.number = 1
    frame.presentationTimestamp = 0
    return frame
  }
}

extension FrameConverter {
  /// `convert` with its failures as errors that name the image.
  func convertImage(
    _ decoded: UnsafePointer<AVFrame>, geometry: Geometry, path: String,
    into frame: inout VideoFrame
  ) throws(VideoInputError) {
    do throws(Failure) {
      try convert(decoded, geometry: geometry, into: &frame)
    } catch {
      switch error {
      case .tooLarge(let width, let height):
        throw LargestPicture.recorded.refusal(path, width: width, height: height)
      case .unsupported(let format):
        throw VideoInputError(
          .nothingDecodable, operation: "decode", source: path,
          problem: "its pixel format \(format) cannot be converted")
      }
    }
  }
}
