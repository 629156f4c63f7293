/// Something that gives frames one after another.
///
/// A source belongs to one thread at a time; only its `interruption` may be used from others.
public protocol FrameSource: AnyObject {
  /// What the input says about itself.
  var description: SourceDescription { get }
  /// What has been read so far; final after `read` has returned false.
  var report: SourceReport { get }
  /// The handle that ends a blocked or following `read` from any thread.
  var interruption: Interruption { get }

  /// Reads the next frame. Returns false at the end, and then for ever; `frame` is then
  /// unspecified.
  ///
  /// Throws `.timedOut`, `.interrupted`, `.tooLarge`, `.nothingDecodable` (the end came without a
  /// single frame), `.startBeyondEnd`, `.failed`; a source that has thrown throws the same again.
  /// Damage in the input is no error: it is counted in `report`. Cost: decoding one or more
  /// frames, and no allocation of ours once `frame` is large enough.
  func read(into frame: inout VideoFrame) throws(VideoInputError) -> Bool
}

extension FrameSource {
  /// Makes a blocked or following `read` throw `.interrupted`. To call it from another thread
  /// take `interruption` beforehand.
  public func interrupt() { interruption.interrupt() }
}

/// What an input says about itself when it is opened. Nothing of it is certain but `name`.
public struct SourceDescription: Sendable, Equatable {
  /// The input as the user named it.
  public var name: String
  /// FFmpeg's name of the container: "mov,mp4,m4a,3gp,3g2,mj2", "avi", "images".
  public var container: String
  /// FFmpeg's name of the codec: "h264", "png".
  public var codec: String
  /// Size in pixels as delivered: after rotation and with square pixels.
  public var width: Int
  public var height: Int
  /// Frames a second that the container states, if any. Not a way to compute times.
  public var nominalFramesPerSecond: Double?
  /// Length in seconds, if known.
  public var durationSeconds: Double?
  /// Number of frames, stated or from length and rate, if known.
  public var frameCountEstimate: Int?
  /// Whether each frame is a file of its own, of a folder or a pattern: `VideoFrame.imageName`.
  public var namesImages = false
}

/// What was met while reading.
public struct SourceReport: Sendable, Equatable {
  /// Frames that the decoder gave.
  public var framesDecoded = 0
  /// Frames that `read` gave.
  public var framesDelivered = 0
  /// Decoded frames left out by start, duration and every.
  public var framesSkipped = 0
  /// Packets or images that could not be decoded.
  public var decodeErrors = 0
  /// FFmpeg's text for the first of `decodeErrors`.
  public var firstDecodeError: String?
  /// Frames that were decoded and delivered or skipped although the decoder marked them damaged.
  public var damagedFrames = 0
  /// Packets that the container marked as damaged, and failed reads after which reading went on.
  public var corruptPackets = 0
  /// How often the size or the pixel format changed between two frames.
  public var resolutionChanges = 0
  /// Frames that the decoder took and did not give: their packets are damaged, or refer to frames
  /// that are not there.
  public var lostFrames = 0
  /// Frames without a time stamp; their times were continued.
  public var missingTimestamps = 0
  /// Frames whose time stamp was a little before the one of the frame before; their times were moved.
  public var disorderedTimestamps = 0
  /// Frames with the time stamp of the frame before; their times were moved.
  public var repeatedTimestamps = 0
  /// Frames whose time stamp was far from those of their neighbours; they have times in between.
  public var wildTimestamps = 0
  /// Recordings after the first in the same stream, whose times were moved behind it. No damage.
  public var recordingsJoined = 0
  /// Whether the input ended before what it promised: a file that was cut off.
  public var endedEarly = false
  /// How that was seen.
  public var endedEarlyReason: String?
  /// Other things that a user should know, a sentence each; at most `notesLimit`.
  public var notes: [String] = []

  public init() {}

  /// Enough for every kind of note once; damage must not fill the memory.
  public static let notesLimit = 16

  /// Whether anything of the input is known to be lost, damaged or out of order.
  public var isDamaged: Bool { endedEarly || !damage.isEmpty }

  /// What is known to be wrong with the input, "3 damaged frames", without its early end.
  public var damage: [String] {
    [
      (corruptPackets, "damaged packet"), (decodeErrors, "packet or image not decoded"),
      (lostFrames, "lost frame"), (damagedFrames, "damaged frame"),
      (missingTimestamps, "missing time stamp"), (repeatedTimestamps, "repeated time stamp"),
      (disorderedTimestamps, "disordered time stamp"), (wildTimestamps, "wild time stamp"),
      (resolutionChanges, "change of size or pixel format"),
    ].compactMap { count, name in count > 0 ? "\(count) \(Self.plural(name, count))" : nil }
  }

  private static func plural(_ name: String, _ count: Int) -> String {
    guard count != 1 else { return name }
    return switch name {
    case "packet or image not decoded": "packets or images not decoded"
    case "change of size or pixel format": "changes of size or pixel format"
    default: name + "s"
    }
  }

  mutating func note(_ text: String) {
    guard notes.count < Self.notesLimit, !notes.contains(text) else { return }
    notes.append(text)
  }

  mutating func countDecodeError(_ text: @autoclosure () -> String) {
    decodeErrors += 1
    if firstDecodeError == nil { firstDecodeError = text() }
  }

  mutating func endEarly(_ reason: String) {
    guard !endedEarly else { return }
    endedEarly = true
    endedEarlyReason = reason
  }
}
