import Foundation
import Testing

@testable import VideoInput

/// A file by HTTP is read as the file itself is.
@Suite(.enabled(if: FFmpegTool.path != nil && Server.hasPython, Server.isMissing))
struct HTTPRecordingTests {
  private static let recipe = [
    "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=12", "-c:v", "mpeg4", "-g", "12",
    "-b:v", "1M",
  ]
  private let camera: MisbehavingCamera

  init() throws { camera = try MisbehavingCamera(clip: Self.recipe) }

  private func open(
    _ path: String, _ settings: VideoSettings = .standard
  ) throws -> any FrameSource {
    try VideoInput.open(camera.address(path), settings: settings)
  }

  private func local(_ settings: VideoSettings = .standard) throws -> [FrameRecord] {
    try records(try VideoInput.open(camera.folder.path("clip.mp4"), settings: settings))
  }

  @Test func framesAreThoseOfTheFile() throws {
    let expected = try local()
    #expect(expected.count == 300)
    let source = try open("file/clip.mp4")
    #expect(try records(source) == expected)
    #expect(!source.report.endedEarly)
    // The index stands at the end: it was asked for by its place.
    #expect(camera.requests.contains { $0.range.hasPrefix("bytes=") })
  }

  /// Without ranges what has its index in front can be read.
  @Test func withoutRanges() throws {
    try FFmpegTool.run(
      "-i", "clip.mp4", "-c", "copy", "-movflags", "+faststart", "fast.mp4", in: camera.folder)
    let expected = try local()
    for path in ["whole/fast.mp4", "nolength/fast.mp4"] {
      #expect(try VideoInput.answer(of: camera.address(path)) == .recording)
      let found = try records(try open(path))
      #expect(found.map(\.grey) == expected.map(\.grey))
    }
    let error = videoError { _ = try records(try open("whole/clip.mp4")) }
    #expect(error?.kind == .nothingDecodable)
    #expect(error?.expected?.contains("gives parts of files") == true)
  }

  @Test func aStartIsSought() throws {
    let settings = try VideoSettings(startSeconds: 8, durationSeconds: 1)
    #expect(try records(try open("file/clip.mp4", settings)) == local(settings))
  }

  @Test func whatBreaksOffIsSaid() throws {
    try FFmpegTool.run(
      "-i", "clip.mp4", "-c", "copy", "-movflags", "+faststart", "fast.mp4", in: camera.folder)
    let source = try open("cut/fast.mp4")
    let frames = try records(source)
    #expect(frames.count > 100 && frames.count < 290)
    #expect(source.report.endedEarly)
    #expect(source.report.endedEarlyReason?.contains("broke off") == true)
  }

  /// A connection that breaks is continued where it ended.
  @Test func whatBreaksOffGoesOnWhereThereAreRanges() throws {
    let source = try open("torn/clip.mp4")
    #expect(try records(source) == local())
    #expect(!source.report.endedEarly)
  }

  @Test func answersAreKnown() throws {
    for path in ["multipart/plain/20", "snap", "closing"] {
      #expect(try VideoInput.answer(of: camera.address(path)) == .live)
    }
    #expect(try VideoInput.answer(of: camera.address("file/clip.mp4")) == .recording)
    let error = videoError { _ = try open("snap") }
    #expect(isUserMessage(error, naming: camera.address("snap")))
    #expect(videoError { _ = try open("nothing") }?.description.contains("404") == true)
  }

  /// A playlist that says it is whole is a recording in parts.
  @Test func aWholePlaylist() throws {
    let parts = [
      "-i", "clip.mp4", "-c:v", "mpeg2video", "-g", "25", "-f", "hls", "-hls_time", "2",
      "-hls_playlist_type", "vod",
    ]
    try FFmpegTool.run(parts + ["list.m3u8"], in: camera.folder)
    let expected = try records(
      VideoInput.open(
        camera.folder.path("list.m3u8"), settings: VideoSettings(allowsPlaylists: true)))
    #expect(expected.count == 300)
    #expect(try VideoInput.answer(of: camera.address("whole/list.m3u8")) == .recording)
    #expect(try records(try open("whole/list.m3u8")).map(\.grey) == expected.map(\.grey))
    // Encrypted, with the key beside it.
    try camera.folder.write(Array(0..<16), to: "key")
    try camera.folder.write(
      Array("key\n\(camera.folder.path("key"))\n000102030405060708090a0b0c0d0e0f\n".utf8),
      to: "key-info")
    try FFmpegTool.run(
      parts + ["-hls_key_info_file", "key-info", "secret.m3u8"], in: camera.folder)
    #expect(try records(try open("whole/secret.m3u8")).map(\.grey) == expected.map(\.grey))
  }
}
