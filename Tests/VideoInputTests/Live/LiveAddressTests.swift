import Testing

@testable import VideoInput

/// What counts as a live source, what of it may be shown, and where it may lead.
@Suite struct LiveAddressTests {
  @Test(arguments: [
    "rtsp://camera/1", "RTSPS://camera/1", "http://camera/stream", "udp://@239.0.0.1:5000",
    "srt://host:9000?mode=caller", "/dev/video0-that-is-not-there", "/dev/v4l/by-id/usb-none",
  ])
  func live(input: String) {
    #expect(VideoInput.isLive(input))
  }

  @Test(arguments: [
    "clip.mp4", "-", "/tmp", "/dev/null", "/dev/stdin", "file:///clip.mp4", "concat://a|b",
    "pipe://0", "subfile://x", "://x", "a b://x", "", "9p://x",
  ])
  func notLive(input: String) {
    #expect(!VideoInput.isLive(input))
  }

  @Test(arguments: [
    ("rtsp://user:pass@host:554/a", "rtsp://host:554/a"),
    ("rtsp://user@host/a", "rtsp://host/a"),
    ("rtsp://user:p@ss@host/a@b", "rtsp://host/a@b"),
    ("rtsp://user:pa/ss@host/a", "rtsp://host/a"),
    ("rtsp://host/a@b", "rtsp://host/a@b"),
    ("rtsp://[::1]:554/a@b", "rtsp://[::1]:554/a@b"),
    ("http://host/a?x=1&Password=y&token=z&flag", "http://host/a?x=1&Password=...&token=...&flag"),
    ("srt://host:1?passphrase=abc&mode=caller", "srt://host:1?passphrase=...&mode=caller"),
    ("/dev/video0", "/dev/video0"),
    ("clips/a@b.mp4", "clips/a@b.mp4"),
  ])
  func redaction(input: String, shown: String) {
    #expect(VideoInput.redacted(input) == shown)
    if let address = LiveAddress(input) { #expect(address.shown == shown) }
  }

  /// Whatever a source sends cannot make us read local files.
  @Test func noSourceLeadsToFiles() {
    for scheme in ["rtsp", "rtp", "http", "https", "udp", "rtmp", "srt", "tcp", "unknown", "sftp"] {
      let protocols = LiveAddress.protocols(for: scheme).split(separator: ",")
      #expect(protocols.contains(Substring(scheme)))
      for local in ["file", "pipe", "fd", "concat", "subfile", "cache", "data", "unix"] {
        #expect(!protocols.contains(Substring(local)))
      }
    }
  }

  @Test func whatIsNoSourceIsRefused() {
    let error = videoError { _ = try LiveCapture("clip.mp4") }
    #expect(error?.kind == .notReadable)
    #expect(isUserMessage(error, naming: "clip.mp4"))
  }

  @Test func settingsAreChecked() {
    #expect(throws: VideoInputError.self) { try LiveSettings(width: 640) }
    #expect(throws: VideoInputError.self) { try LiveSettings(width: 0, height: 480) }
    #expect(throws: VideoInputError.self) { try LiveSettings(pixelFormat: "nonsense") }
    #expect(throws: VideoInputError.self) { try LiveSettings(framesPerSecond: 0) }
    #expect(throws: VideoInputError.self) { try LiveSettings(readDeadlineSeconds: 0) }
    #expect(throws: VideoInputError.self) { try LiveSettings(cameraRetrySeconds: 1.5) }
    #expect(throws: VideoInputError.self) { try LiveSettings(networkRetrySeconds: 2.5) }
    #expect(throws: Never.self) { try LiveSettings(pixelFormat: "yuyv422") }
    #expect(throws: Never.self) { try LiveSettings(pixelFormat: "mjpeg", width: 1, height: 1) }
  }
}
