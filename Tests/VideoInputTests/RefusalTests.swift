import CLNF
import Foundation
import Testing
import VideoInput

/// Inputs that are none, and the one line that says so. That a file may not be read is tested with
/// the built command, as another user: the tests may run as root, who may read everything.
@Suite struct RefusalTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func check(_ input: String, is kind: VideoInputError.Kind) {
    let error = videoError { _ = try records(VideoInput.open(input)) }
    #expect(error?.kind == kind, "\(input): \(error?.description ?? "no error")")
    #expect(isUserMessage(error, naming: input))
  }

  @Test func missing() {
    check(folder.path("none.mp4"), is: .notFound)
    check(folder.path("none/none.mp4"), is: .notFound)
    check(folder.path("none%d.png"), is: .noImages)
    check(folder.path("none/shot%d.png"), is: .notFound)
  }

  @Test(arguments: ["mp4", "png", "avi", "wmv"])
  func empty(_ suffix: String) throws {
    try folder.write([], to: "empty.\(suffix)")
    check(folder.path("empty.\(suffix)"), is: .empty)
  }

  @Test(arguments: ["mp4", "txt", "png", "jpg", "mkv", "m3u8", "nfo", "ts"])
  func text(_ suffix: String) throws {
    try folder.write(Array("Not a video: only text.\n".utf8), to: "text.\(suffix)")
    check(folder.path("text.\(suffix)"), is: .notVideo)
  }

  /// A playlist must not make us fetch what it names.
  @Test func playlist() throws {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"
    try folder.write(Array((text + "#EXT-X-ENDLIST\n").utf8), to: "list.m3u8")
    check(folder.path("list.m3u8"), is: .notVideo)
  }

  @Test func folderWithoutImages() throws {
    check(folder.url.path, is: .noImages)
    try folder.write(Array("text".utf8), to: "notes.txt")
    try folder.write(Array("text".utf8), to: ".hidden.png")
    check(folder.url.path, is: .noImages)
  }

  @Test(
    .enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing), arguments: ["mp3", "m4a", "mkv"])
  func audioOnly(_ suffix: String) throws {
    try FFmpegTool.run("-f", "lavfi", "-i", "sine=duration=1", "sound.\(suffix)", in: folder)
    check(folder.path("sound.\(suffix)"), is: .noVideoStream)
  }

  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func coverArtIsNoVideo() throws {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", "cover.png", in: folder)
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "sine=duration=1", "-i", "cover.png", "-map", "0", "-map", "1",
      "-c:v", "png", "-disposition:v:0", "attached_pic", "song.mp3", in: folder)
    check(folder.path("song.mp3"), is: .noVideoStream)
  }

  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func nothingDecodable() throws {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1", "-c:v", "png", "clip.avi",
      in: folder)
    var bytes = try folder.read("clip.avi")
    let mark = Array("PNG\r\n".utf8)
    while let place = bytes.firstRange(of: mark) { bytes[place.lowerBound] = 0 }
    try folder.write(bytes, to: "broken.avi")
    check(folder.path("broken.avi"), is: .nothingDecodable)
  }

  @Test func namesStayOneLine() {
    let error = videoError { _ = try VideoInput.open("no\nsuch\u{1B}[31mfile.mp4") }
    #expect(error?.kind == .notFound)
    #expect(error?.description.contains("\n") == false)
    #expect(error?.description.contains("\u{1B}") == false)
  }
}
