import Foundation
import Testing
import VideoInput

/// A recorded file is one file: what it names is not opened, under whatever name it comes.
@Suite struct PlaylistTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// Texts that name `other`, by libavformat's name of their format.
  private static func playlist(_ format: String, naming other: String) -> String {
    switch format {
    case "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n\(other)\n#EXT-X-ENDLIST\n"
    case "concat": "ffconcat version 1.0\nfile \(other)\n"
    case "sdp":
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n"
    default: "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n"
    }
  }

  /// A FIFO that nobody writes: opening it would wait for ever, beyond every deadline.
  @Test(arguments: ["hls", "concat", "sdp", "vobsub"], ["clip.mp4", "clip.idx", "clip"])
  func namesNothingThatIsOpened(format: String, name: String) throws {
    for part in ["part.ts", "clip.sub"] { #expect(mkfifo(folder.path(part), 0o600) == 0) }
    try folder.write(Array(Self.playlist(format, naming: "part.ts").utf8), to: name)
    let error = videoError { _ = try records(VideoInput.open(folder.path(name))) }
    #expect(error?.kind == .notVideo)
    #expect(error?.problem == "it is a playlist (\(format)), which names other files")
    #expect(isUserMessage(error, naming: folder.path(name)))
  }

  @Test func standardInputIsOneFileToo() throws {
    try folder.write(Array(Self.playlist("hls", naming: "part.ts").utf8), to: "list")
    let descriptor = open(folder.path("list"), O_RDONLY)
    let error = videoError {
      _ = try VideoInput.open(descriptor: descriptor, closesDescriptor: true, name: "bytes")
    }
    #expect(error?.problem.contains("playlist (hls)") == true)
  }

  private func frames(_ name: String) -> Result<Int, VideoInputError> {
    Result { () throws(VideoInputError) in
      let source = try VideoInput.open(
        folder.path(name), settings: VideoSettings(allowsPlaylists: true))
      var frame = VideoFrame()
      var count = 0
      while try source.read(into: &frame) { count += 1 }
      return count
    }
  }

  /// libavformat keeps every segment that a playlist names, and would take a gigabyte for some.
  @Test func aPlaylistHasABound() throws {
    let lines = Array(repeating: "#EXTINF:1,\nno.ts\n", count: 250_000).joined()
    try folder.write(Array("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(lines)".utf8), to: "long.m3u8")
    guard case .failure(let error) = frames("long.m3u8") else {
      Issue.record("it was read")
      return
    }
    #expect(error.kind == .notVideo && error.problem == "a playlist of 4250032 bytes")
    #expect(error.expected == "at most 4000000")
    try folder.write(
      Array("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlong.m3u8\n".utf8), to: "master.m3u8")
    guard case .failure = frames("master.m3u8") else {
      Issue.record("what it names was read")
      return
    }
  }

  /// Where they are allowed, HLS is read whole, but only of regular files in its folder.
  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func allowedPlaylistsStayInTheirFolder() throws {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=3", "-g", "10", "-c:v",
      "mpeg2video",
      "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "list.m3u8", in: folder)
    #expect(frames("list.m3u8") == .success(30))
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "inner"), withIntermediateDirectories: false)
    let segment = try folder.read("list0.ts")
    symlink("../list0.ts", folder.path("inner/linked.ts"))
    mkfifo(folder.path("inner/fifo.ts"), 0o600)
    try folder.write(segment, to: "inner/own.ts")
    for (part, isRead) in [
      ("own.ts", true), ("./own.ts", true), ("../list0.ts", false), ("linked.ts", false),
      ("fifo.ts", false), (folder.path("list0.ts"), false), ("/dev/zero", false),
    ] {
      try folder.write(Array(Self.playlist("hls", naming: part).utf8), to: "inner/one.m3u8")
      let read = frames("inner/one.m3u8")
      #expect((try? read.get()) == (isRead ? 10 : nil), "\(part): \(read)")
    }
    // Other kinds are refused all the same.
    try folder.write(Array(Self.playlist("concat", naming: "list0.ts").utf8), to: "list.txt")
    #expect(throws: VideoInputError.self) { try frames("list.txt").get() }
  }
}
