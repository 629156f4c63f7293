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
    do throws(FFmpegFailure) {
      let canvas = try canvas(for: image)
      return try image.withSamples { (samples) throws(FFmpegFailure) in
        try canvas.encode(samples)
      }
    } catch {
      throw .encoder(operation: error.operation, text: error.text)
    }
  }

  private func canvas(for image: borrowing GreyImage) throws(FFmpegFailure) -> JPEGCanvas {
    if let canvas, canvas.width == image.width, canvas.height == image.height { return canvas }
    canvas = nil
    let made = try JPEGCanvas(
      image.width, image.height, widest: widest, quantiser: quantiser)
    canvas = made
    return made
  }
}

/// FFmpeg's encoder and frames for pictures of one size; they are freed with it.
private final class JPEGCanvas {
  static let largestSide = 16384

  let width: Int
  let height: Int
  private let encoder: FFmpegEncoder
  /// What is encoded: full-range luminance and the colours of grey.
  private let frame: FFmpegFrame
  /// The picture where swscale may read it; nil without scaling.
  private var original: FFmpegFrame?
  private var scaler: OpaquePointer?

  init(
    _ width: Int, _ height: Int, widest: Int, quantiser: Int32
  ) throws(FFmpegFailure) {
    // The size is checked here: FFmpeg prints its complaint to standard error.
    guard width > 0, height > 0, width <= Self.largestSide, height <= Self.largestSide else {
      throw FFmpegFailure("size", "a picture of \(width) x \(height)")
    }
    self.width = width
    self.height = height
    let smaller =
      width <= widest
      ? (width, height) : (widest, max(1, (height * widest + width / 2) / width))
    encoder = try FFmpegEncoder(
      FFmpegEncoder.codec(AV_CODEC_ID_MJPEG, name: "JPEG"),
      FFmpegEncoder.Settings(
        width: smaller.0, height: smaller.1, format: AV_PIX_FMT_YUVJ420P,
        colourRange: AVCOL_RANGE_JPEG, quantiser: quantiser))
    frame = try FFmpegFrame(smaller.0, smaller.1, AV_PIX_FMT_YUVJ420P)
    frame.pointer.pointee.color_range = AVCOL_RANGE_JPEG
    guard smaller.0 != width else { return }
    original = try FFmpegFrame(width, height, AV_PIX_FMT_GRAY8)
    scaler = sws_getContext(
      Int32(width), Int32(height), AV_PIX_FMT_GRAY8, Int32(smaller.0), Int32(smaller.1),
      AV_PIX_FMT_GRAY8, Int32(SWS_AREA), nil, nil, nil)
    guard scaler != nil else { throw FFmpegFailure("sws_getContext", "out of memory") }
  }

  deinit { sws_freeContext(scaler) }

  /// The file of the picture whose rows follow each other without padding.
  func encode(_ samples: UnsafeBufferPointer<UInt8>) throws(FFmpegFailure) -> [UInt8] {
    try frame.makeWritable()
    try fill(samples)
    frame.pointer.pointee.quality = encoder.context.pointee.global_quality
    return try encoder.file(of: frame)
  }

  private func fill(_ samples: UnsafeBufferPointer<UInt8>) throws(FFmpegFailure) {
    if let original, let scaler {
      original.fill(samples, rowLength: width)
      let rows = landmarkd_scale_grey(scaler, original.pointer, frame.pointer)
      guard rows == frame.height else { throw FFmpegFailure("sws_scale", "\(rows) rows were made") }
    } else {
      frame.fill(samples, rowLength: width)
    }
    let chromaRows = (frame.height + 1) / 2
    let (planes, strides) = (frame.pointer.pointee.data, frame.pointer.pointee.linesize)
    for (plane, stride) in [(planes.1, strides.1), (planes.2, strides.2)] {
      plane?.update(repeating: 128, count: chromaRows * Int(stride))
    }
  }
}
