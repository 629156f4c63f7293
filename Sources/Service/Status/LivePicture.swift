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
  /// Of the frame's best face, as all but the list below.
  var state: String
  var success: Bool
  /// Not there without a fit, as the two below.
  var confidence: Double?
  var meanShift: Double?
  /// To a tenth of a pixel.
  var x: [Double]?
  var y: [Double]?
  /// All faces with a fit, by face_id; not there where there is but one.
  var faces: [Face]?

  struct Face: Encodable {
    var faceID: Int
    var state: String
    var success: Bool
    var confidence: Double?
    var x: [Double]
    var y: [Double]

    private enum CodingKeys: String, CodingKey {
      case faceID = "faceId"
      case state, success, confidence, x, y
    }
  }
}

/// A frame's picture and figures on their way from the stream's thread to the encoder's; whoever
/// took it out of the feed has it alone.
final class PictureCopy: @unchecked Sendable {
  private var image = GreyImage(width: 0, height: 0, repeating: 0)
  private var frames: [TrackedFrame] = []
  /// The first are those of the frame.
  private var count = 0
  private(set) var number = 0
  private(set) var offeredSeconds = 0.0

  /// Takes a frame. Allocates only where the picture is larger than any before, or the frame has
  /// more landmarks or more faces.
  func fill(
    _ picture: borrowing GreyImage, _ faces: some Collection<TrackedFrame>, number: Int,
    offeredSeconds: Double
  ) {
    image.resize(width: picture.width, height: picture.height, filler: 0)
    picture.withSamples { from in
      image.withMutableSamples { to in
        _ = to.update(fromContentsOf: from)
      }
    }
    count = 0
    for frame in faces {
      if count == frames.count { frames.append(TrackedFrame()) }
      take(frame, at: count)
      count += 1
    }
    self.number = number
    self.offeredSeconds = offeredSeconds
  }

  private func take(_ frame: TrackedFrame, at index: Int) {
    frames[index].frameNumber = frame.frameNumber
    frames[index].timestampSeconds = frame.timestampSeconds
    frames[index].faceID = frame.faceID
    frames[index].state = frame.state
    frames[index].success = frame.success
    frames[index].confidence = frame.confidence
    frames[index].meanShift = frame.meanShift
    frames[index].hasFit = frame.hasFit
    // The tracker writes its array again: it must not be shared with it.
    frames[index].landmarks.removeAll(keepingCapacity: true)
    frames[index].landmarks.append(contentsOf: frame.landmarks)
  }

  /// Cost: the encoder's, and about 0.1 ms.
  func encoded(_ encode: (borrowing GreyImage) -> [UInt8]) -> LivePicture {
    let faces = frames[..<count]
    let frame = faces.first(where: \.success) ?? faces.first ?? TrackedFrame()
    var told = LiveFrame(
      number: number, width: image.width, height: image.height, frameNumber: frame.frameNumber,
      timestampSeconds: frame.timestampSeconds, state: frame.state.rawValue,
      success: frame.success)
    if frame.hasFit {
      told.confidence = frame.confidence
      told.meanShift = frame.meanShift.isFinite ? frame.meanShift : nil
      (told.x, told.y) = Self.points(of: frame)
    }
    if count > 1 {
      told.faces = faces.filter(\.hasFit).map { face in
        let (x, y) = Self.points(of: face)
        return LiveFrame.Face(
          faceID: face.faceID, state: face.state.rawValue, success: face.success,
          confidence: face.confidence.isFinite ? face.confidence : nil, x: x, y: y)
      }
    }
    return LivePicture(
      number: number, offeredSeconds: offeredSeconds, jpeg: encode(image),
      json: JSONLine.encode(told))
  }

  private static func points(of frame: TrackedFrame) -> (x: [Double], y: [Double]) {
    let points = frame.landmarks.count / 2
    return (
      frame.landmarks.prefix(points).map(tenths), frame.landmarks.dropFirst(points).map(tenths)
    )
  }

  private static func tenths(_ value: Double) -> Double {
    // JSON has no other numbers, and a page draws nothing there.
    value.isFinite ? (value * 10).rounded() / 10 : -1
  }
}
