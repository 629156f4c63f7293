import CFFmpeg
import CFFmpegShims

/// swscale for one target format. Keeps its context while frames do not change.
final class Scaler {
  /// What the context was made for.
  private struct Key: Equatable {
    var sourceWidth: Int32
    var sourceHeight: Int32
    var format: Int32
    var width: Int32
    var height: Int32
    var range: AVColorRange
    var space: AVColorSpace
  }

  /// How much the scaler believes the frame's colour tags.
  enum ColourTags {
    /// Not at all: swscale's defaults.
    case ignored
    /// The range: what `ffmpeg -pix_fmt gray` does.
    case range
    /// The range and the matrix: right colours.
    case rangeAndMatrix
  }

  private let target: AVPixelFormat
  private let channels: Int
  private let tags: ColourTags
  private var context: OpaquePointer?
  private var key: Key?
  /// The frame scaled last.
  var picture = PaddedPicture()

  init(target: AVPixelFormat, channels: Int, tags: ColourTags) {
    self.target = target
    self.channels = channels
    self.tags = tags
  }

  deinit { sws_freeContext(context) }

  /// Scales `frame` to `width` x `height` in `picture`. Returns false where swscale cannot.
  /// Cost: one pass over the frame; a new context where the frame's kind changed.
  func scale(_ frame: UnsafePointer<AVFrame>, width: Int, height: Int) -> Bool {
    let key = Key(
      sourceWidth: frame.pointee.width, sourceHeight: frame.pointee.height,
      format: frame.pointee.format, width: Int32(clamping: width),
      height: Int32(clamping: height), range: frame.pointee.color_range,
      space: frame.pointee.colorspace)
    if key != self.key || context == nil {
      sws_freeContext(context)
      context = makeContext(key)
      self.key = key
    }
    guard let context else { return false }
    picture.resize(width: width, height: height, channels: channels)
    let rows = landmarkd_scale(context, frame, picture.pixels, Int32(clamping: picture.stride))
    return rows == key.height
  }

  private func makeContext(_ key: Key) -> OpaquePointer? {
    let format = AVPixelFormat(rawValue: key.format)
    guard sws_isSupportedInput(format) > 0 else { return nil }
    let context = sws_getContext(
      key.sourceWidth, key.sourceHeight, format, key.width, key.height, target, SWS_BICUBIC,
      nil, nil, nil)
    guard let context else { return nil }
    let hasRange = key.range != AVCOL_RANGE_UNSPECIFIED
    let fullRange: Int32 = key.range == AVCOL_RANGE_JPEG ? 1 : 0
    switch tags {
    case .ignored: break
    case .range:
      // As ffmpeg's scale filter: untouched unless the frame is tagged. Formats without a choice
      // (RGB) refuse, which is no failure.
      if hasRange { landmarkd_scaler_set_input_colour(context, -1, fullRange) }
    case .rangeAndMatrix:
      let isTagged = key.space != AVCOL_SPC_UNSPECIFIED && key.space != AVCOL_SPC_RGB
      landmarkd_scaler_set_input_colour(
        context, isTagged ? Int32(clamping: key.space.rawValue) : -1, hasRange ? fullRange : -1)
    }
    return context
  }
}
