import CFFmpeg
import CLNF
import TestSupport
import Testing

@testable import VideoInput

/// Grey without swscale: the same bytes as with it.
@Suite struct LumaPlaneTests {
  /// Every pixel format that FFmpeg has.
  static let formats: [AVPixelFormat] = {
    var found: [AVPixelFormat] = []
    var description = av_pix_fmt_desc_next(nil)
    while let known = description {
      let format = av_pix_fmt_desc_get_id(known)
      if sws_isSupportedInput(format) > 0 { found.append(format) }
      description = av_pix_fmt_desc_next(known)
    }
    return found
  }()

  static let ranges = [AVCOL_RANGE_UNSPECIFIED, AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG]

  static func name(_ format: AVPixelFormat) -> String {
    av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
  }

  @Test(arguments: [
    (1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1), (0, 1, -1, 0), (0, -1, 1, 0),
    (0, 1, 1, 0), (0, -1, -1, 0),
  ])
  func everyFormatHasSwscalesBytes(_ terms: (Int32, Int32, Int32, Int32)) throws {
    let matrix = [terms.0, terms.1, 0, terms.2, terms.3, 0, 0, 0, 1 << 14].map { $0 << 16 }
    let orientation = try #require(Orientation(displayMatrix: matrix))
    var direct: Set<String> = []
    for format in Self.formats {
      for range in Self.ranges {
        // Odd, and no multiple of any vector register.
        let frame = try NoiseFrame(format, range, width: 101, height: 37)
        var grey = GreyImage(width: 0, height: 0, repeating: 0)
        guard LumaPlane().copy(frame.pointer, orientation, into: &grey) else { continue }
        direct.insert(Self.name(format))
        var byTable = GreyImage(width: 0, height: 0, repeating: 0)
        #expect(LumaPlane(usesTable: true).copy(frame.pointer, orientation, into: &byTable))
        let scaler = Scaler(target: AV_PIX_FMT_GRAY8, channels: 1, tags: .range)
        #expect(scaler.scale(frame.pointer, width: 101, height: 37))
        let size = orientation.size(width: 101, height: 37)
        var expected = GreyImage(width: size.width, height: size.height, repeating: 0)
        expected.withMutableSamples { orientation.copy(scaler.picture.rows, channels: 1, to: $0) }
        let isSame = expected.withSamples { expected in
          grey.withSamples { $0.elementsEqual(expected) }
            && byTable.withSamples { $0.elementsEqual(expected) }
        }
        #expect(isSame, "\(Self.name(format)), range \(range.rawValue)")
        let (width, height) = (grey.width, grey.height)
        #expect(width == size.width && height == size.height)
      }
    }
    #expect(
      direct.isSuperset(of: ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv444p", "gray"]),
      "\(direct.sorted())")
    for other in ["rgb24", "gbrp", "pal8", "yuyv422", "uyvy422", "yuv420p10le", "gray16le", "ya8"] {
      #expect(!direct.contains(other), "\(other) has no plane of 8-bit luma")
    }
  }

  /// One after another through the same object: the table follows the frames.
  @Test func aChangeOfKindIsSeen() throws {
    let plane = LumaPlane()
    var grey = GreyImage(width: 0, height: 0, repeating: 0)
    var seen: [UInt8] = []
    for (format, range) in [
      (AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG), (AV_PIX_FMT_YUV420P, AVCOL_RANGE_JPEG),
      (AV_PIX_FMT_NV12, AVCOL_RANGE_UNSPECIFIED), (AV_PIX_FMT_GRAY8, AVCOL_RANGE_UNSPECIFIED),
    ] {
      let frame = try NoiseFrame(format, range, width: 16, height: 4)
      frame.pointer.pointee.data.0?[0] = 235
      #expect(plane.copy(frame.pointer, .upright, into: &grey))
      seen.append(grey[0, 0])
    }
    #expect(seen == [255, 235, 255, 235])
  }

  /// Rows that lie bottom up, as some decoders give them.
  @Test func aNegativeStride() throws {
    let frame = try NoiseFrame(AV_PIX_FMT_GRAY8, AVCOL_RANGE_UNSPECIFIED, width: 20, height: 3)
    var upright = GreyImage(width: 0, height: 0, repeating: 0)
    var flipped = GreyImage(width: 0, height: 0, repeating: 0)
    #expect(LumaPlane().copy(frame.pointer, .upright, into: &upright))
    let stride = frame.pointer.pointee.linesize.0
    frame.pointer.pointee.data.0 = frame.pointer.pointee.data.0.map { $0 + 2 * Int(stride) }
    frame.pointer.pointee.linesize.0 = -stride
    #expect(LumaPlane().copy(frame.pointer, .upright, into: &flipped))
    for y in 0..<3 {
      for x in 0..<20 {
        let (top, bottom) = (upright[x, y], flipped[x, 2 - y])
        #expect(top == bottom)
      }
    }
  }
}

/// A frame of random bytes in every plane.
final class NoiseFrame {
  let pointer: UnsafeMutablePointer<AVFrame>

  struct NoFrame: Error {}

  init(_ format: AVPixelFormat, _ range: AVColorRange, width: Int32, height: Int32) throws {
    guard let made = av_frame_alloc() else { throw NoFrame() }
    pointer = made
    made.pointee.format = format.rawValue
    made.pointee.color_range = range
    made.pointee.width = width
    made.pointee.height = height
    guard av_frame_get_buffer(made, 0) >= 0 else { throw NoFrame() }
    var generator = SeededGenerator(seed: TestSeed.of(11))
    for case (let buffer?) in [
      made.pointee.buf.0, made.pointee.buf.1, made.pointee.buf.2, made.pointee.buf.3,
    ] {
      for index in 0..<Int(buffer.pointee.size) {
        buffer.pointee.data[index] = UInt8.random(in: 0...255, using: &generator)
      }
    }
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&frame)
  }
}
