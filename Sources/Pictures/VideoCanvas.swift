import CFFmpeg
import CFFmpegShims

/// The picture that is encoded: yuv420p of a fixed, even size, filled from R G B pictures.
///
/// An odd last column or row is repeated. A picture of the size that was asked for keeps its
/// pixels; others are scaled to fit, with black beside them.
final class VideoCanvas {
  let frame: FFmpegFrame
  private let path: String
  private var scaler: OpaquePointer?
  /// The picture as FFmpeg likes it: even sides, rows aligned, memory that may be read past their
  /// ends.
  private var packed: FFmpegFrame?
  private var region = Region(x: 0, y: 0, width: 0, height: 0)

  /// Where the picture lies in the frame.
  private struct Region: Equatable {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
  }

  /// The longest side of a video: what the encoders take.
  static let largestSide = 16384

  /// - Parameters:
  ///   - width, height: of the pictures; 1 to `largestSide`.
  init(width: Int, height: Int, path: String) throws(PicturesError) {
    self.path = path
    frame = try Self.makeFrame(width + width % 2, height + height % 2, AV_PIX_FMT_YUV420P, path)
    frame.pointer.pointee.color_range = AVCOL_RANGE_MPEG
    frame.pointer.pointee.colorspace = AVCOL_SPC_SMPTE170M
  }

  deinit { sws_freeContext(scaler) }

  private static func makeFrame(
    _ width: Int, _ height: Int, _ format: AVPixelFormat, _ path: String
  ) throws(PicturesError) -> FFmpegFrame {
    guard width > 0, height > 0, width <= largestSide, height <= largestSide else {
      throw .video(path: path, operation: "size", text: "a picture of \(width) x \(height)")
    }
    return try PicturesError.ofVideo(path, try FFmpegFrame(width, height, format))
  }

  /// Fills the frame. Cost: a copy and a conversion; allocates where the size has changed.
  func fill(_ picture: borrowing OverlayPicture) throws(PicturesError) {
    let packed = try prepare(width: picture.width, height: picture.height)
    try PicturesError.ofVideo(path, try frame.makeWritable())
    let stride = packed.pointer.pointee.linesize.0
    guard let to = packed.pointer.pointee.data.0 else {
      throw .video(path: path, operation: "av_frame_get_buffer", text: "out of memory")
    }
    copy(picture, to: to, stride: Int(stride))
    let written = landmarkd_scale_into(
      scaler, to, stride, Int32(packed.height), frame.pointer, Int32(region.x), Int32(region.y))
    guard written == Int32(region.height) else {
      throw .video(path: path, operation: "sws_scale", text: "\(written) rows were made")
    }
    fillBesideRegion()
  }

  private func copy(
    _ picture: borrowing OverlayPicture, to: UnsafeMutablePointer<UInt8>, stride: Int
  ) {
    let (rowLength, rows) = (3 * picture.width, picture.height)
    picture.withSamples { samples in
      guard let from = samples.baseAddress else { return }
      for row in 0..<rows + rows % 2 {
        let line = to + row * stride
        line.update(from: from + min(row, rows - 1) * rowLength, count: rowLength)
        if rowLength % 2 != 0 {
          (line + rowLength).update(from: line + rowLength - 3, count: 3)
        }
      }
    }
  }

  /// The memory and the scaler for pictures of this size, made even.
  private func prepare(
    width oddWidth: Int, height oddHeight: Int
  ) throws(PicturesError) -> FFmpegFrame {
    let (width, height) = (oddWidth + oddWidth % 2, oddHeight + oddHeight % 2)
    if let packed, packed.width == width, packed.height == height { return packed }
    packed = nil
    let made = try Self.makeFrame(width, height, AV_PIX_FMT_RGB24, path)
    packed = made
    region = place(width: width, height: height)
    sws_freeContext(scaler)
    scaler = sws_getContext(
      Int32(width), Int32(height), AV_PIX_FMT_RGB24, Int32(region.width), Int32(region.height),
      AV_PIX_FMT_YUV420P, SWS_BICUBIC, nil, nil, nil)
    guard scaler != nil else {
      throw .video(
        path: path, operation: "sws_getContext",
        text: "cannot scale \(width) x \(height) to \(region.width) x \(region.height)")
    }
    return made
  }

  private func place(width: Int, height: Int) -> Region {
    let (fullWidth, fullHeight) = (frame.width, frame.height)
    let scale = min(Double(fullWidth) / Double(width), Double(fullHeight) / Double(height))
    // Even sizes and places: chroma has half the samples.
    let fitted = (
      width: max(2, min(fullWidth, 2 * Int((Double(width) * scale / 2).rounded()))),
      height: max(2, min(fullHeight, 2 * Int((Double(height) * scale / 2).rounded())))
    )
    return Region(
      x: (fullWidth - fitted.width) / 4 * 2, y: (fullHeight - fitted.height) / 4 * 2,
      width: fitted.width, height: fitted.height)
  }

  /// Black; after every scaling, which may write a little past its region.
  private func fillBesideRegion() {
    guard region.width < frame.width || region.height < frame.height else { return }
    let (planes, strides) = (frame.pointer.pointee.data, frame.pointer.pointee.linesize)
    fillBesideRegion(planes.0, strides.0, 1, 16)
    fillBesideRegion(planes.1, strides.1, 2, 128)
    fillBesideRegion(planes.2, strides.2, 2, 128)
  }

  /// - Parameter share: one sample a pixel, or one every two.
  private func fillBesideRegion(
    _ plane: UnsafeMutablePointer<UInt8>?, _ linesize: Int32, _ share: Int, _ value: UInt8
  ) {
    guard let plane else { return }
    let (columns, rows) = (frame.width / share, frame.height / share)
    let (left, top) = (region.x / share, region.y / share)
    let (right, bottom) = (left + region.width / share, top + region.height / share)
    for row in 0..<rows {
      let line = plane + row * Int(linesize)
      if row < top || row >= bottom {
        line.update(repeating: value, count: columns)
      } else {
        line.update(repeating: value, count: left)
        (line + right).update(repeating: value, count: columns - right)
      }
    }
  }
}
