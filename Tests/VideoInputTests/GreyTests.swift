import CLNF
import Foundation
import TestSupport
import Testing
import VideoInput

/// The grey of a frame, against ffmpeg's own and against the reference toolkit's.
@Suite struct GreyTests {
  /// Colour formats, subsampling and ranges that have ways of their own through swscale.
  @Test(
    .enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing),
    arguments: [
      ["-pix_fmt", "yuv420p"], ["-pix_fmt", "yuv420p", "-color_range", "pc"],
      ["-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709"],
      ["-pix_fmt", "yuv444p10le"], ["-pix_fmt", "bgr0"], ["-pix_fmt", "gray"],
      ["-pix_fmt", "gray16le"], ["-pix_fmt", "nv12"], ["-pix_fmt", "yuv411p"],
      ["-pix_fmt", "yuv444p", "-color_range", "pc"], ["-pix_fmt", "yuva420p"],
    ])
  func lumaIsFFmpegsGrey(_ options: [String]) throws {
    let folder = try Folder()
    // Odd and not a multiple of any vector register.
    try FFmpegTool.run(
      ["-f", "lavfi", "-i", "testsrc2=size=102x74:rate=5:duration=1,crop=101:73:exact=1"]
        + options + ["-c:v", options[1] == "nv12" ? "rawvideo" : "ffv1", "clip.nut"], in: folder)
    let expected = try FFmpegTool.greyFrames("clip.nut", width: 101, height: 73, in: folder)
    let frames = try records(VideoInput.open(folder.path("clip.nut")))
    #expect(frames.map(\.grey) == expected)
    #expect(frames.count == 5)
  }

  /// Worked by hand: flat colours whose BGR is exact.
  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func referenceGreyIsTheWeightedSum() throws {
    let folder = try Folder()
    for (colour, expected) in [
      (0xFF_0000, (9798 * 255 + 16384) >> 15), (0x00_FF00, (19235 * 255 + 16384) >> 15),
      (0x00_00FF, (3735 * 255 + 16384) >> 15),
      (0x80_6040, (9798 * 128 + 19235 * 96 + 3735 * 64 + 16384) >> 15), (0xFF_FFFF, 255),
    ] {
      let hex = String(format: "%06X", colour)
      try FFmpegTool.run(
        "-f", "lavfi", "-i", "color=0x\(hex):size=8x8,format=rgb24", "-frames:v", "1",
        "flat.png", in: folder)
      let frame = try ImageReader.read(
        folder.path("flat.png"),
        settings: VideoSettings(greyConversion: .reference, keepsColour: true))
      let grey = frame.grey[3, 3]
      #expect(Int(grey) == expected, "\(hex)")
      let rgb = (0..<3).map { Int(frame.colour[9 + $0, 3]) }
      #expect(rgb == [colour >> 16, colour >> 8 & 255, colour & 255])
    }
  }

  /// Every frame of both videos, by the checksums in the reference's tracks.
  @Test(
    .enabled(if: MaterialFolder.hasReference, "needs $LANDMARKD_REFERENCE"),
    arguments: [("default.wmv", "default", 288), ("multi_face.avi", "multi_face", 702)])
  func referenceGreyIsThatOfTheGoldenTracks(
    _ video: String, _ track: String, _ count: Int
  ) throws {
    let folder = try #require(MaterialFolder.reference)
    let table = try String(
      contentsOf: folder.appendingPathComponent(
        "openface/fixtures/track_\(track)_68only.csv"), encoding: .utf8)
    let rows = table.split(separator: "\n").map { $0.split(separator: ",", maxSplits: 3) }
    try #require(rows[0][1] == "gray_sum" && rows[0][2] == "gray_fnv1a32")
    let source = try VideoInput.open(
      folder.appendingPathComponent("video/\(video)").path,
      settings: VideoSettings(greyConversion: .reference))
    var frame = VideoFrame()
    var read = 0
    while try source.read(into: &frame) {
      read += 1
      guard read < rows.count else { continue }
      let row = rows[read]
      let sum = frame.grey.withSamples { $0.reduce(0) { $0 + Int($1) } }
      let hash = frame.grey.withSamples { checksum($0) }
      #expect(sum == Int(row[1]), "frame \(read)")
      #expect(hash == UInt32(row[2], radix: 16), "frame \(read)")
    }
    #expect(read == count && rows.count == count + 1)
    #expect(!source.report.endedEarly)
  }

  /// A whole picture instead of its checksum.
  @Test(.enabled(if: MaterialFolder.hasReference, "needs $LANDMARKD_REFERENCE"))
  func referenceGreyIsTheFixturesPicture() throws {
    let folder = try #require(MaterialFolder.reference)
    let expected = try ImageReader.read(
      folder.appendingPathComponent("openface/fixtures/default_frame100.pgm").path)
    let source = try VideoInput.open(
      folder.appendingPathComponent("video/default.wmv").path,
      settings: VideoSettings(everyNthFrame: 99, greyConversion: .reference))
    var frame = VideoFrame()
    for _ in 0..<2 { #expect(try source.read(into: &frame)) }
    let number = frame.number
    #expect(number == 100)
    let same = frame.grey.withSamples { found in
      expected.grey.withSamples { found.elementsEqual($0) }
    }
    #expect(same)
  }
}
