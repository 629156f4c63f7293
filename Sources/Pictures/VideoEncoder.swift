import CFFmpeg

/// FFmpeg's video encoder for pictures of one size; packets come out in the order of the frames.
///
/// The encoder is told a constant rate and no times. They are kept here and given to the packets,
/// so that they are exact whatever times the codec can express. That needs packets in the order of
/// the frames: there are no B frames.
final class VideoEncoder {
  /// The encoders to try, best first, and their options.
  struct Choice: Sendable {
    var name: String
    var options: [String: String] = [:]
    /// FFmpeg's fixed quantiser; nil where the options say the quality.
    var quantiser: Int32?

    /// Lines and text stay sharp: about 170 KB a second of 640 x 480.
    static let standard = [
      // Without mbtree: libx264 r3095 reads memory there that it has not written (with AVX-512), and
      // the same pictures have other bytes by what was in memory before.
      Choice(name: "libx264", options: ["preset": "veryfast", "crf": "20", "mbtree": "0"]),
      Choice(name: "mpeg4", quantiser: 3),
      // What .webm takes. Without lag and hidden frames: a packet a frame.
      Choice(
        name: "libvpx-vp9",
        options: [
          "deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0", "row-mt": "1",
          "lag-in-frames": "0", "auto-alt-ref": "0",
        ]),
      Choice(
        name: "libvpx",
        options: [
          "deadline": "realtime", "cpu-used": "8", "crf": "10", "b": "4M", "lag-in-frames": "0",
          "auto-alt-ref": "0",
        ]),
    ]
  }

  /// Frames between pictures that can be jumped to.
  private static let keyFrameInterval: Int32 = 60

  /// What the container is told of the stream.
  var context: UnsafePointer<AVCodecContext> { UnsafePointer(encoder.context) }

  private let encoder: FFmpegEncoder
  private let container: VideoContainer
  /// The times of the frames that the encoder holds.
  private var pending: [Int64] = []
  private var lastTicks: Int64?

  /// Opens the first of `choices` that FFmpeg has, that the container takes and that opens.
  ///
  /// - Parameters:
  ///   - width, height: even.
  init(
    _ choices: [Choice], width: Int, height: Int, for container: VideoContainer, path: String
  ) throws(PicturesError) {
    var problem = "FFmpeg has no encoder for it (of \(choices.map(\.name).joined(separator: ", ")))"
    for choice in choices {
      guard let codec = avcodec_find_encoder_by_name(choice.name),
        container.holds(codec.pointee.id)
      else { continue }
      do throws(FFmpegFailure) {
        encoder = try Self.open(codec, choice, width, height, container)
        self.container = container
        return
      } catch {
        problem = "\(choice.name): \(error.text)"
      }
    }
    throw .video(path: path, operation: "open an encoder", text: problem)
  }

  private static func open(
    _ codec: UnsafePointer<AVCodec>, _ choice: Choice, _ width: Int, _ height: Int,
    _ container: VideoContainer
  ) throws(FFmpegFailure) -> FFmpegEncoder {
    let settings = FFmpegEncoder.Settings(
      width: width, height: height, format: AV_PIX_FMT_YUV420P,
      colourRange: AVCOL_RANGE_MPEG, threads: 0, quantiser: choice.quantiser,
      options: choice.options)
    return try FFmpegEncoder(codec, settings) { context in
      // With the range what swscale makes of R G B where it is told nothing.
      context.colorspace = AVCOL_SPC_SMPTE170M
      context.framerate = AVRational(num: 25, den: 1)
      context.sample_aspect_ratio = AVRational(num: 1, den: 1)
      context.max_b_frames = 0
      context.gop_size = keyFrameInterval
      if container.wantsGlobalHeader { context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    }
  }

  /// Encodes a frame that is to be shown at `ticks` of the container's time base, and writes the
  /// packets that come out; nil writes what the encoder still holds.
  func encode(_ frame: FFmpegFrame?, ticks: Int64) throws(PicturesError) {
    if frame != nil { pending.append(ticks) }
    try container.check(try encoder.send(frame))
    while let packet = try container.check(try encoder.receive()) {
      setTimes(of: packet)
      try container.write(packet)
    }
  }

  private func setTimes(of packet: borrowing FFmpegEncoder.Packet) {
    guard !pending.isEmpty else { return }
    let ticks = pending.removeFirst()
    // Containers know from the next frame how long this one is shown, but for the last. MP4 would
    // lose a last frame of no duration, so it is shown as long as the one before.
    let base = container.timeBase
    let usual = max(1, Int64(base.den) / (25 * Int64(base.num)))
    let duration = pending.first.map { $0 - ticks } ?? lastTicks.map { ticks - $0 } ?? usual
    lastTicks = ticks
    packet.pointer.pointee.pts = ticks
    packet.pointer.pointee.dts = ticks
    packet.pointer.pointee.duration = duration
  }
}
