import Foundation
import Testing

@testable import VideoInput

/// Files of several video streams, and images that need a word.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct StreamChoiceTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1", "-f", "lavfi", "-i",
      "testsrc2=size=128x96:rate=5:duration=1", "-map", "0", "-map", "1", "-c:v", "mpeg4",
      "-disposition:v:0", "default", "-disposition:v:1", "0", "two.mp4", in: folder)
  }

  @Test func namesWhatThereIs() throws {
    let source = try VideoInput.open(folder.path("two.mp4"))
    _ = try records(source)
    let note = try #require(source.report.notes.first { $0.contains("2 video streams") })
    #expect(note.contains("1: 64 x 48 mpeg4, 2: 128 x 96 mpeg4"), "\(note)")
    #expect(note.contains("1 was read"), "\(note)")
    #expect(note.contains("--video-stream"), "\(note)")
  }

  @Test(arguments: [(1, 64), (2, 128)])
  func readsTheOneAskedFor(_ number: Int, _ width: Int) throws {
    let source = try VideoInput.open(
      folder.path("two.mp4"), settings: VideoSettings(videoStream: number))
    let frames = try records(source)
    #expect(frames.count == 5)
    #expect(frames.allSatisfy { $0.width == width })
    #expect(!source.report.notes.contains { $0.contains("video streams") })
  }

  @Test func saysHowManyThereAre() throws {
    let error = videoError {
      _ = try VideoInput.open(folder.path("two.mp4"), settings: VideoSettings(videoStream: 3))
    }
    #expect(error?.kind == .noVideoStream)
    #expect(error?.description.contains("no video stream 3; expected 1 to 2") == true)
    #expect(throws: VideoInputError.self) { try VideoSettings(videoStream: 0) }
  }

  /// The same words, whoever reads.
  @Test(arguments: [
    (Array("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic".utf8), "a.heic", "HEIC is not read by FFmpeg"),
    (Array("\0\0\0\u{18}ftypmif1\0\0\0\0mif1heic".utf8), "a.jpg", "HEIC is not read by FFmpeg"),
    (
      Array("RIFF\u{16}\0\0\0WEBPVP8X\n\0\0\0\u{2}\0\0\0\0\0\0\0\0\0".utf8), "a.webp",
      "animated WebP is not read by FFmpeg"
    ),
  ])
  func unreadFormats(_ bytes: [UInt8], _ name: String, _ words: String) throws {
    try folder.write(bytes, to: name)
    let path = folder.path(name)
    let errors = [
      videoError { _ = try VideoInput.open(path) }, videoError { _ = try ImageReader.read(path) },
    ]
    #expect(errors.allSatisfy { $0?.description.contains(words) == true }, "\(errors)")
    #expect(errors[0] == errors[1])
    #expect(isUserMessage(errors[0], naming: path))
  }
}
