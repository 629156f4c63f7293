import CFFmpeg
import CFFmpegShims

/// Undoes the wrap of time stamps of few bits (33 in transport streams, once in 26.5 hours).
///
/// A stamp has wrapped only where the one before lies shortly before the wrap and it lies shortly
/// behind: any other jump, however far, is a wild stamp or another recording, which is for
/// `Timeline` to say.
struct StampUnwrapping {
  private let period: Int64
  /// How far apart two stamps on the two sides of a wrap may be: 10 minutes.
  private let window: Int64
  /// What is added to the stamps now.
  private var shift: Int64 = 0
  private var last: Int64?
  /// Stamps in a row that were far from `last`.
  private var strays = 0
  private(set) var hasWrapped = false

  private static let windowSeconds = 600.0
  /// After so many another recording has begun.
  private static let strayLimit = 16

  /// Nil where stamps have too many bits to wrap.
  init?(_ stream: UnsafePointer<AVStream>) {
    let base = TimeBase(
      numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den)
    self.init(bits: Int(stream.pointee.pts_wrap_bits), timeBase: base)
  }

  init?(bits: Int, timeBase: TimeBase) {
    guard (1...40).contains(bits) else { return nil }
    period = 1 << Int64(bits)
    window = min(timeBase.ticks(Self.windowSeconds), period / 4)
  }

  mutating func apply(to packet: UnsafeMutablePointer<AVPacket>) {
    let (pts, dts) = (packet.pointee.pts, packet.pointee.dts)
    let none = landmarkd_av_nopts_value
    if pts != none {
      let time = unwrap(pts)
      packet.pointee.pts = time
      if dts != none { packet.pointee.dts = nearest(dts, to: time) }
    } else if dts != none {
      packet.pointee.dts = unwrap(dts)
    }
  }

  /// The stamp as it would be with more bits.
  mutating func unwrap(_ stamp: Int64) -> Int64 {
    // Nothing that such a container can state, and sums of it might not fit.
    guard stamp.magnitude < 1 << 61 else { return stamp }
    guard let last else {
      self.last = stamp
      return stamp
    }
    let time = nearest(stamp, to: last)
    if time != stamp + shift {
      shift = time - stamp
      hasWrapped = true
    }
    strays = (time - last).magnitude > window ? strays + 1 : 0
    if strays == 0 || strays > Self.strayLimit { self.last = time }
    return time
  }

  private func nearest(_ stamp: Int64, to reference: Int64) -> Int64 {
    guard stamp.magnitude < 1 << 61 else { return stamp }
    let time = stamp + shift
    for other in [time - period, time + period]
    where (other - reference).magnitude <= UInt64(window) {
      return other
    }
    return time
  }
}
