import CFFmpeg
import CFFmpegShims

/// A decoder and the frame it fills.
final class Decoder {
  let context: UnsafeMutablePointer<AVCodecContext>
  /// The frame that `receive` filled last.
  let frame: UnsafeMutablePointer<AVFrame>

  enum Output: Equatable { case frame, needsInput, end, failed(Int32) }

  /// What the decoder is for.
  enum Use {
    /// A recorded video; 0 threads: one a core.
    case recording(threads: Int)
    /// A single image; `isStrict` makes damage an error that decoders otherwise conceal. A thread
    /// of its own would only delay the one frame.
    case image(isStrict: Bool)
    /// A live source: a frame comes out as soon as its packet has gone in. Threads over frames
    /// would hold back as many frames as there are threads; threads over slices take the other
    /// streams' cores.
    case live
  }

  private let largest: LargestPicture
  private let name: String
  /// Belongs to the context.
  private let limit: UnsafeMutablePointer<landmarkd_picture_limit>

  /// Throws `.noDecoder` and `.failed`.
  init(
    _ parameters: UnsafePointer<AVCodecParameters>, timeBase: AVRational?, use: Use,
    largest: LargestPicture, name: String
  ) throws(VideoInputError) {
    _ = FFmpegLibrary.isPrepared
    let id = parameters.pointee.codec_id
    guard let codec = avcodec_find_decoder(id) else {
      throw VideoInputError(
        .noDecoder, operation: "decode", source: name,
        problem: "FFmpeg has no decoder for \(Self.name(of: id))")
    }
    var context = avcodec_alloc_context3(codec)
    var frame = av_frame_alloc()
    guard let opened = context, let made = frame else {
      avcodec_free_context(&context)
      av_frame_free(&frame)
      throw Demuxer.outOfMemory(name)
    }
    let limit = UnsafeMutablePointer<landmarkd_picture_limit>.allocate(capacity: 1)
    limit.initialize(to: landmarkd_picture_limit(pixels: Int64(largest.pixels), refused: 0))
    var code = avcodec_parameters_to_context(opened, parameters)
    // Refused before memory is taken for it.
    landmarkd_limit_pictures(opened, limit)
    if code >= 0 {
      opened.pointee.pkt_timebase = timeBase ?? AVRational(num: 0, den: 1)
      switch use {
      case .recording(let threads): opened.pointee.thread_count = Int32(clamping: threads)
      case .image(let isStrict):
        opened.pointee.thread_count = 1
        if isStrict { opened.pointee.err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE }
      case .live:
        opened.pointee.thread_count = 1
        opened.pointee.thread_type = FF_THREAD_SLICE
        opened.pointee.flags |= AV_CODEC_FLAG_LOW_DELAY
      }
      code = avcodec_open2(opened, codec, nil)
    }
    guard code >= 0 else {
      avcodec_free_context(&context)
      av_frame_free(&frame)
      limit.deallocate()
      throw VideoInputError(
        .failed, operation: "decode", source: name,
        problem: "the decoder for \(Self.name(of: id)) does not start",
        libraryText: libraryText(code))
    }
    self.context = opened
    self.frame = made
    self.limit = limit
    self.largest = largest
    self.name = name
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = context
    avcodec_free_context(&context)
    var frame: UnsafeMutablePointer<AVFrame>? = frame
    av_frame_free(&frame)
    limit.deallocate()
  }

  /// Throws `.tooLarge` once the decoder met a picture beyond the largest.
  func checkSize() throws(VideoInputError) {
    let refused = landmarkd_refused_picture(limit)
    guard refused != 0 else { return }
    throw largest.refusal(name, width: Int(refused >> 32), height: Int(refused & 0xFFFF_FFFF))
  }

  /// FFmpeg's name of a codec.
  static func name(of id: AVCodecID) -> String { String(cString: avcodec_get_name(id)) }

  /// Hands a packet over; nil begins the drain. Returns FFmpeg's code.
  func send(_ packet: UnsafePointer<AVPacket>?) -> Int32 { avcodec_send_packet(context, packet) }

  /// Fills `frame`, if there is one.
  func receive() -> Output {
    let code = avcodec_receive_frame(context, frame)
    if code >= 0 { return .frame }
    if code == landmarkd_averror_eagain { return .needsInput }
    if code == landmarkd_averror_eof { return .end }
    return .failed(code)
  }

  /// Whether the decoder marked `frame` as damaged.
  var frameIsDamaged: Bool {
    frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 || frame.pointee.decode_error_flags != 0
  }
}
