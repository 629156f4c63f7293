import CLNF
import Foundation
import Testing

@testable import VideoInput

/// Still images: formats, orientation, order, broken ones.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct ImageTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func makeImage(_ name: String, size: String = "97x65", seconds: Int = 0) throws {
    try FFmpegTool.run(
      "-ss", "\(seconds)", "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=1", "-frames:v", "1",
      name, in: folder)
  }

  @Test(arguments: ["png", "jpg", "bmp", "pgm", "ppm", "tiff", "tga", "sgi", "pcx"])
  func readsFormats(_ suffix: String) throws {
    try makeImage("image.\(suffix)", size: "98x66")
    let expected = try FFmpegTool.greyFrames(
      "image.\(suffix)", width: 98, height: 66, in: folder)
    let frame = try ImageReader.read(folder.path("image.\(suffix)"))
    let grey = frame.grey.withSamples { checksum($0) }
    #expect([grey] == expected)
    let frames = try records(VideoInput.open(folder.path("image.\(suffix)")))
    #expect(frames.map(\.grey) == expected)
    #expect(frames.map(\.number) == [1] && frames.map(\.seconds) == [0])
  }

  @Test func theBytesDecideNotTheName() throws {
    try makeImage("image.png", size: "98x66")
    try folder.write(folder.read("image.png"), to: "wrong.jpg")
    try folder.write(folder.read("image.png"), to: "none")
    let expected = try records(VideoInput.open(folder.path("image.png")))
    for name in ["wrong.jpg", "none"] {
      let source = try VideoInput.open(folder.path(name))
      #expect(try records(source) == expected)
      #expect(source.description.codec == "png")
    }
  }

  @Test func stillImagesAreTold() throws {
    try makeImage("image.png")
    try folder.write(folder.read("image.png"), to: "none")
    try folder.write(Array("text".utf8), to: "broken.png")
    try folder.write(Array("text".utf8), to: "notes.txt")
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:d=1", "clip.mp4", in: folder)
    try folder.write(folder.read("clip.mp4"), to: "clip.png")
    for name in ["image.png", "none", "broken.png"] {
      #expect(VideoInput.isStillImage(folder.path(name)), "\(name)")
    }
    for name in ["clip.mp4", "clip.png", "notes.txt", "missing.png", ".", ""] {
      #expect(!VideoInput.isStillImage(folder.path(name)), "\(name)")
    }
    #expect(!VideoInput.isStillImage("-") && !VideoInput.isStillImage("/dev/null"))
  }

  /// EXIF orientation 1 to 8 in a JPEG.
  @Test(arguments: 1...8)
  func appliesEXIFOrientation(_ value: UInt8) throws {
    try makeImage("flat.jpg", size: "96x64")
    let bytes = try folder.read("flat.jpg")
    // APP1 with a TIFF header and one tag, right behind the start of the image.
    let tiff: [UInt8] =
      Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]
      + [0, 0, 0, 0]
    let body = Array("Exif".utf8) + [0, 0] + tiff
    let segment = [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body
    try folder.write(bytes[0..<2] + segment + bytes[2...], to: "turned.jpg")
    let flat = try ImageReader.read(folder.path("flat.jpg"))
    let turned = try ImageReader.read(folder.path("turned.jpg"))
    let size = [turned.grey.width, turned.grey.height]
    #expect(size == (value >= 5 ? [64, 96] : [96, 64]))
    // EXIF 2.3, 4.6.4: where the first row and column of the file are in the upright picture.
    var isRight = true
    for y in 0..<64 {
      for x in 0..<96 {
        let (column, row) =
          switch value {
          case 1: (x, y)
          case 2: (95 - x, y)
          case 3: (95 - x, 63 - y)
          case 4: (x, 63 - y)
          case 5: (y, x)
          case 6: (63 - y, x)
          case 7: (63 - y, 95 - x)
          default: (y, 95 - x)
          }
        if turned.grey[column, row] != flat.grey[x, y] { isRight = false }
      }
    }
    #expect(isRight)
  }

  @Test(arguments: ["png", "jpg", "bmp", "pgm", "tiff", "tga"])
  func aCutImageIsAnError(_ suffix: String) throws {
    try makeImage("image.\(suffix)")
    let bytes = try folder.read("image.\(suffix)")
    for percent in [30, 60, 90] {
      try folder.write(bytes.prefix(bytes.count * percent / 100), to: "cut.\(suffix)")
      for body in [
        { _ = try ImageReader.read(folder.path("cut.\(suffix)")) },
        { _ = try records(VideoInput.open(folder.path("cut.\(suffix)"))) },
      ] {
        let error = videoError(body)
        #expect(error?.kind == .nothingDecodable, "\(percent) %")
        #expect(isUserMessage(error, naming: "cut.\(suffix)"))
      }
    }
  }

  @Test(arguments: [false, true])
  func aBrokenImageInASequenceIsCounted(_ isFirst: Bool) throws {
    for index in 0..<4 { try makeImage("shot\(index).png", seconds: index) }
    let whole = try records(VideoInput.open(folder.path("shot%d.png")))
    let broken = isFirst ? 0 : 2
    let bytes = try folder.read("shot\(broken).png")
    try folder.write(bytes.prefix(bytes.count / 2), to: "shot\(broken).png")
    let source = try VideoInput.open(folder.url.path, settings: VideoSettings(frameRate: 30))
    let frames = try records(source)
    #expect(frames == whole.enumerated().filter { $0.offset != broken }.map(\.element))
    #expect(source.report.decodeErrors == 1)
    #expect(source.report.firstDecodeError?.contains("shot\(broken).png") == true)
    #expect(source.report.framesDecoded == 3)
    #expect(source.description.frameCountEstimate == 4)
  }

  @Test func imagesOfSeveralSizes() throws {
    try makeImage("a.png", size: "64x48")
    try makeImage("b.bmp", size: "32x80")
    let source = try VideoInput.open(folder.url.path)
    let frames = try records(source)
    #expect(frames.map(\.width) == [64, 32] && frames.map(\.height) == [48, 80])
    #expect(source.report.resolutionChanges == 1)
  }

  @Test func naturalOrderCountsDigits() {
    let names = ["b1", "a10", "a2", "a02", "A3", "a2b", "a", "", "a002x", "10", "9"]
    #expect(
      names.sorted(by: naturalOrder)
        == ["", "9", "10", "A3", "a", "a02", "a2", "a2b", "a002x", "a10", "b1"])
    for a in names {
      for b in names { #expect(!(naturalOrder(a, b) && naturalOrder(b, a))) }
    }
  }

  @Test func patternsFindTheirNumbers() throws {
    for name in ["s09.png", "s10.png", "s100.png", "s9.png", "sx.png", "s011.png", "s12.jpg"] {
      try folder.write([1], to: name)
    }
    let padded = try #require(ImagePattern(folder.path("s%02d.png")))
    #expect(try padded.files() == ["s09.png", "s10.png", "s100.png"].map { folder.path($0) })
    let plain = try #require(ImagePattern(folder.path("s%d.png")))
    #expect(try plain.files() == ["s9.png", "s10.png", "s100.png"].map { folder.path($0) })
    try folder.write([1], to: "100%_4.png")
    let percent = try #require(ImagePattern(folder.path("100%%_%d.png")))
    #expect(try percent.files() == [folder.path("100%_4.png")])
    for text in ["shot.png", "a%s.png", "a%d%d.png", "a%", "%1234d"] {
      #expect(ImagePattern(text) == nil, "\(text)")
    }
  }
}
