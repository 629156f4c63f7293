import CFFmpeg
import CLNF
import Foundation
import Measurement
import TestSupport
import Testing

@testable import Pictures

/// The picture's pixels that differ from a black background.
private func drawn(_ picture: borrowing OverlayPicture) -> [(x: Int, y: Int)] {
  var pixels: [(Int, Int)] = []
  for y in 0..<picture.height {
    for x in 0..<picture.width where picture[x, y] != Colour(0, 0, 0) { pixels.append((x, y)) }
  }
  return pixels
}

private func black(_ width: Int, _ height: Int) -> OverlayPicture {
  OverlayPicture(grey: GreyImage(width: width, height: height, repeating: 0))
}

private let white = Colour(255, 255, 255)

@Suite struct OverlayPictureTests {
  @Test func greyBecomesRGB() {
    var grey = GreyImage(width: 3, height: 2, repeating: 9)
    grey[2, 1] = 200
    let picture = OverlayPicture(grey: grey)
    #expect(picture.width == 3 && picture.height == 2)
    #expect(picture[0, 0] == Colour(9, 9, 9))
    #expect(picture[2, 1] == Colour(200, 200, 200))
  }

  @Test func aNewBackgroundReplacesPictureAndSize() {
    var picture = black(40, 30)
    picture.drawDot(x: 5, y: 5, radius: 3, white)
    picture.setBackground(grey: GreyImage(width: 20, height: 10, repeating: 7))
    #expect(picture.width == 20 && picture.height == 10)
    for y in 0..<10 { for x in 0..<20 { #expect(picture[x, y] == Colour(7, 7, 7)) } }
  }

  @Test func aDotIsRoundAndHasItsArea() {
    var picture = black(41, 41)
    picture.drawDot(x: 20.3, y: 19.8, radius: 8, white)
    var (area, sumX, sumY) = (0.0, 0.0, 0.0)
    for y in 0..<41 {
      for x in 0..<41 {
        let coverage = Double(picture[x, y].green) / 255
        area += coverage
        sumX += coverage * Double(x)
        sumY += coverage * Double(y)
      }
    }
    #expect(abs(area - .pi * 64) < 0.01 * .pi * 64)
    #expect(abs(sumX / area - 20.3) < 0.02)
    #expect(abs(sumY / area - 19.8) < 0.02)
    #expect(picture[20, 20] == white)
    #expect(picture[29, 20] == Colour(0, 0, 0))
  }

  @Test func aLineCoversItsPixelsAlone() {
    var picture = black(20, 9)
    picture.drawLine(from: (3, 4), to: (15, 4), width: 1, Colour(200, 100, 50))
    #expect(picture[3, 4] == Colour(200, 100, 50))
    #expect(picture[15, 4] == Colour(200, 100, 50))
    let pixels = drawn(picture)
    #expect(pixels.allSatisfy { $0.y == 4 && (3...15).contains($0.x) })
    #expect(pixels.count == 13)
  }

  @Test func whatIsOutsideOrNowhereIsLeftOut() {
    var picture = black(10, 10)
    for bad in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 1e9, -1e9] {
      picture.drawDot(x: bad, y: 5, radius: 2, white)
      picture.drawDot(x: 5, y: bad, radius: 2, white)
      picture.drawDot(x: 5, y: 500, radius: bad < 0 ? bad : 2, white)
    }
    #expect(drawn(picture).isEmpty)
    picture.drawLine(from: (-1e9, 5), to: (1e9, 5), width: 1, white)
    #expect(drawn(picture).count == 10)
    var empty = black(0, 0)
    empty.drawDot(x: 0, y: 0, radius: 3, white)
  }

  @Test func sixtyEightPointsHaveContoursOthersOnlyDots() {
    var style = OverlayStyle()
    style.dotRadius = 1
    style.dot = Colour(255, 0, 0)
    style.contour = Colour(0, 0, 255)
    // Points on a coarse grid, so that lines have room between dots.
    func grid(_ n: Int) -> [Double] {
      (0..<n).map { 10 + 20 * Double($0 % 10) } + (0..<n).map { 10 + 20 * Double($0 / 10) }
    }
    var face = black(220, 160)
    face.drawLandmarks(grid(68), style: style)
    #expect(face[10, 10].red == 255)
    // Between 0 and 1 (jaw), 36 and 37 (eye), 41 back to 36 starts on the diagonal.
    #expect(face[20, 10].blue > 200)
    #expect(face[140, 70].blue > 200)
    // 16 to 17, and 26 to 27, are not joined.
    #expect(face[140, 30] == Colour(0, 0, 0))
    #expect(face[140, 50] == Colour(0, 0, 0))
    var other = black(220, 160)
    other.drawLandmarks(grid(67), style: style)
    #expect(other[10, 10].red == 255)
    #expect(other[20, 10] == Colour(0, 0, 0))
  }

  @Test func axesLeadFromTheHeadWhereItPoints() throws {
    let camera = try CameraIntrinsics(fx: 100, fy: 100, cx: 50, cy: 50)
    var measurement = FaceMeasurement()
    var picture = black(101, 101)
    picture.drawAxes(of: measurement, camera: camera)
    #expect(drawn(picture).isEmpty)
    measurement.headPose = HeadPose(
      translation: [0, 0, 100], rotation: .init(x: 0, y: 0, z: .pi / 2))
    picture.drawAxes(of: measurement, camera: camera, lengthMillimetres: 30)
    // Rolled by 90 degrees: object x points down in the picture, object y to the left.
    #expect(picture[50, 75].red > 200 && picture[50, 75].green < 100)
    #expect(picture[25, 50].green > 200 && picture[25, 50].red < 100)
    #expect(picture[75, 50] == Colour(0, 0, 0))
  }

  /// Of 68 points they stand above the brows: eyes, nose and mouth stay free.
  @Test func axesHideNothingOfTheFace() throws {
    let camera = try CameraIntrinsics(fx: 500, fy: 500, cx: 200, cy: 200)
    var measurement = FaceMeasurement()
    measurement.headPose = HeadPose(translation: [0, 0, 500], rotation: .init(x: 0, y: 0, z: 0))
    // Brows at the height of the head's origin, everything else below.
    measurement.landmarks3D =
      Array(repeating: 0, count: 68)
      + (0..<68).map { (17...26).contains($0) ? 0.0 : 60 } + Array(repeating: 500, count: 68)
    var picture = black(400, 400)
    picture.drawAxes(of: measurement, camera: camera)
    let rows = drawn(picture).map(\.y)
    #expect((rows.max() ?? 400) < 200 && (rows.min() ?? 0) > 120)
  }

  @Test func smallFacesHaveSmallDots() {
    #expect(OverlayStyle(faceWidth: 60).dotRadius < 0.6)
    #expect(OverlayStyle(faceWidth: 200) == OverlayStyle())
    #expect(OverlayStyle(faceWidth: 800).dotRadius == 4 * OverlayStyle().dotRadius)
    #expect(OverlayStyle(faceWidth: .nan) == OverlayStyle())
  }

  @Test func aBoxIsAnOutline() {
    var picture = black(40, 40)
    picture.drawBox(FaceBox(x: 10, y: 12, width: 20, height: 15))
    #expect(picture[10, 20] == white)
    #expect(picture[30, 20] == white)
    #expect(picture[20, 12] == white)
    #expect(picture[20, 27] == white)
    #expect(picture[20, 20] == Colour(0, 0, 0))
  }
}

@Suite struct PNGWriterTests {
  @Test(arguments: [(1, 1), (3, 5), (37, 20), (640, 480)])
  func decodesToTheSamePixels(width: Int, height: Int) throws {
    var generator = SeededGenerator(seed: UInt64(width))
    let samples = (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var plane = Plane<UInt8>(width: 3 * width, height: height, repeating: 0)
    plane.withMutableSamples { _ = $0.update(fromContentsOf: samples) }
    let picture = OverlayPicture(rgb: plane)
    let folder = try ScratchFolder()
    let path = folder.file("picture.png")
    try PNGWriter.write(picture, to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(bytes == (try PNGWriter.encode(picture)))
    let decoded = try decode(bytes)
    #expect(decoded.format == AV_PIX_FMT_RGB24)
    #expect(decoded.width == width && decoded.height == height)
    #expect(decoded.samples == samples)
    #expect(throws: PicturesError.file(.alreadyExists(path: path, rows: nil))) {
      try PNGWriter.write(picture, to: path)
    }
  }

  @Test func aGreyImageStaysGrey() throws {
    var grey = GreyImage(width: 5, height: 4, repeating: 10)
    grey[4, 3] = 250
    let decoded = try decode(try PNGWriter.encode(grey))
    #expect(decoded.format == AV_PIX_FMT_GRAY8)
    #expect(decoded.samples == [UInt8](repeating: 10, count: 19) + [250])
  }

  @Test func aPictureWithoutPixelsIsAnError() throws {
    let folder = try ScratchFolder()
    #expect {
      try PNGWriter.write(
        GreyImage(width: 0, height: 4, repeating: 0), to: folder.file("picture.png"))
    } throws: { error in
      "\(error)" == "cannot encode a picture: size: a picture of 0 x 4"
    }
    #expect(try folder.names == [])
  }

