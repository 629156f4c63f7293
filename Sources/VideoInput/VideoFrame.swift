import CLNF

/// Seconds a tick of a time stamp: `numerator / denominator`.
public struct TimeBase: Sendable, Equatable {
  public let numerator: Int32
  public let denominator: Int32

  /// Anything that is no positive fraction (files may hold it) becomes 1/1000.
  public init(numerator: Int32, denominator: Int32) {
    let isUsable = numerator > 0 && denominator > 0
    self.numerator = isUsable ? numerator : 1
    self.denominator = isUsable ? denominator : 1000
  }

  /// `ticks` in seconds, correctly rounded for fewer than 2^53 / numerator ticks.
  public func seconds(_ ticks: Int64) -> Double {
    Double(ticks) * Double(numerator) / Double(denominator)
  }

  /// The nearest number of ticks, clamped to what fits.
  public func ticks(_ seconds: Double) -> Int64 {
    let ticks = (seconds * Double(denominator) / Double(numerator)).rounded()
    // 2^62: far beyond any recording, and sums of two still fit.
    let limit = 0x1p62
    return Int64(min(max(ticks.isNaN ? 0 : ticks, -limit), limit))
  }
}

/// One decoded picture with its times. A frame is made once and reused: reading into it allocates
/// only until it has had the largest picture.
public struct VideoFrame: ~Copyable, Sendable {
  /// The grey picture, upright and with square pixels.
  public internal(set) var grey: GreyImage
  /// Interleaved R, G, B: `3 * grey.width` columns, the rows of `grey`. Unspecified unless
  /// `hasColour`.
  public internal(set) var colour: Plane<UInt8>
  /// Whether the source was asked to keep colour and filled `colour`.
  public internal(set) var hasColour: Bool
  /// Which decoded frame of the input this is, from 1. Frames left out by `everyNthFrame` or
  /// `startSeconds` are counted, frames that cannot be decoded are not. After seeking to
  /// `startSeconds` in a file the frames in front are counted by their packets, one a frame.
  public internal(set) var number: Int
  /// Seconds since the start of the stream (its `start_time`, else its first time stamp), from
  /// the time stamp and the time base. Strictly increasing over the frames of a source. Images:
  /// index / rate.
  public internal(set) var timestampSeconds: Double
  /// The time stamp as the container has it, in ticks of `timeBase`; nil where it has none: raw
  /// streams, images, and frames whose `timestampSeconds` was continued from the frame before.
  public internal(set) var presentationTimestamp: Int64?
  /// The unit of `presentationTimestamp`.
  public internal(set) var timeBase: TimeBase
  /// Seconds since 1970-01-01 UTC: the container's creation time plus `timestampSeconds`; nil
  /// where the container has none.
  public internal(set) var utcSeconds: Double?
  /// When a live source took the picture, in seconds of the system's monotonic clock; nil for
  /// recorded inputs.
  public internal(set) var captureSeconds: Double?
  /// How far apart the frames that are taken from a live source usually are, seconds; nil for recorded
  /// inputs, and before it is known.
  public internal(set) var usualStepSeconds: Double?
  /// The name, without folders, of the file that the frame is; nil for frames of videos.
  public internal(set) var imageName: String?
  /// Whether the decoder says that parts of the picture are damaged (it concealed them).
  public internal(set) var isDamaged: Bool

  /// A frame without a picture, for `FrameSource.read(into:)` to fill.
  public init() {
    grey = GreyImage(width: 0, height: 0, repeating: 0)
    colour = Plane(width: 0, height: 0, repeating: 0)
    hasColour = false
    number = 0
    timestampSeconds = 0
    presentationTimestamp = nil
    timeBase = TimeBase(numerator: 1, denominator: 1000)
    utcSeconds = nil
    captureSeconds = nil
    imageName = nil
    usualStepSeconds = nil
    isDamaged = false
  }
}
