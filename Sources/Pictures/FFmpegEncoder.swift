import CFFmpeg
import CFFmpegShims

/// An encoder of FFmpeg for frames of one size: its context and its packet, freed with it.
///
/// Beside what FFmpeg itself allocates, sending and receiving allocate nothing. Not thread-safe.
final class FFmpegEncoder {
  /// What it is opened with.
  struct Settings {
    var width: Int
    var height: Int
    var format: AVPixelFormat
    var colourRange = AVCOL_RANGE_UNSPECIFIED
    /// 0: as many as there are cores. Frame threads hold pictures back.
    var threads: Int32 = 1
    /// FFmpeg's fixed quantiser; nil where the options say the quality, or there is none to choose.
    var quantiser: Int32?
    /// The encoder's own.
    var options: [String: String] = [:]
  }

  /// What came out of the encoder; there as long as this lives.
  struct Packet: ~Copyable {
    let pointer: UnsafeMutablePointer<AVPacket>

    fileprivate init(_ pointer: UnsafeMutablePointer<AVPacket>) { self.pointer = pointer }

    deinit { av_packet_unref(pointer) }

    /// A copy of its bytes.
    borrowing func bytes() -> [UInt8] {
      [UInt8](UnsafeBufferPointer(start: pointer.pointee.data, count: Int(pointer.pointee.size)))
    }
  }

  let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private var framesIn: Int64 = 0

  /// FFmpeg's encoder of a format, which messages call `name`.
  static func codec(
    _ format: AVCodecID, name: String
  ) throws(FFmpegFailure) -> UnsafePointer<AVCodec> {
    guard let codec = avcodec_find_encoder(format) else {
      throw FFmpegFailure("avcodec_find_encoder", "this FFmpeg has no \(name) encoder")
    }
    return codec
  }

  /// - Parameter adjust: sets what one kind of encoder needs beside the settings.
  init(
    _ codec: UnsafePointer<AVCodec>, _ settings: Settings,
    adjust: (inout AVCodecContext) -> Void = { _ in }
  ) throws(FFmpegFailure) {
    var context = avcodec_alloc_context3(codec)
    var packet = av_packet_alloc()
    do throws(FFmpegFailure) {
      guard let made = context, let madePacket = packet else {
        throw FFmpegFailure("avcodec_alloc_context3", "out of memory")
      }
      Self.set(settings, of: &made.pointee)
      adjust(&made.pointee)
      try Self.open(made, codec, settings.options)
      self.context = made
      self.packet = madePacket
    } catch {
      avcodec_free_context(&context)
      av_packet_free(&packet)
      throw error
    }
  }

  deinit {
    var (context, packet) = (Optional(context), Optional(packet))
    avcodec_free_context(&context)
    av_packet_free(&packet)
  }

  private static func set(_ settings: Settings, of context: inout AVCodecContext) {
    context.width = Int32(settings.width)
    context.height = Int32(settings.height)
    context.pix_fmt = settings.format
    context.time_base = AVRational(num: 1, den: 25)
    context.color_range = settings.colourRange
    context.thread_count = settings.threads
    guard let quantiser = settings.quantiser else { return }
    context.flags |= AV_CODEC_FLAG_QSCALE
    context.global_quality = quantiser * FF_QP2LAMBDA
  }

  private static func open(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ codec: UnsafePointer<AVCodec>,
    _ options: [String: String]
  ) throws(FFmpegFailure) {
    var dictionary: OpaquePointer?
    for (name, value) in options { av_dict_set(&dictionary, name, value, 0) }
    defer { av_dict_free(&dictionary) }
    try FFmpegFailure.check("avcodec_open2", avcodec_open2(context, codec, &dictionary))
  }

  /// Encodes a frame, numbered in the order of the calls; nil: no more come, and `receive` gives
  /// what the encoder still holds.
  func send(_ frame: FFmpegFrame?) throws(FFmpegFailure) {
    if let frame {
      frame.pointer.pointee.pts = framesIn
      framesIn += 1
    }
    try FFmpegFailure.check("avcodec_send_frame", avcodec_send_frame(context, frame?.pointer))
  }

  /// The next packet, to be let go before the one after; nil where another frame is needed first,
  /// or none is left.
  func receive() throws(FFmpegFailure) -> Packet? {
    let code = avcodec_receive_packet(context, packet)
    guard code != landmarkd_averror_eagain, code != landmarkd_averror_eof else { return nil }
    try FFmpegFailure.check("avcodec_receive_packet", code)
    return Packet(packet)
  }

  /// The file of a picture, for encoders that make one of each frame.
  func file(of frame: FFmpegFrame) throws(FFmpegFailure) -> [UInt8] {
    try send(frame)
    guard let packet = try receive() else {
      throw FFmpegFailure("avcodec_receive_packet", code: landmarkd_averror_eagain)
    }
    return packet.bytes()
  }
}