  private struct Decoded {
    var width: Int
    var height: Int
    var format: AVPixelFormat
    var samples: [UInt8]
  }

  /// FFmpeg's own decoder.
  private func decode(_ bytes: [UInt8]) throws -> Decoded {
    var context = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_PNG))
    var frame = av_frame_alloc()
    var packet = av_packet_alloc()
    defer {
      avcodec_free_context(&context)
      av_frame_free(&frame)
      av_packet_free(&packet)
    }
    let opened = try #require(context)
    let picture = try #require(frame)
    let data = try #require(packet)
    try #require(avcodec_open2(opened, nil, nil) == 0)
    try #require(av_new_packet(data, Int32(bytes.count)) == 0)
    try #require(data.pointee.data).update(from: bytes, count: bytes.count)
    try #require(avcodec_send_packet(opened, data) == 0)
    // The last picture may be held back until there is no more.
    try #require(avcodec_send_packet(opened, nil) == 0)
    try #require(avcodec_receive_frame(opened, picture) == 0)
    let format = AVPixelFormat(rawValue: picture.pointee.format)
    let rowLength = Int(picture.pointee.width) * (format == AV_PIX_FMT_GRAY8 ? 1 : 3)
    let first = try #require(picture.pointee.data.0)
    let samples = (0..<Int(picture.pointee.height)).flatMap { row in
      UnsafeBufferPointer(
        start: first + row * Int(picture.pointee.linesize.0), count: rowLength)
    }
    return Decoded(
      width: Int(picture.pointee.width), height: Int(picture.pointee.height), format: format,
      samples: samples)
  }
}
