import CLNF
import Foundation
import Testing

@testable import VideoInput

/// Rotation, flips, oblong pixels, sizes that change and sizes at the limits.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct GeometryTests {
  /// A display matrix for a rotation by `degrees`, as FFmpeg writes it.
  @Test(arguments: [90, 180, 270])
  func appliesRotation(_ degrees: Int) throws {
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=5:duration=1", "-pix_fmt", "yuv420p",
      "-c:v", "libx264", "-qp", "0", "flat.mp4", in: folder)
    // The muxer's option, which every FFmpeg from 5 to 6 has, with the bytes patched in: the
    // command line's own ways to say it changed between them.
    try setRotation(degrees, of: "flat.mp4", to: "turned.mp4", in: folder)
    let isQuarter = degrees != 180
    let size = isQuarter ? (width: 64, height: 96) : (width: 96, height: 64)
    // ffmpeg turns by itself when it reads.
    let expected = try FFmpegTool.greyFrames(
      "turned.mp4", width: size.width, height: size.height, in: folder)
    let source = try VideoInput.open(folder.path("turned.mp4"))
    #expect(source.description.width == size.width)
    #expect(source.description.height == size.height)
    let frames = try records(source)
    #expect(frames.map(\.grey) == expected)
    #expect(frames.allSatisfy { $0.width == size.width && $0.height == size.height })
    let straight = try records(VideoInput.open(folder.path("flat.mp4")))
    #expect(frames.map(\.grey) != straight.map(\.grey))
  }

  /// Writes the track's matrix into the `tkhd` box of an MP4 (ISO/IEC 14496-12, 8.3.2).
  private func setRotation(
    _ degrees: Int, of name: String, to other: String, in folder: Folder
  ) throws {
    var bytes = try folder.read(name)
    let box = try #require(bytes.firstRange(of: Array("tkhd".utf8)))
    // Behind the name: version and flags, times, track, reserved, duration, layer, volume.
    let start = box.upperBound + 40
    let matrix: [Int32] =
      switch degrees {
      case 90: [0, 1, 0, -1, 0, 0, 64, 0]
      case 180: [-1, 0, 0, 0, -1, 0, 96, 64]
      default: [0, -1, 0, 1, 0, 0, 0, 96]
      }
    for (index, value) in (matrix + [0]).enumerated() {
      let fixed = index == 8 ? Int32(1 << 30) : value << 16
      for byte in 0..<4 {
        bytes[start + 4 * index + byte] = UInt8(truncatingIfNeeded: fixed >> (24 - 8 * byte))
      }
    }
    try folder.write(bytes, to: other)
  }

  /// All eight ways a picture can lie, on 3 x 2 pixels worked by hand:
  ///
  ///     1 2 3
  ///     4 5 6
  @Test(arguments: [
    ([1, 0, 0, 1], [1, 2, 3, 4, 5, 6]), ([-1, 0, 0, 1], [3, 2, 1, 6, 5, 4]),
    ([1, 0, 0, -1], [4, 5, 6, 1, 2, 3]), ([-1, 0, 0, -1], [6, 5, 4, 3, 2, 1]),
    // Quarter turns: 2 wide, 3 high. Clockwise first.
    ([0, 1, -1, 0], [4, 1, 5, 2, 6, 3]), ([0, -1, 1, 0], [3, 6, 2, 5, 1, 4]),
    ([0, 1, 1, 0], [1, 4, 2, 5, 3, 6]), ([0, -1, -1, 0], [6, 3, 5, 2, 4, 1]),
  ])
  func orientsByHand(_ terms: [Int32], _ expected: [UInt8]) throws {
    let matrix = [terms[0], terms[1], 0, terms[2], terms[3], 0, 0, 0, 1 << 14].map { $0 << 16 }
    let orientation = try #require(Orientation(displayMatrix: matrix))
    var picture = PaddedPicture()
    picture.resize(width: 3, height: 2, channels: 1)
    for (index, value) in (1...6).enumerated() {
      picture.pixels[index / 3 * picture.stride + index % 3] = UInt8(value)
    }
    var upright = [UInt8](repeating: 0, count: 6)
    upright.withUnsafeMutableBufferPointer { orientation.copy(picture.rows, channels: 1, to: $0) }
    #expect(upright == expected)
  }

  @Test func otherAnglesAreRefused() {
    let matrix: [Int32] = [46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30]
    #expect(Orientation(displayMatrix: matrix) == nil)
    #expect(Orientation(displayMatrix: [Int32](repeating: 0, count: 9)) == nil)
  }

  @Test(arguments: [("2/1", 128, 48), ("1/2", 64, 96), ("4/3", 85, 48), ("1/1", 64, 48)])
  func squaresPixels(_ aspect: String, _ width: Int, _ height: Int) throws {
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1,setsar=\(aspect)", "-c:v",
      "ffv1", "-pix_fmt", "yuv420p", "clip.mkv", in: folder)
    let expected = try FFmpegTool.greyFrames(
      "clip.mkv", width: width, height: height,
      options: ["-vf", "scale=\(width):\(height):flags=bicubic,format=gray"], in: folder)
    let source = try VideoInput.open(folder.path("clip.mkv"))
    let frames = try records(source)
    #expect(source.description.width == width && source.description.height == height)
    #expect(frames.map(\.grey) == expected)
    #expect(frames.count == 5 && frames.allSatisfy { $0.width == width })
  }

  @Test func followsAChangeOfSize() throws {
    let folder = try Folder()
    for (name, size) in [("a.ts", "64x48"), ("b.ts", "128x96")] {
      try FFmpegTool.run(
        "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=10:duration=1", "-pix_fmt", "yuv420p",
        "-c:v", "libx264", "-qp", "0", "-bf", "0", name, in: folder)
    }
    let joined = try folder.read("a.ts") + folder.read("b.ts")
    try folder.write(joined, to: "ab.ts")
    let source = try VideoInput.open(folder.path("ab.ts"))
    let frames = try records(source)
    let expected =
      try FFmpegTool.greyFrames("a.ts", width: 64, height: 48, in: folder)
      + FFmpegTool.greyFrames("b.ts", width: 128, height: 96, in: folder)
    #expect(frames.map(\.grey) == expected)
    #expect(
      frames.map(\.width) == Array(repeating: 64, count: 10) + Array(repeating: 128, count: 10))
    #expect(source.report.resolutionChanges == 1)
    // The second recording's clock starts again; ours goes on.
    #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
    #expect(abs((frames.last?.seconds ?? 0) - 1.9) < 1e-6)
  }

  @Test(arguments: [(1, 1), (1, 40), (40, 1), (8000, 6000)])
  func takesAnySize(_ width: Int, _ height: Int) throws {
    let folder = try Folder()
    let pixels = [UInt8](repeating: 128, count: width * height)
    try folder.write(Array("P5 \(width) \(height) 255\n".utf8) + pixels, to: "clip.pgm")
    try FFmpegTool.run("-i", "clip.pgm", "-c:v", "ffv1", "clip.mkv", in: folder)
    for name in ["clip.mkv", "clip.pgm"] {
      for conversion in VideoSettings.GreyConversion.allCases {
        let source = try VideoInput.open(
          folder.path(name), settings: VideoSettings(greyConversion: conversion))
        var frame = VideoFrame()
        #expect(try source.read(into: &frame))
        let size = [frame.grey.width, frame.grey.height]
        #expect(size == [width, height])
        let corner = frame.grey[width - 1, height - 1]
        #expect(corner == 128)
      }
    }
  }

  @Test func refusesWhatIsTooLarge() throws {
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "color=gray:size=16400x4", "-frames:v", "1", "-pix_fmt", "gray",
      "wide.pgm", in: folder)
    try FFmpegTool.run("-i", "wide.pgm", "-c:v", "ffv1", "wide.mkv", in: folder)
    for name in ["wide.pgm", "wide.mkv"] {
      let error = videoError { _ = try records(VideoInput.open(folder.path(name))) }
      #expect(error?.kind == .tooLarge)
      #expect(isUserMessage(error, naming: name))
    }
  }
}
