import CFFmpeg
import CFFmpegShims
import CLNF

/// Grey straight from a decoded frame's luma, in one pass.
///
/// Where a frame has a plane of 8-bit luma and is not resampled, swscale's grey of a pixel depends
/// on that pixel's luma alone. What it makes of each of the 256 levels is asked of swscale itself,
/// once a kind of frame: so the result has the same bytes.
final class LumaPlane {
  /// What swscale's choice of levels depends on.
  private struct Kind: Equatable {
    var format: Int32
    var range: AVColorRange
  }

  private enum Levels {
    /// The frame has no such plane.
    case none
    /// Full range: grey is luma.
    case same
    /// Limited range, made full as `fullRange` does.
    case limited
    /// By the table.
    case mapped
  }

  private var kind: Kind?
  private var levels = Levels.none
  private let table = Buffer<UInt8>(repeating: 0, count: 256)
  private let usesTable: Bool

  /// - Parameter usesTable: even where `fullRange` would do; for tests.
  init(usesTable: Bool = false) { self.usesTable = usesTable }

  /// Fills `grey` with the upright picture; false, and nothing done, where that is swscale's work.
  func copy(
    _ frame: UnsafePointer<AVFrame>, _ orientation: Orientation, into grey: inout GreyImage
  ) -> Bool {
    let kind = Kind(format: frame.pointee.format, range: frame.pointee.color_range)
    if kind != self.kind {
      levels = learn(kind)
      self.kind = kind
    }
    guard levels != .none, let luma = frame.pointee.data.0 else { return false }
    let rows = PictureRows(
      start: UnsafePointer(luma), stride: Int(frame.pointee.linesize.0),
      width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    let size = orientation.size(width: rows.width, height: rows.height)
    grey.resize(width: size.width, height: size.height, filler: 0)
    grey.withMutableSamples { samples in
      guard levels != .same else { return orientation.copy(rows, channels: 1, to: samples) }
      if orientation == .upright {
        for y in 0..<rows.height {
          map(rows.row(y), samples.baseAddress.unsafelyUnwrapped + y * rows.width, rows.width)
        }
      } else if let start = samples.baseAddress {
        orientation.copy(rows, channels: 1, to: samples)
        map(UnsafePointer(start), start, samples.count)
      }
    }
    return true
  }

  private func map(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    if levels == .limited {
      for x in 0..<count { target[x] = Self.fullRange(source[x]) }
    } else {
      let table = UnsafePointer(table.pointer)
      for x in 0..<count { target[x] = table[Int(source[x])] }
    }
  }

  /// (level - 16) 255 / 219, rounded, of 16 to 235.
  ///
  /// In steps of 16 bits, which vector registers can do: a third of the table's time. The sum below is
  /// w + (24 w + 73) / 146, and 7183 / 2^20 is near enough to 1 / 146 for every w.
  @inline(__always)
  private static func fullRange(_ level: UInt8) -> UInt8 {
    let w = UInt16(min(max(level, 16), 235)) &- 16
    let rest = UInt16(truncatingIfNeeded: (UInt32(w &* 24 &+ 73) &* 7183) >> 16) >> 4
    return UInt8(truncatingIfNeeded: w &+ rest)
  }

  // MARK: - What swscale does

  /// Rows of the frame that is asked about: enough for every subsampling of colour.
  private static let rampHeight: Int32 = 16

  private func learn(_ kind: Kind) -> Levels {
    let format = AVPixelFormat(rawValue: kind.format)
    guard Self.hasLumaPlane(format) else { return .none }
    var ramp = av_frame_alloc()
    defer { av_frame_free(&ramp) }
    guard let ramp else { return .none }
    ramp.pointee.format = kind.format
    ramp.pointee.color_range = kind.range
    ramp.pointee.width = 256
    ramp.pointee.height = Self.rampHeight
    guard av_frame_get_buffer(ramp, 0) >= 0, let luma = ramp.pointee.data.0 else { return .none }
    fill(ramp, luma)
    let scaler = Scaler(target: AV_PIX_FMT_GRAY8, channels: 1, tags: .range)
    guard scaler.scale(ramp, width: 256, height: Int(Self.rampHeight)) else { return .none }
    table.pointer.update(from: scaler.picture.row(0), count: 256)
    let all: [UInt8] = Array(0...255)
    if all.allSatisfy({ table[Int($0)] == $0 }) { return .same }
    let isLimited = all.allSatisfy { table[Int($0)] == Self.fullRange($0) }
    return isLimited && !usesTable ? .limited : .mapped
  }

  /// Every row of luma 0, 1 ... 255; no colour.
  private func fill(_ ramp: UnsafeMutablePointer<AVFrame>, _ luma: UnsafeMutablePointer<UInt8>) {
    for case (let buffer?) in [ramp.pointee.buf.0, ramp.pointee.buf.1, ramp.pointee.buf.2] {
      buffer.pointee.data.update(repeating: 128, count: Int(buffer.pointee.size))
    }
    for y in 0..<Int(Self.rampHeight) {
      let row = luma + y * Int(ramp.pointee.linesize.0)
      for level in 0..<256 { row[level] = UInt8(level) }
    }
  }

  /// Whether the first plane holds one byte of luma a pixel and nothing else, and no transparency
  /// lies above it.
  private static func hasLumaPlane(_ format: AVPixelFormat) -> Bool {
    guard let description = av_pix_fmt_desc_get(format) else { return false }
    let luma = description.pointee.comp.0
    let others =
      AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM
      | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_ALPHA
      | AV_PIX_FMT_FLAG_FLOAT
    return description.pointee.flags & UInt64(others) == 0 && luma.plane == 0 && luma.step == 1
      && luma.offset == 0 && luma.shift == 0 && luma.depth == 8
  }
}
