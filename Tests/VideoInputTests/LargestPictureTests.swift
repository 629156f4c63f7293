import CLNF
import Foundation
import Testing
import VideoInput

/// Pictures that would fill the memory are refused by their size, before they are decoded.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct LargestPictureTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// A PNG of RGBA with 16 bits whose pixels are not there: who decodes it says that it is broken.
  private static func png(width: UInt32, height: UInt32) -> [UInt8] {
    func bigEndian(_ value: UInt32) -> [UInt8] {
      withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
    func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(name.utf8) + data
      return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }
    let header = bigEndian(width) + bigEndian(height) + [16, 6, 0, 0, 0]
    // An empty zlib stream.
    let pixels: [UInt8] = [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]
    return [0x89] + Array("PNG\r\n\u{1A}\n".utf8.filter { $0 != 0xC2 })
      + chunk("IHDR", header) + chunk("IDAT", pixels) + chunk("IEND", [])
  }

  /// ISO 3309's checksum.
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
    }
    return ~crc
  }

  private func error(_ name: String, _ settings: VideoSettings = .standard) -> VideoInputError? {
    videoError {
      let source = try VideoInput.open(folder.path(name), settings: settings)
      var frame = VideoFrame()
      while try source.read(into: &frame) {}
    }
  }

  @Test func aBombIsRefusedByItsSize() throws {
    try folder.write(Self.png(width: 16000, height: 16000), to: "bomb.png")
    let found = error("bomb.png")
    #expect(found?.kind == .tooLarge)
    #expect(found?.description.contains("16000 x 16000") == true, "\(found?.description ?? "")")
    #expect(found?.expected == "at most 64 megapixels (--largest-picture)")
    let read = videoError { _ = try ImageReader.read(folder.path("bomb.png")) }
    #expect(read?.kind == .tooLarge)
    // What may be decoded is: this one is broken.
    try folder.write(Self.png(width: 8000, height: 6000), to: "large.png")
    #expect(error("large.png")?.kind == .nothingDecodable)
  }

  /// Every way to a decoder: pictures, containers that state the size, streams that do not.
  @Test(arguments: ["a.png", "a.jpg", "a.mp4", "a.avi", "a.mkv", "a.ts", "a.h264", "a.gif"])
  func theBoundHoldsForEveryFormat(name: String) throws {
    let one = name.hasSuffix("g") ? ["-frames:v", "1"] : []
    try FFmpegTool.run(
      ["-f", "lavfi", "-i", "testsrc2=size=320x200:rate=10:duration=0.5"] + one + [name],
      in: folder)
    #expect(error(name) == nil)
    let exact = try VideoSettings(largestPicture: LargestPicture(megapixels: 0.064))
    #expect(error(name, exact) == nil)
    let smaller = try VideoSettings(largestPicture: LargestPicture(megapixels: 0.0639))
    let found = error(name, smaller)
    #expect(found?.kind == .tooLarge, "\(found?.description ?? "no error")")
    #expect(found?.description.contains("320 x 200") == true, "\(found?.description ?? "")")
    #expect(isUserMessage(found, naming: folder.path(name)))
  }

  @Test func whatCanBeChosen() {
    for megapixels in [0.0, 0.009, 269, -1, .nan, .infinity] {
      #expect(
        videoError { _ = try LargestPicture(megapixels: megapixels) }?.kind == .invalidSettings)
    }
  }
}
