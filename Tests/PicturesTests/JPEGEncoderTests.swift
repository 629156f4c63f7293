import CFFmpeg
import CLNF
import Pictures
import TestSupport
import Testing

@Suite struct JPEGEncoderTests {
  /// A picture with slow and with quick changes.
  private func picture(_ width: Int, _ height: Int, seed: UInt64 = 1) -> GreyImage {
    var generator = SeededGenerator(seed: seed)
    var image = GreyImage(width: width, height: height, repeating: 0)
    for y in 0..<height {
      for x in 0..<width {
        let value =
          40 + 150 * x / width + 30 * y / height + Int.random(in: 0...6, using: &generator)
        image[x, y] = UInt8(value)
      }
    }
    return image
  }

  @Test(
    "what is decoded again is the picture, at odd sizes too",
    arguments: [(640, 480), (17, 33), (1, 1), (321, 2)])
  func decodedAgain(_ size: (Int, Int)) throws {
    let image = picture(size.0, size.1)
    let decoded = try Decoded(JPEGEncoder().encode(image))
    #expect(decoded.width == size.0 && decoded.height == size.1)
    var worst = 0
    for y in 0..<size.1 {
      for x in 0..<size.0 {
        worst = max(worst, abs(Int(image[x, y]) - Int(decoded.grey[y * size.0 + x])))
      }
    }
    // The quantiser's steps; a picture of another range or place would be off by far more.
    #expect(worst <= 16)
    #expect(decoded.colours.allSatisfy { $0 == 128 })
  }

  @Test("black and white stay what they are")
  func fullRange() throws {
    for value: UInt8 in [0, 255] {
      let image = GreyImage(width: 48, height: 32, repeating: value)
      let decoded = try Decoded(JPEGEncoder().encode(image))
      #expect(decoded.grey.allSatisfy { abs(Int($0) - Int(value)) <= 1 })
      let smaller = try Decoded(JPEGEncoder(widest: 16).encode(image))
      #expect(smaller.grey.allSatisfy { abs(Int($0) - Int(value)) <= 1 })
    }
  }

  @Test("a wide picture is scaled down in proportion, others are not")
  func scaled() throws {
    let encoder = JPEGEncoder(widest: 64)
    let image = picture(200, 101)
    let decoded = try Decoded(encoder.encode(image))
    #expect(decoded.width == 64 && decoded.height == 32)
    // The middle of the small picture is the middle of the large one.
    #expect(abs(Int(decoded.grey[16 * 64 + 32]) - Int(image[102, 52])) <= 12)
    let kept = try Decoded(encoder.encode(picture(64, 200)))
    #expect(kept.width == 64 && kept.height == 200)
  }

  @Test("pictures of changing sizes follow each other, each as if it were alone")
  func changingSizes() throws {
    let encoder = JPEGEncoder(widest: 100)
    for (i, size) in [(30, 20), (30, 20), (120, 20), (20, 30)].enumerated() {
      let image = picture(size.0, size.1, seed: UInt64(i))
      #expect(try encoder.encode(image) == JPEGEncoder(widest: 100).encode(image))
    }
  }

  @Test("a picture without pixels is an error, and the next one is well")
  func withoutPixels() throws {
    let encoder = JPEGEncoder()
    #expect(throws: PicturesError.self) {
      try encoder.encode(GreyImage(width: 0, height: 4, repeating: 0))
    }
    #expect(try !encoder.encode(picture(8, 8)).isEmpty)
  }

  /// FFmpeg's decoder's word.
  private struct Decoded {
    var width = 0
    var height = 0
    var grey: [UInt8] = []
    var colours: [UInt8] = []

    init(_ bytes: [UInt8]) throws {
      var context = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_MJPEG))
      var frame = av_frame_alloc()
      var packet = av_packet_alloc()
      defer {
        avcodec_free_context(&context)
        av_frame_free(&frame)
        av_packet_free(&packet)
      }
      let (opened, picture, data) = try (
        #require(context), #require(frame), #require(packet)
      )
      try #require(avcodec_open2(opened, nil, nil) == 0)
      try #require(av_new_packet(data, Int32(bytes.count)) == 0)
      try #require(data.pointee.data).update(from: bytes, count: bytes.count)
      try #require(avcodec_send_packet(opened, data) == 0)
      try #require(avcodec_send_packet(opened, nil) == 0)
      try #require(avcodec_receive_frame(opened, picture) == 0)
      try #require(picture.pointee.format == AV_PIX_FMT_YUVJ420P.rawValue)
      width = Int(picture.pointee.width)
      height = Int(picture.pointee.height)
      let planes = picture.pointee.data
      let strides = picture.pointee.linesize
      grey = try Self.rows(planes.0, strides.0, width, height)
      colours = try Self.rows(planes.1, strides.1, (width + 1) / 2, (height + 1) / 2)
      colours += try Self.rows(planes.2, strides.2, (width + 1) / 2, (height + 1) / 2)
    }

    private static func rows(
      _ plane: UnsafeMutablePointer<UInt8>?, _ stride: Int32, _ width: Int, _ height: Int
    ) throws -> [UInt8] {
      let plane = try #require(plane)
      return (0..<height).flatMap { row in
        UnsafeBufferPointer(start: plane + row * Int(stride), count: width)
      }
    }
  }
}
