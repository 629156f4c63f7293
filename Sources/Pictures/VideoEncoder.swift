import CFFmpeg
import CFFmpegShims

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
      Choice(name: "libx264", options: ["preset": "veryfast", "crf": "20"]),
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

  let context: UnsafeMutablePointer<AVCodecContext>
  private let container: VideoContainer
  private let packet: UnsafeMutablePointer<AVPacket>
  private var framesIn: Int64 = 0
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
      var opened = avcodec_alloc_context3(codec)
      let code = opened.map { Self.open($0, codec, choice, width, height, container) } ?? 0
      if let opened, code >= 0 {
        guard let packet = av_packet_alloc() else { break }
        context = opened
        self.packet = packet
        self.container = container
        return
      }
      avcodec_free_context(&opened)
      problem = "\(choice.name): \(ffmpegText(code))"
    }
    throw .video(path: path, operation: "open an encoder", text: problem)
  }

  deinit {
    var (context, packet) = (Optional(context), Optional(packet))
    avcodec_free_context(&context)
    av_packet_free(&packet)
  }

  private static func open(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ codec: UnsafePointer<AVCodec>,
    _ choice: Choice, _ width: Int, _ height: Int, _ container: VideoContainer
  ) -> Int32 {
    context.pointee.width = Int32(width)
    context.pointee.height = Int32(height)
    context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
    context.pointee.time_base = AVRational(num: 1, den: 25)
    context.pointee.framerate = AVRational(num: 25, den: 1)
    context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    context.pointee.max_b_frames = 0
    context.pointee.gop_size = keyFrameInterval
    // 0: as many as there are cores.
    context.pointee.thread_count = 0
    // What swscale makes of R G B where it is told nothing.
    context.pointee.color_range = AVCOL_RANGE_MPEG
    context.pointee.colorspace = AVCOL_SPC_SMPTE170M
    if container.wantsGlobalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    if let quantiser = choice.quantiser {
      context.pointee.flags |= AV_CODEC_FLAG_QSCALE
      context.pointee.global_quality = quantiser * FF_QP2LAMBDA
    }
    var options: OpaquePointer?
    for (name, value) in choice.options { av_dict_set(&options, name, value, 0) }
    defer { av_dict_free(&options) }
    return avcodec_open2(context, codec, &options)
  }

  /// Encodes a frame that is to be shown at `ticks` of the container's time base, and writes the
  /// packets that come out; nil writes what the encoder still holds.
  func encode(
    _ frame: UnsafeMutablePointer<AVFrame>?, ticks: Int64
  ) throws(PicturesError) {
    if let frame {
      frame.pointee.pts = framesIn
      framesIn += 1
      pending.append(ticks)
    }
    try container.check("avcodec_send_frame", avcodec_send_frame(context, frame))
    while true {
      let code = avcodec_receive_packet(context, packet)
      if code == landmarkd_averror_eagain || code == landmarkd_averror_eof { return }
      try container.check("avcodec_receive_packet", code)
      defer { av_packet_unref(packet) }
      setTimes()
      try container.write(packet)
    }
  }

  private func setTimes() {
    guard !pending.isEmpty else { return }
    let ticks = pending.removeFirst()
    // Containers know from the next frame how long this one is shown, but for the last. MP4 would
    // lose a last frame of no duration, so it is shown as long as the one before.
    let base = container.timeBase
    let usual = max(1, Int64(base.den) / (25 * Int64(base.num)))
    let duration = pending.first.map { $0 - ticks } ?? lastTicks.map { ticks - $0 } ?? usual
    lastTicks = ticks
    packet.pointee.pts = ticks
    packet.pointee.dts = ticks
    packet.pointee.duration = duration
  }
}
