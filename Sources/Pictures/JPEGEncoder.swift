import CFFmpeg
import CFFmpegShims
import CLNF

/// Makes JPEG files of grey pictures, one after another, through FFmpeg's encoder.
///
/// FFmpeg has no grey JPEG: colours are there and all the same, at a hundredth of the bytes. What
/// the encoder needs is made for the first picture and kept while the pictures have its size. Not
/// thread-safe: one thread at a time. Cost: about 0.7 ms at 640 x 480; allocates the file.
public final class JPEGEncoder {
  /// Pictures that are wider are scaled down to it.
  public let widest: Int
  private let quantiser: Int32
  private var canvas: JPEGCanvas?

  /// - Parameters:
  ///   - widest: px, 16 to 16384.
  ///   - quantiser: FFmpeg's, 2 (best) to 31 (smallest). With 5, a face of 640 x 480 takes 10 to
  ///     25 KB and shows no blocks.
  public init(widest: Int = 16384, quantiser: Int = 5) {
    precondition((16...JPEGCanvas.largestSide).contains(widest), "pictures \(widest) px wide")
    precondition((2...31).contains(quantiser), "a quantiser of \(quantiser)")
    self.widest = widest
    self.quantiser = Int32(quantiser)
  }

  /// The JPEG file of `image`, at most `widest` px wide, with its sides in proportion.
  /// - Throws: `PicturesError.encoder`, for a picture without pixels too.
  public func encode(_ image: borrowing GreyImage) throws(PicturesError) -> [UInt8] {
    let (width, height) = (image.width, image.height)
    if canvas?.width != width || canvas?.height != height {
      canvas = nil
      canvas = try JPEGCanvas(width, height, widest: widest, quantiser: quantiser)
    }
    guard let canvas else { throw .encoder(operation: "canvas", text: "none") }
    return try image.withSamples { (samples) throws(PicturesError) in
      try canvas.encode(samples)
    }
  }
}

/// FFmpeg's encoder and frames for pictures of one size; they are freed with it.
private final class JPEGCanvas {
  static let largestSide = 16384

  let width: Int
  let height: Int
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  /// What is encoded: full-range luminance and the colours of grey.
  private let frame: UnsafeMutablePointer<AVFrame>
  /// The picture in memory that swscale may read beyond the ends of rows; nil without scaling.
  private var original: UnsafeMutablePointer<AVFrame>?
  private var scaler: OpaquePointer?
  private var count: Int64 = 0

  init(
    _ width: Int, _ height: Int, widest: Int, quantiser: Int32
  ) throws(PicturesError) {
    // The size is checked here: FFmpeg prints its complaint to standard error.
    guard width > 0, height > 0, width <= Self.largestSide, height <= Self.largestSide else {
      throw .encoder(operation: "size", text: "a picture of \(width) x \(height)")
    }
    self.width = width
    self.height = height
    let smaller =
      width <= widest
      ? (width, height) : (widest, max(1, (height * widest + width / 2) / width))
    (context, packet) = try Self.open(smaller.0, smaller.1, quantiser)
    do {
      frame = try Self.makeFrame(smaller.0, smaller.1, AV_PIX_FMT_YUVJ420P)
    } catch {
      Self.free(context, packet)
      throw error
    }
    guard smaller.0 != width else { return }
    original = try Self.makeFrame(width, height, AV_PIX_FMT_GRAY8)
    scaler = sws_getContext(
      Int32(width), Int32(height), AV_PIX_FMT_GRAY8, Int32(smaller.0), Int32(smaller.1),
      AV_PIX_FMT_GRAY8, Int32(SWS_AREA), nil, nil, nil)
    guard scaler != nil else { throw .encoder(operation: "sws_getContext", text: "out of memory") }
  }

  deinit {
    var frame = Optional(frame)
    av_frame_free(&frame)
    av_frame_free(&original)
    sws_freeContext(scaler)
    Self.free(context, packet)
  }

  private static func free(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ packet: UnsafeMutablePointer<AVPacket>
  ) {
    var (context, packet) = (Optional(context), Optional(packet))
    avcodec_free_context(&context)
    av_packet_free(&packet)
  }

