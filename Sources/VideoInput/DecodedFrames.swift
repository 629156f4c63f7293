import CFFmpeg
import CFFmpegShims

/// Decoded frames one after another, with a look at the time stamps of the next few.
///
/// Frames are read ahead only when they are asked for, at most `limit`; otherwise each is the
/// decoder's own.
final class DecodedFrames {
  private let stream: StreamDecoder
  /// Frames that were read ahead, in a ring; the one at `first` is the current one if `holdsCurrent`.
  private var slots: [UnsafeMutablePointer<AVFrame>] = []
  private var stamps: [Int64?] = []
  private var first = 0
  private var count = 0
  private var holdsCurrent = false
  private var isAtEnd = false
  private var failure: VideoInputError?

  /// How many frames can be looked at.
  static let limit = 8

  init(_ stream: StreamDecoder) { self.stream = stream }

  deinit {
    for slot in slots {
      var frame: UnsafeMutablePointer<AVFrame>? = slot
      av_frame_free(&frame)
    }
  }

  /// Goes to the next frame. Returns false at the end; throws what `StreamDecoder.nextFrame` does.
  func next(_ report: inout SourceReport) throws(VideoInputError) -> Bool {
    if holdsCurrent {
      av_frame_unref(slots[first])
      dropFirst()
      holdsCurrent = false
    }
    if count > 0 {
      holdsCurrent = true
      return true
    }
    if let failure { throw failure }
    guard !isAtEnd else { return false }
    return try stream.nextFrame(&report)
  }

  /// The frame that `next` went to.
  var current: UnsafeMutablePointer<AVFrame> {
    holdsCurrent ? slots[first] : stream.decoder.frame
  }

  /// Its time stamp in ticks, if any.
  var timestamp: Int64? { holdsCurrent ? stamps[first] : stream.timestamp }

  /// Whether the decoder marked it as damaged.
  var isDamaged: Bool {
    current.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 || current.pointee.decode_error_flags != 0
  }

  /// The time stamp of the frame `index` places behind the current one, from 0 and below `limit`.
  /// An error of reading ahead is kept until that frame is due.
  func following(_ index: Int, _ report: inout SourceReport) -> FollowingStamp {
    guard index < Self.limit, keepCurrent() else { return .end }
    while count < index + 2 {
      guard failure == nil, !isAtEnd else { return .end }
      do throws(VideoInputError) {
        isAtEnd = try !stream.nextFrame(&report)
        if !isAtEnd { keepFrame() }
      } catch {
        failure = error
      }
    }
    return stamps[(first + index + 1) % slots.count].map { .time($0) } ?? .none
  }

  /// Takes the current frame from the decoder, which then may go on. False without memory.
  private func keepCurrent() -> Bool {
    if holdsCurrent { return true }
    while slots.count <= Self.limit {
      guard let frame = av_frame_alloc() else { return false }
      slots.append(frame)
      stamps.append(nil)
    }
    keepFrame()
    holdsCurrent = true
    return true
  }

  private func keepFrame() {
    let place = (first + count) % slots.count
    av_frame_move_ref(slots[place], stream.decoder.frame)
    stamps[place] = stream.timestamp
    count += 1
  }

  private func dropFirst() {
    first = (first + 1) % slots.count
    count -= 1
  }
}
