import CFFmpeg
import CFFmpegShims

/// The largest picture that is decoded, in pixels: a small file can hold a picture that fills the memory
/// and takes minutes.
///
/// No side is longer than `VideoInput.largestSide` besides.
public struct LargestPicture: Sendable, Equatable {
  public let pixels: Int
  public var megapixels: Double { Double(pixels) / 1e6 }

  /// 64 megapixels, for recorded inputs: all but a few photos, and four times 4K.
  public static let recorded = LargestPicture(pixels: 64_000_000)
  /// 36 megapixels, for live sources: 8K.
  public static let live = LargestPicture(pixels: 36_000_000)
  /// What can be chosen, in megapixels.
  public static let megapixels = 0.01...268.0

  private init(pixels: Int) { self.pixels = pixels }

  /// Throws `.invalidSettings` outside `megapixels`.
  public init(megapixels: Double) throws(VideoInputError) {
    let checked = try VideoSettings.check(megapixels, "largest picture", Self.megapixels)
    pixels = Int((checked * 1e6).rounded())
  }

  /// Whether a picture of this size is decoded.
  func takes(width: Int, height: Int) -> Bool {
    let (product, overflow) = width.multipliedReportingOverflow(by: height)
    return max(width, height) <= VideoInput.largestSide && !overflow && product <= pixels
  }

  /// "64 megapixels".
  var text: String {
    let isWhole = megapixels == megapixels.rounded()
    return "\(isWhole ? "\(Int(megapixels))" : "\(megapixels)") megapixels"
  }

  /// Lets libavformat look at the streams of `context`. It decodes a little for that: its decoders refuse
  /// larger pictures as well. Returns FFmpeg's code.
  func probe(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int32 {
    let count = Int(context.pointee.nb_streams)
    var options = [OpaquePointer?](repeating: nil, count: count)
    defer { for index in 0..<count { av_dict_free(&options[index]) } }
    for index in 0..<count { av_dict_set_int(&options[index], "max_pixels", Int64(pixels), 0) }
    return avformat_find_stream_info(context, &options)
  }

  /// The error of a picture that is too large.
  func refusal(_ name: String, width: Int, height: Int) -> VideoInputError {
    let isLong = max(width, height) > VideoInput.largestSide
    let side = VideoInput.largestSide
    return VideoInputError(
      .tooLarge, operation: "read", source: name,
      problem: "a picture of \(width) x \(height) is too large",
      expected: isLong ? "at most \(side) x \(side)" : "at most \(text) (--largest-picture)")
  }
}