  private static func open(
    _ width: Int, _ height: Int, _ quantiser: Int32
  ) throws(PicturesError) -> (UnsafeMutablePointer<AVCodecContext>, UnsafeMutablePointer<AVPacket>)
  {
    guard let codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG) else {
      throw .encoder(operation: "avcodec_find_encoder", text: "this FFmpeg has no JPEG encoder")
    }
    var context = avcodec_alloc_context3(codec)
    var packet = av_packet_alloc()
    guard let made = context, let madePacket = packet else {
      avcodec_free_context(&context)
      av_packet_free(&packet)
      throw .encoder(operation: "avcodec_alloc_context3", text: "out of memory")
    }
    made.pointee.width = Int32(width)
    made.pointee.height = Int32(height)
    made.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
    made.pointee.color_range = AVCOL_RANGE_JPEG
    made.pointee.time_base = AVRational(num: 1, den: 25)
    // Frame threads would hold pictures back.
    made.pointee.thread_count = 1
    made.pointee.flags |= AV_CODEC_FLAG_QSCALE
    made.pointee.global_quality = quantiser * FF_QP2LAMBDA
    let code = avcodec_open2(made, codec, nil)
    guard code >= 0 else {
      avcodec_free_context(&context)
      av_packet_free(&packet)
      throw .encoder(operation: "avcodec_open2", text: ffmpegText(code))
    }
    return (made, madePacket)
  }

  private static func makeFrame(
    _ width: Int, _ height: Int, _ format: AVPixelFormat
  ) throws(PicturesError) -> UnsafeMutablePointer<AVFrame> {
    var made = av_frame_alloc()
    made?.pointee.width = Int32(width)
    made?.pointee.height = Int32(height)
    made?.pointee.format = format.rawValue
    guard let made, av_frame_get_buffer(made, 0) >= 0 else {
      av_frame_free(&made)
      throw .encoder(operation: "av_frame_get_buffer", text: "out of memory")
    }
    made.pointee.color_range = AVCOL_RANGE_JPEG
    return made
  }

  /// The file of the picture whose rows follow each other without padding.
  func encode(_ samples: UnsafeBufferPointer<UInt8>) throws(PicturesError) -> [UInt8] {
    // The encoder may still hold the last picture's buffer.
    try check("av_frame_make_writable", av_frame_make_writable(frame))
    try fill(samples)
    frame.pointee.pts = count
    count += 1
    frame.pointee.quality = context.pointee.global_quality
    try check("avcodec_send_frame", avcodec_send_frame(context, frame))
    try check("avcodec_receive_packet", avcodec_receive_packet(context, packet))
    defer { av_packet_unref(packet) }
    return [UInt8](
      UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
  }

  private func fill(_ samples: UnsafeBufferPointer<UInt8>) throws(PicturesError) {
    if let original, let scaler {
      Self.copy(samples, width, to: original)
      let rows = landmarkd_scale_grey(scaler, original, frame)
      guard rows == frame.pointee.height else {
        throw .encoder(operation: "sws_scale", text: "\(rows) rows were made")
      }
    } else {
      Self.copy(samples, width, to: frame)
    }
    let chromaRows = Int(frame.pointee.height + 1) / 2
    for (plane, stride) in [
      (frame.pointee.data.1, frame.pointee.linesize.1),
      (frame.pointee.data.2, frame.pointee.linesize.2),
    ] {
      plane?.update(repeating: 128, count: chromaRows * Int(stride))
    }
  }

  private static func copy(
    _ samples: UnsafeBufferPointer<UInt8>, _ width: Int, to frame: UnsafeMutablePointer<AVFrame>
  ) {
    guard let from = samples.baseAddress, let to = frame.pointee.data.0 else { return }
    let stride = Int(frame.pointee.linesize.0)
    for row in 0..<Int(frame.pointee.height) {
      (to + row * stride).update(from: from + row * width, count: width)
    }
  }

  private func check(_ operation: String, _ code: Int32) throws(PicturesError) {
    guard code < 0 else { return }
    throw .encoder(operation: operation, text: ffmpegText(code))
  }
}
