import CFFmpeg
import CFFmpegShims
import CLNF

/// Turns a decoded frame into the upright grey (and colour) picture with square pixels.
final class FrameConverter {
  /// How a decoded frame lies and what shape its pixels have.
  struct Geometry: Equatable {
    var orientation = Orientation.upright
    /// Width of a pixel divided by its height.
    var pixelAspect = 1.0

    /// The size that a frame of `width` x `height` is resampled to before it is turned: the
    /// narrower dimension is enlarged, so that no pixel is lost.
    func squareSize(width: Int, height: Int) -> (width: Int, height: Int) {
      guard width > 0, height > 0 else { return (0, 0) }
      if pixelAspect > 1 {
        return (max(1, Int((Double(width) * pixelAspect).rounded())), height)
      }
      return (width, max(1, Int((Double(height) / pixelAspect).rounded())))
    }

    /// The size as delivered.
    func deliveredSize(width: Int, height: Int) -> (width: Int, height: Int) {
      let square = squareSize(width: width, height: height)
      return orientation.size(width: square.width, height: square.height)
    }
  }

  private let greyConversion: VideoSettings.GreyConversion
  private let luma = LumaPlane()
  private let greyScaler: Scaler
  private let colourScaler: Scaler?
  /// Grey rows of the reference's conversion before they are turned.
  private var referenceGrey = PaddedPicture()

  convenience init(_ settings: VideoSettings) {
    self.init(settings.greyConversion, keepsColour: settings.keepsColour)
  }

  init(_ greyConversion: VideoSettings.GreyConversion, keepsColour: Bool) {
    self.greyConversion = greyConversion
    switch greyConversion {
    case .luma: greyScaler = Scaler(target: AV_PIX_FMT_GRAY8, channels: 1, tags: .range)
    case .reference: greyScaler = Scaler(target: AV_PIX_FMT_BGR24, channels: 3, tags: .ignored)
    }
    colourScaler =
      keepsColour
      ? Scaler(target: AV_PIX_FMT_RGB24, channels: 3, tags: .rangeAndMatrix) : nil
  }

  enum Failure: Error { case tooLarge(width: Int, height: Int), unsupported(String) }

  /// Fills the pictures of `result`. Throws `.tooLarge` for a frame beyond
  /// `VideoInput.largestSide` before or after squaring its pixels, `.unsupported` with the pixel
  /// format's name.
  func convert(
    _ frame: UnsafePointer<AVFrame>, geometry: Geometry, into result: inout VideoFrame
  ) throws(Failure) {
    let width = Int(frame.pointee.width)
    let height = Int(frame.pointee.height)
    guard width > 0, height > 0 else { throw .unsupported("no size") }
    let square = geometry.squareSize(width: width, height: height)
    guard max(width, height, square.width, square.height) <= VideoInput.largestSide else {
      throw .tooLarge(width: square.width, height: square.height)
    }
    let needsNoResampling = square == (width, height)
    if !(needsNoResampling && greyConversion == .luma
      && luma.copy(frame, geometry.orientation, into: &result.grey))
    {
      try scaleGrey(frame, square, geometry.orientation, into: &result.grey)
    }
    result.hasColour = false
    guard let colourScaler else { return }
    guard colourScaler.scale(frame, width: square.width, height: square.height) else {
      throw .unsupported(Self.formatName(frame))
    }
    result.colour.resize(width: 3 * result.grey.width, height: result.grey.height, filler: 0)
    result.colour.withMutableSamples { samples in
      geometry.orientation.copy(colourScaler.picture.rows, channels: 3, to: samples)
    }
    result.hasColour = true
  }

  private func scaleGrey(
    _ frame: UnsafePointer<AVFrame>, _ square: (width: Int, height: Int),
    _ orientation: Orientation, into grey: inout GreyImage
  ) throws(Failure) {
    guard greyScaler.scale(frame, width: square.width, height: square.height) else {
      throw .unsupported(Self.formatName(frame))
    }
    let size = orientation.size(width: square.width, height: square.height)
    grey.resize(width: size.width, height: size.height, filler: 0)
    if greyConversion == .reference { makeReferenceGrey() }
    grey.withMutableSamples { samples in
      switch greyConversion {
      case .luma: orientation.copy(greyScaler.picture.rows, channels: 1, to: samples)
      case .reference: orientation.copy(referenceGrey.rows, channels: 1, to: samples)
      }
    }
  }

  /// Grey from BGR as the reference has it, in 15-bit fixed point: 9798 = round(0.299 * 2^15) and
  /// so on.
  private func makeReferenceGrey() {
    let width = greyScaler.picture.width
    let height = greyScaler.picture.height
    referenceGrey.resize(width: width, height: height, channels: 1)
    let stride = referenceGrey.stride
    let start = referenceGrey.pixels
    for y in 0..<height {
      let source = greyScaler.picture.row(y)
      let target = start + y * stride
      for x in 0..<width {
        let blue = Int32(source[3 * x])
        let green = Int32(source[3 * x + 1])
        let red = Int32(source[3 * x + 2])
        // The weights add up to 2^15, so the sum stays below 256 * 2^15 and the result below 256.
        target[x] = UInt8(
          truncatingIfNeeded: (9798 &* red &+ 19235 &* green &+ 3735 &* blue &+ 16384) >> 15)
      }
    }
  }

  private static func formatName(_ frame: UnsafePointer<AVFrame>) -> String {
    guard let name = av_get_pix_fmt_name(AVPixelFormat(rawValue: frame.pointee.format)) else {
      return "unknown"
    }
    return String(cString: name)
  }
}

// MARK: - What the file says

extension FrameConverter.Geometry {
  /// The geometry that a frame's own side data, else its stream's, states. `notes` gets a
  /// sentence for what is ignored.
  init(
    frame: UnsafePointer<AVFrame>?, stream: UnsafePointer<AVStream>?, aspect: AVRational,
    report: inout SourceReport
  ) {
    self.init()
    let matrix =
      frame.flatMap { landmarkd_frame_display_matrix($0) }
      ?? stream.flatMap { landmarkd_stream_display_matrix($0) }
    if let matrix {
      if let found = Orientation(displayMatrix: matrix) {
        orientation = found
      } else {
        report.note("the rotation is no multiple of 90 degrees and is ignored")
      }
    }
    guard aspect.num > 0, aspect.den > 0 else { return }
    let ratio = Double(aspect.num) / Double(aspect.den)
    // No real recording has pixels more oblong than 10 to 1; damaged headers do.
    if ratio > 0.1 && ratio < 10 {
      pixelAspect = ratio
    } else {
      report.note("the pixel aspect ratio \(aspect.num):\(aspect.den) is ignored")
    }
  }
}
