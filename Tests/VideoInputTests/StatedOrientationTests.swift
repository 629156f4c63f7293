import Foundation
import Testing

@testable import VideoInput

/// What images and H.264 say about how they lie.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct StatedOrientationTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// By EXIF's number: what ffmpeg does to an upright picture to store it that way.
  private static let stored = [
    1: "null", 2: "hflip", 3: "hflip,vflip", 4: "vflip", 5: "transpose=0", 6: "transpose=2",
    7: "transpose=3", 8: "transpose=1",
  ]

  /// The same picture, however it is stored, alone and in a folder.
  @Test(arguments: ["png", "webp", "tif"], 1...8)
  func standsUpright(_ suffix: String, _ number: Int) throws {
    let filter = try #require(Self.stored[number])
    try make("upright", suffix, "null")
    try make("stored", suffix, filter)
    let bytes = try folder.read("stored.\(suffix)")
    let marked = try #require(
      suffix == "png"
        ? Self.png(bytes, number)
        : suffix == "webp" ? Self.webp(bytes, number) : Self.tiff(bytes, number))
    try folder.write(marked, to: "marked.\(suffix)")
    let expected = try records(VideoInput.open(folder.path("upright.\(suffix)")))
    #expect(expected.first?.width == 48 && expected.first?.height == 32)
    let source = try VideoInput.open(folder.path("marked.\(suffix)"))
    #expect(source.description.width == 48 && source.description.height == 32)
    #expect(try records(source) == expected)
    let frame = try ImageReader.read(folder.path("marked.\(suffix)"))
    let grey = frame.grey.withSamples { checksum($0) }
    #expect(grey == expected.first?.grey)
    let images = try Folder()
    try images.write(marked, to: "1.\(suffix)")
    let listed = try records(VideoInput.open(images.url.path))
    #expect(listed.map(\.grey) == expected.map(\.grey))
  }

  private func make(_ name: String, _ suffix: String, _ filter: String) throws {
    let options = suffix == "webp" ? ["-c:v", "libwebp", "-lossless", "1"] : []
    try FFmpegTool.run(
      [
        "-f", "lavfi", "-i", "testsrc2=size=48x32", "-vf", "format=rgb24,\(filter)", "-frames:v",
        "1",
      ]
        + options + ["\(name).\(suffix)"], in: folder)
  }

  /// Damage of every byte and every length is no reason to fail, and reads nothing outside.
  @Test func damageIsHarmless() throws {
    for whole in [
      Self.png([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], 6) ?? [],
      Array("RIFF\0\0\0\0WEBPEXIF\u{1A}\0\0\0".utf8) + Self.exif(6), Self.exif(6),
      Self.heif([Self.irot(1)]),
    ] {
      #expect(Self.orientation(whole) != nil)
      for length in 0..<whole.count { _ = Self.orientation(Array(whole[..<length])) }
      for place in whole.indices {
        for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
          var bytes = whole
          bytes[place] = value
          _ = Self.orientation(bytes)
        }
      }
    }
  }

  @Test(arguments: 9...12) func numbersThatMeanNothing(_ number: Int) {
    #expect(Self.orientation(Self.exif(number)) == nil)
  }

  /// AVIF turns against the clock, then flips; each as EXIF's number that means the same.
  @Test(arguments: [
    ([StatedOrientationTests.irot(1)], 8), ([StatedOrientationTests.irot(2)], 3),
    ([StatedOrientationTests.irot(3)], 6), ([StatedOrientationTests.imir(0)], 4),
    ([StatedOrientationTests.imir(1)], 2),
    ([StatedOrientationTests.irot(1), StatedOrientationTests.imir(0)], 5),
    ([StatedOrientationTests.irot(3), StatedOrientationTests.imir(0)], 7),
    ([StatedOrientationTests.irot(1), StatedOrientationTests.imir(1)], 7),
  ])
  func propertiesOfAVIF(_ properties: [[UInt8]], _ number: Int) {
    #expect(Self.orientation(Self.heif(properties)) == Orientation(exif: number))
  }

  /// The SEI stands beside a keyframe and holds for the pictures behind it; a sequence that begins without
  /// one is upright (ISO/IEC 14496-10, D.2.21). ffmpeg's filter writes the first alone.
  @Test func everyFrameOfH264() throws {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=2", "-pix_fmt", "yuv420p", "-c:v",
      "libx264", "-g", "8", "-bf", "2", "-qp", "0", "flat.mp4", in: folder)
    try FFmpegTool.run(
      "-i", "flat.mp4", "-c", "copy", "-bsf:v",
      "h264_metadata=display_orientation=insert:rotate=90", "turned.mp4", in: folder)
    let turned = try FFmpegTool.greyFrames(
      "flat.mp4", width: 64, height: 96, options: ["-vf", "transpose=2"], in: folder)
    let upright = try FFmpegTool.greyFrames("flat.mp4", width: 96, height: 64, in: folder)
    let expected = Array(turned[..<8] + upright[8...])
    for settings in [try VideoSettings(), try VideoSettings(decoderThreads: 1)] {
      let source = try VideoInput.open(folder.path("turned.mp4"), settings: settings)
      let frames = try records(source)
      #expect(frames.count == 20)
      #expect(frames.map(\.grey) == expected)
      #expect(source.report.resolutionChanges == 0)
    }
  }

  // MARK: - Files

  private static func orientation(_ bytes: [UInt8]) -> Orientation? {
    bytes.withUnsafeBytes { StatedOrientation.of($0) }
  }

  private static func big(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  private static func little(_ value: Int) -> [UInt8] { big(value).reversed() }

  /// A TIFF of one tag.
  private static func exif(_ number: Int) -> [UInt8] {
    Array("MM\0*".utf8) + big(8) + [0, 1, 1, 0x12, 0, 3] + big(1) + [0, UInt8(number), 0, 0]
      + big(0)
  }

  /// The chunk eXIf behind the signature and the header.
  private static func png(_ bytes: [UInt8], _ number: Int) -> [UInt8]? {
    let body = Array("eXIf".utf8) + exif(number)
    var sum = UInt32.max
    for byte in body {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    let place = min(33, bytes.count)
    return bytes[..<place] + big(body.count - 4) + body + big(Int(~sum)) + bytes[place...]
  }

  private static func webp(_ bytes: [UInt8], _ number: Int) -> [UInt8]? {
    let size = number > 4 ? (32, 48) : (48, 32)
    let header =
      Array("VP8X".utf8) + little(10) + [8, 0, 0, 0] + little(size.0 - 1)[..<3]
      + little(size.1 - 1)[..<3]
    // ffmpeg writes the extended header only where there is alpha.
    guard bytes.count > 16, bytes[12..<16].elementsEqual("VP8L".utf8) else { return nil }
    let mark = exif(number)
    let chunks = header + bytes[12...] + Array("EXIF".utf8) + little(mark.count) + mark
    return Array("RIFF".utf8) + little(chunks.count + 4) + Array("WEBP".utf8) + chunks
  }

  /// The first directory again, at the end, with tag 274.
  private static func tiff(_ bytes: [UInt8], _ number: Int) -> [UInt8]? {
    guard bytes.starts(with: "II*\0".utf8) else { return nil }
    let start = bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let count = Int(bytes[start]) | Int(bytes[start + 1]) << 8
    var entries = (0..<count).map { Array(bytes[start + 2 + 12 * $0..<start + 14 + 12 * $0]) }
    entries.append([0x12, 1, 3, 0, 1, 0, 0, 0, UInt8(number), 0, 0, 0])
    entries.sort { Int($0[0]) | Int($0[1]) << 8 < Int($1[0]) | Int($1[1]) << 8 }
    let padded = bytes + (bytes.count % 2 == 1 ? [0] : [])
    var whole = padded + [UInt8(entries.count), 0] + entries.flatMap { $0 } + little(0)
    whole.replaceSubrange(4..<8, with: little(padded.count))
    return whole
  }

  private static func box(_ name: String, _ contents: [UInt8]) -> [UInt8] {
    big(contents.count + 8) + Array(name.utf8) + contents
  }

  static func irot(_ turns: UInt8) -> [UInt8] { box("irot", [turns]) }

  static func imir(_ mode: UInt8) -> [UInt8] { box("imir", [mode]) }

  /// An AVIF's boxes without a picture: item 7, which has these properties.
  private static func heif(_ properties: [[UInt8]]) -> [UInt8] {
    let uses =
      [0, 0, 0, 0] + big(1) + [0, 7, UInt8(properties.count)]
      + properties.indices.map { 0x80 | UInt8($0 + 1) }
    let meta =
      [0, 0, 0, 0] + box("pitm", [0, 0, 0, 0, 0, 7])
      + box("iprp", box("ipco", properties.flatMap { $0 }) + box("ipma", uses))
    return box("ftyp", Array("avif\0\0\0\0avifmif1".utf8)) + box("meta", meta)
  }
}
