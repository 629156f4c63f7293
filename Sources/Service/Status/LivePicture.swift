import CLNF
import Tracking

/// A picture of a stream as it is shown to those who look.
struct LivePicture: Sendable {
  /// Rises with every picture of the feed, from 1.
  var number: Int
  /// When it was offered, seconds of the feed's clock.
  var offeredSeconds: Double
  /// At most `PictureFeed.widest` px wide. Empty where FFmpeg could not encode it.
  var jpeg: [UInt8]
  /// The frame's figures, as JSON of one line (`LiveFrame`).
  var json: [UInt8]
}

/// What is told of a frame beside its picture. Landmarks are px of the source's frame, whose size
/// this has; the picture may be smaller.
struct LiveFrame: Encodable {
  var number: Int
  var width: Int
  var height: Int
  var frameNumber: Int
  var timestampSeconds: Double
  var state: String
  var success: Bool
  /// Not there without a fit, as the two below.
  var confidence: Double?
  var meanShift: Double?
  /// To a tenth of a pixel.
  var x: [Double]?
  var y: [Double]?
}

/// A frame's picture and figures on their way from the stream's thread to the encoder's; whoever
/// took it out of the feed has it alone.
final class PictureCopy: @unchecked Sendable {
  private var image = GreyImage(width: 0, height: 0, repeating: 0)
  private var frame = TrackedFrame()
  private(set) var number = 0
  private(set) var offeredSeconds = 0.0

  /// Takes a frame. Allocates only where the picture is larger than any before, or the frame has
  /// more landmarks.
  func fill(
    _ picture: borrowing GreyImage, _ frame: TrackedFrame, number: Int, offeredSeconds: Double
  ) {
    image.resize(width: picture.width, height: picture.height, filler: 0)
    picture.withSamples { from in
      image.withMutableSamples { to in
        _ = to.update(fromContentsOf: from)
      }
    }
    self.frame.frameNumber = frame.frameNumber
    self.frame.timestampSeconds = frame.timestampSeconds
    self.frame.state = frame.state
    self.frame.success = frame.success
    self.frame.confidence = frame.confidence
    self.frame.meanShift = frame.meanShift
    self.frame.hasFit = frame.hasFit
    // The tracker writes its array again: it must not be shared with it.
    self.frame.landmarks.removeAll(keepingCapacity: true)
    self.frame.landmarks.append(contentsOf: frame.landmarks)
    self.number = number
    self.offeredSeconds = offeredSeconds
  }

  /// Cost: the encoder's, and about 0.1 ms.
  func encoded(_ encode: (borrowing GreyImage) -> [UInt8]) -> LivePicture {
    var told = LiveFrame(
      number: number, width: image.width, height: image.height, frameNumber: frame.frameNumber,
      timestampSeconds: frame.timestampSeconds, state: frame.state.rawValue,
      success: frame.success)
    if frame.hasFit {
      told.confidence = frame.confidence
      told.meanShift = frame.meanShift.isFinite ? frame.meanShift : nil
      let points = frame.landmarks.count / 2
      told.x = frame.landmarks.prefix(points).map(Self.tenths)
      told.y = frame.landmarks.dropFirst(points).map(Self.tenths)
    }
    return LivePicture(
      number: number, offeredSeconds: offeredSeconds, jpeg: encode(image),
      json: JSONLine.encode(told))
  }

  private static func tenths(_ value: Double) -> Double {
    // JSON has no other numbers, and a page draws nothing there.
    value.isFinite ? (value * 10).rounded() / 10 : -1
  }
}
