import CFFmpeg
import CLNF
import Recording

/// Pictures as PNG, through FFmpeg's encoder.
public enum PNGWriter {
  /// Writes the picture to `path` (`-`: standard output), whole or not at all.
  ///
  /// Throws `PicturesError`: `encoder`, and as `file` what `CSVWriter` throws.
  public static func write(
    _ picture: borrowing OverlayPicture, to path: String, force: Bool = false
  ) throws(PicturesError) {
    let bytes = try encode(picture)
    try PicturesError.ofFile(try WholeFile.write(bytes, to: path, force: force))
  }

  /// Writes a grey image, as above.
  public static func write(
    _ image: borrowing GreyImage, to path: String, force: Bool = false
  ) throws(PicturesError) {
    let bytes = try encode(image)
    try PicturesError.ofFile(try WholeFile.write(bytes, to: path, force: force))
  }

  /// The PNG file of a picture. The same picture gives the same bytes.
  ///
  /// Throws `PicturesError.encoder`, for a picture without pixels too. Cost: about 50 milliseconds
  /// at 640 x 480; allocates an encoder every time.
  public static func encode(_ picture: borrowing OverlayPicture) throws(PicturesError) -> [UInt8] {
    let size = (width: picture.width, height: picture.height)
    return try picture.withSamples { (samples) throws(PicturesError) in
      try PNGEncoder(size.width, size.height, AV_PIX_FMT_RGB24).encode(
        samples, rowLength: 3 * size.width)
    }
  }

  /// The PNG file of a grey image, as above.
  public static func encode(_ image: borrowing GreyImage) throws(PicturesError) -> [UInt8] {
    let size = (width: image.width, height: image.height)
    return try image.withSamples { (samples) throws(PicturesError) in
      try PNGEncoder(size.width, size.height, AV_PIX_FMT_GRAY8).encode(
        samples, rowLength: size.width)
    }
  }
}

/// FFmpeg's encoder, a frame and a packet for one picture; they are freed with it.
private final class PNGEncoder {
  private var context: UnsafeMutablePointer<AVCodecContext>?
  private var frame: UnsafeMutablePointer<AVFrame>?
  private var packet: UnsafeMutablePointer<AVPacket>?

  init(_ width: Int, _ height: Int, _ format: AVPixelFormat) throws(PicturesError) {
    // The size is checked here: FFmpeg prints its complaint to standard error.
    guard width > 0, height > 0, width <= 1 << 15, height <= 1 << 15 else {
      throw .encoder(operation: "size", text: "a picture of \(width) x \(height)")
    }
    guard let codec = avcodec_find_encoder(AV_CODEC_ID_PNG) else {
      throw .encoder(operation: "avcodec_find_encoder", text: "this FFmpeg has no PNG encoder")
    }
    context = avcodec_alloc_context3(codec)
    frame = av_frame_alloc()
    packet = av_packet_alloc()
    guard let context, let frame, packet != nil else {
      throw .encoder(operation: "av_frame_alloc", text: "out of memory")
    }
    context.pointee.width = Int32(width)
    context.pointee.height = Int32(height)
    context.pointee.pix_fmt = format
    context.pointee.time_base = AVRational(num: 1, den: 1)
    context.pointee.thread_count = 1
    try check("avcodec_open2", avcodec_open2(context, codec, nil))
    frame.pointee.width = Int32(width)
    frame.pointee.height = Int32(height)
    frame.pointee.format = format.rawValue
    try check("av_frame_get_buffer", av_frame_get_buffer(frame, 0))
  }

  deinit {
    avcodec_free_context(&context)
    av_frame_free(&frame)
    av_packet_free(&packet)
  }

  /// The file of the picture whose rows of `rowLength` bytes follow each other without padding.
  func encode(
    _ samples: UnsafeBufferPointer<UInt8>, rowLength: Int
  ) throws(PicturesError) -> [UInt8] {
    guard let context, let frame, let packet, let to = frame.pointee.data.0,
      let from = samples.baseAddress
    else {
      throw .encoder(operation: "av_frame_get_buffer", text: "no memory for the picture")
    }
    let stride = Int(frame.pointee.linesize.0)
    for row in 0..<Int(frame.pointee.height) {
      (to + row * stride).update(from: from + row * rowLength, count: rowLength)
    }
    try check("avcodec_send_frame", avcodec_send_frame(context, frame))
    try check("avcodec_send_frame", avcodec_send_frame(context, nil))
    try check("avcodec_receive_packet", avcodec_receive_packet(context, packet))
    return [UInt8](
      UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
  }

  private func check(_ operation: String, _ code: Int32) throws(PicturesError) {
    guard code < 0 else { return }
    var text = [CChar](repeating: 0, count: 256)
    av_strerror(code, &text, text.count)
    throw .encoder(
      operation: operation,
      text: String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
}
