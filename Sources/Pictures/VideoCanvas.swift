import CFFmpeg
import CFFmpegShims

/// The picture that is encoded: yuv420p of a fixed, even size, filled from R G B pictures.
///
/// An odd last column or row is repeated. A picture of the size that was asked for keeps its
/// pixels; others are scaled to fit, with black beside them.
final class VideoCanvas {
  let frame: UnsafeMutablePointer<AVFrame>
  private let path: String
  private var scaler: OpaquePointer?
  /// The picture as FFmpeg likes it: even sides, rows aligned, memory that may be read past their
  /// ends.
  private var packed: UnsafeMutablePointer<AVFrame>?
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
    frame.pointee.color_range = AVCOL_RANGE_MPEG
    frame.pointee.colorspace = AVCOL_SPC_SMPTE170M
  }

  deinit {
    var frame = Optional(frame)
    av_frame_free(&frame)
    av_frame_free(&packed)
    sws_freeContext(scaler)
  }

  private static func makeFrame(
    _ width: Int, _ height: Int, _ format: AVPixelFormat, _ path: String
  ) throws(PicturesError) -> UnsafeMutablePointer<AVFrame> {
    guard width > 0, height > 0, width <= largestSide, height <= largestSide else {
      throw .video(path: path, operation: "size", text: "a picture of \(width) x \(height)")
    }
    var made = av_frame_alloc()
    made?.pointee.width = Int32(width)
    made?.pointee.height = Int32(height)
    made?.pointee.format = format.rawValue
    guard let made, av_frame_get_buffer(made, 0) >= 0 else {
      av_frame_free(&made)
      throw .video(path: path, operation: "av_frame_get_buffer", text: "out of memory")
    }
    return made
  }

  /// Fills the frame. Cost: a copy and a conversion; allocates where the size has changed.
  func fill(_ picture: borrowing OverlayPicture) throws(PicturesError) {
    let packed = try prepare(width: picture.width, height: picture.height)
    guard let to = packed.pointee.data.0, av_frame_make_writable(frame) >= 0 else {
      throw .video(path: path, operation: "av_frame_make_writable", text: "out of memory")
    }
    let stride = packed.pointee.linesize.0
    copy(picture, to: to, stride: Int(stride))
    let written = landmarkd_scale_into(
      scaler, to, stride, packed.pointee.height, frame, Int32(region.x), Int32(region.y))
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
  ) throws(PicturesError) -> UnsafeMutablePointer<AVFrame> {
    let (width, height) = (oddWidth + oddWidth % 2, oddHeight + oddHeight % 2)
    if let packed, Int(packed.pointee.width) == width, Int(packed.pointee.height) == height {
      return packed
    }
    av_frame_free(&packed)
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
    let (fullWidth, fullHeight) = (Int(frame.pointee.width), Int(frame.pointee.height))
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
    guard region.width < frame.pointee.width || region.height < frame.pointee.height else { return }
    fillBesideRegion(frame.pointee.data.0, frame.pointee.linesize.0, 1, 16)
    fillBesideRegion(frame.pointee.data.1, frame.pointee.linesize.1, 2, 128)
    fillBesideRegion(frame.pointee.data.2, frame.pointee.linesize.2, 2, 128)
  }

  /// - Parameter share: one sample a pixel, or one every two.
  private func fillBesideRegion(
    _ plane: UnsafeMutablePointer<UInt8>?, _ linesize: Int32, _ share: Int, _ value: UInt8
  ) {
    guard let plane else { return }
    let (columns, rows) = (Int(frame.pointee.width) / share, Int(frame.pointee.height) / share)
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
