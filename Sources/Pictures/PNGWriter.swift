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
    let (width, height) = (picture.width, picture.height)
    return try picture.withSamples { (samples) throws(PicturesError) in
      try encode(samples, width, height, AV_PIX_FMT_RGB24, rowLength: 3 * width)
    }
  }

  /// The PNG file of a grey image, as above.
  public static func encode(_ image: borrowing GreyImage) throws(PicturesError) -> [UInt8] {
    let (width, height) = (image.width, image.height)
    return try image.withSamples { (samples) throws(PicturesError) in
      try encode(samples, width, height, AV_PIX_FMT_GRAY8, rowLength: width)
    }
  }

  /// The file of the picture whose rows of `rowLength` bytes follow each other without padding.
  private static func encode(
    _ samples: UnsafeBufferPointer<UInt8>, _ width: Int, _ height: Int, _ format: AVPixelFormat,
    rowLength: Int
  ) throws(PicturesError) -> [UInt8] {
    // The size is checked here: FFmpeg prints its complaint to standard error.
    guard width > 0, height > 0, width <= 1 << 15, height <= 1 << 15 else {
      throw .encoder(operation: "size", text: "a picture of \(width) x \(height)")
    }
    do throws(FFmpegFailure) {
      let encoder = try FFmpegEncoder(
        FFmpegEncoder.codec(AV_CODEC_ID_PNG, name: "PNG"),
        FFmpegEncoder.Settings(width: width, height: height, format: format))
      let frame = try FFmpegFrame(width, height, format)
      frame.fill(samples, rowLength: rowLength)
      return try encoder.file(of: frame)
    } catch {
      throw .encoder(operation: error.operation, text: error.text)
    }
  }
}
