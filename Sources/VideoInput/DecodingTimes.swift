import CFFmpeg
import CFFmpegShims

/// Times of frames whose container states only when packets are decoded (AVI): the frames come out in
/// another order, one or two packets late.
///
/// The n-th frame that comes out is shown at the n-th time: the earliest that no frame has had yet.
/// The time of a packet without a frame is found out by this: no frame is shown more places before
/// its packet than the decoder reorders.
struct DecodingTimes {
  /// Times of packets without a frame so far, in a ring, ascending.
  private var times = [Int64](repeating: 0, count: capacity)
  private var first = 0
  private var count = 0

  /// Above the packets that a decoder can hold: its threads (64) and 16 reordered frames.
  private static let capacity = 128

  /// Notes a packet that the decoder has taken.
  mutating func packet(at time: Int64) {
    // Decoding times that run backwards are no order.
    if count > 0, time <= times[(first + count - 1) % Self.capacity] { return }
    if count == Self.capacity { dropFirst() }
    times[(first + count) % Self.capacity] = time
    count += 1
  }

  /// The time of the next frame, which came of the packet at `own`; `delay`: how many places frames
  /// may be shown before their packet's.
  mutating func frame(of own: Int64, delay: Int) -> Int64 {
    var before = 0
    while before < count, times[(first + before) % Self.capacity] < own { before += 1 }
    for _ in 0..<max(0, before - max(0, delay)) { dropFirst() }
    guard count > 0 else { return own }
    let time = times[first]
    dropFirst()
    return time
  }

  private mutating func dropFirst() {
    first = (first + 1) % Self.capacity
    count -= 1
  }
}
