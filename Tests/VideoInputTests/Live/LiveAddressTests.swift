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

  @Test func printingShowsNoSecret() throws {
    let address = try #require(LiveAddress("rtsp://user:geheim@host:554/live"))
    #expect(address.shown == "rtsp://host:554/live")
    var dumped = ""
    dump((address, SourceAddress("rtsp://user:geheim@host:554/live")), to: &dumped)
    #expect(!"\(address) \(String(reflecting: address)) \(dumped)".contains("geheim"))
  }

  /// Words of servers and libraries go from here to the API and the page.
  @Test func snapshotsShowNoSecret() {
    var snapshot = LiveSnapshot()
    snapshot.problem = "redirected to http://h/live?token=geheim, which is refused"
    snapshot.note = "it plays rtsp://user:geheim@h/live"
    #expect(snapshot.problem == "redirected to http://h/live?..., which is refused")
    #expect(snapshot.note == "it plays rtsp://h/live")
  }

  /// Not whole, or not percent-encoded: no network makes them right.
  @Test(arguments: [
    ("rtsp://admin:2023#Geheim@127.0.0.1:9/s", "\"#\""),
    ("rtsp://admin:12/Geheim@127.0.0.1:9/s", "\"/\""),
    ("rtsp://admin:12?Geheim@127.0.0.1:9/s", "\"?\""),
    ("rtsp://admin:p@ss/Geheim@127.0.0.1:9/s", "\"/\""),
    ("rtsp://us/er:Geheim@127.0.0.1:9/s", "\"/\""),
    ("rtsp://joe.doe:12/Geheim@127.0.0.1/s", "\"/\""),
    ("rtsp://admin:Geh/eim@camera.example/s", "\"/\""),
    ("rtsp://admin:12/Geheim@camera/live", "\"/\""),
    ("rtsp://joe@corp.com:Geh/eim@camera/live", "\"/\""), ("rtsp://admin:Geheim", "no port"),
    ("rtsp://camera:70000/live", "no port"), ("rtsp://admin:Geheim%40camera/", "no port"),
    ("rtsp:///live", "no host"), ("http://", "no host"),
  ])
  func neverWorks(address: String, word: String) throws {
    let mistake = try #require(SourceAddress(address).mistake, "\(address)")
    #expect(mistake.problem.contains(word))
    #expect(!(mistake.problem + mistake.expected).contains("Geh"))
    let error = videoError { _ = try LiveCapture(address) }
    #expect(error?.kind == .notReadable)
    #expect(error?.description.contains(word) == true)
    #expect(error?.description.contains("Geh") == false)
    #expect(error?.description.contains("%2F") == (word == "no host" ? false : true))
  }

  @Test(arguments: [
    "rtsp://admin:p@ss@127.0.0.1/live", "http://nas:8080/snap@2x.jpg", "http://10.0.0.5/a@b/c",
    "http://camera.example/proxy@here/rtsp", "srt://host:1?streamid=#!::r=a,u=b", "udp://:5000",
    "udp://@239.0.0.1:5000", "rtsp://[::1]:554/a@b/c", "rtsp://[::1]/live",
    "srt://:9000?mode=listener",
    "rtsp://admin:a%2Fb@host/live", "http://localhost:1/x@y/z", "rtsp://host:/live", "/dev/video9",
    "clip.mp4", "http://h/proxy/rtsp://admin:x@10.0.0.5/live",
  ])
  func mayWork(address: String) { #expect(SourceAddress(address).mistake == nil) }

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
