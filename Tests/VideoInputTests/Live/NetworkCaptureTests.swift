import Foundation
import Glibc
import SystemSupport
import Testing

@testable import VideoInput

/// Network sources of this machine: an HTTP camera of Python's standard library and ffmpeg's MPEG-TS
/// over UDP. Killed, silent, refusing, back again.
@Suite(.enabled(if: FFmpegTool.path != nil && Server.hasPython, Server.isMissing))
struct NetworkCaptureTests {
  private let folder: Folder
  private let settings: LiveSettings

  init() throws {
    folder = try Folder()
    settings = try LiveSettings(
      openDeadlineSeconds: 5, readDeadlineSeconds: 0.8, networkRetrySeconds: 0.3)
  }

  /// 50 JPEGs of 64 x 48.
  private func makePictures(_ name: String = "pictures.mjpeg", size: String = "64x48") throws
    -> String
  {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25:duration=2", "-c:v", "mjpeg", "-f",
      "mjpeg", name, in: folder)
    return folder.path(name)
  }

  private func startCamera(port: Int = 0, _ pictures: String) throws -> (Server, Int) {
    let file = folder.path("port-\(UUID().uuidString)")
    let server = try Server.python(["mjpeg_server.py", "\(port)", pictures, "25", file])
    var found: Int?
    try eventually("a port") {
      found = FileManager.default.contents(atPath: file)
        .flatMap { Int(String(decoding: $0, as: UTF8.self)) }
      return found != nil
    }
    return (server, try #require(found))
  }

  private struct Got {
    var frames = 0
    var anew = 0
    var seconds: [Double] = []
    var captures: [Double] = []
    var sizes: Set<Int> = []
  }

  /// Takes frames until there are `count`, or fails.
  private func take(
    _ count: Int, of capture: LiveCapture, into got: inout Got, limit: Double = 30
  ) throws {
    var frame = VideoFrame()
    let end = Clocks.monotonicSeconds + limit
    let aim = got.frames + count
    while got.frames < aim {
      try #require(Clocks.monotonicSeconds < end, "\(capture.snapshot)")
      guard case .frame(let startsAnew) = capture.next(into: &frame, waitingAtMost: 0.1) else {
        continue
      }
      got.frames += 1
      if startsAnew { got.anew += 1 }
      got.seconds.append(frame.timestampSeconds)
      let captured = frame.captureSeconds
      let utc = frame.utcSeconds
      got.captures.append(try #require(captured))
      let width = frame.grey.width
      got.sizes.insert(width)
      let (now, today) = (Clocks.monotonicSeconds, Date().timeIntervalSince1970)
      #expect(captured.map { $0 <= now } == true)
      #expect(utc.map { abs($0 - today) < 20 } == true)
    }
  }

  private func check(_ got: Got) {
    #expect(zip(got.seconds, got.seconds.dropFirst()).allSatisfy { $0 < $1 })
    // The first that was taken, not always the first that came.
    #expect(got.seconds.first.map { $0 >= 0 && $0 < 5 } == true)
  }

  @Test func killedAndBack() throws {
    let pictures = try makePictures()
    let (first, port) = try startCamera(pictures)
    let capture = try LiveCapture("http://u:secret@127.0.0.1:\(port)/stream", settings: settings)
    capture.start()
    defer { capture.stop() }
    var got = Got()
    try take(20, of: capture, into: &got)
    let live = capture.snapshot
    #expect(live.state == .live && live.problem == nil && live.codec == "mjpeg")
    #expect((live.width, live.height) == (64, 48))
    #expect(got.anew == 1)
    first.kill(SIGKILL)
    try eventually("a problem") { capture.snapshot.problem != nil }
    let problem = try #require(capture.snapshot.problem)
    #expect(problem.contains("http://127.0.0.1:\(port)/stream") && !problem.contains("secret"))
    // Of another size when it comes back: the tracker has to begin anew once.
    let (second, _) = try startCamera(
      port: port, try makePictures("other.mjpeg", size: "80x60"))
    let back = Clocks.monotonicSeconds
    var after = got
    after.captures = []
    try take(20, of: capture, into: &after)
    #expect(after.captures.dropFirst().first.map { $0 - back < 3 } == true)
    #expect(after.anew == 2 && after.sizes == [64, 80])
    check(after)
    let end = capture.snapshot
    #expect(end.reconnects == 1 && end.undecodable == 0)
    #expect(end.framesDelivered == after.frames)
    #expect(end.framesReceived >= end.framesDelivered + end.droppedForNewer)
    second.kill(SIGKILL)
  }

  @Test func aServerThatStalls() throws {
    let (server, port) = try startCamera(try makePictures())
    let capture = try LiveCapture("http://127.0.0.1:\(port)/stream", settings: settings)
    capture.start()
    defer { capture.stop() }
    var got = Got()
    try take(10, of: capture, into: &got)
    server.kill(SIGSTOP)
    try eventually("a problem") {
      capture.snapshot.problem?.contains("no data came before the deadline") == true
    }
    server.kill(SIGCONT)
    try take(10, of: capture, into: &got)
    #expect(got.anew == 2 && capture.snapshot.reconnects == 1)
    check(got)
  }

  @Test func aStreamThatEnds() throws {
    let (server, port) = try startCamera(try makePictures())
    defer { server.kill(SIGKILL) }
    let capture = try LiveCapture("http://127.0.0.1:\(port)/short", settings: settings)
    capture.start()
    defer { capture.stop() }
    var got = Got()
    // Ten pictures a connection, at most.
    try take(25, of: capture, into: &got)
    #expect(capture.snapshot.reconnects >= 2 && got.anew >= 3)
    check(got)
  }

  @Test func refusedCredentialsAreRetriedSlowly() throws {
    let (server, port) = try startCamera(try makePictures())
    defer { server.kill(SIGKILL) }
    let capture = try LiveCapture("http://u:secret@127.0.0.1:\(port)/refused", settings: settings)
    capture.start()
    defer { capture.stop() }
    try eventually("a refusal") { capture.snapshot.problem?.contains("401") == true }
    guard case .waiting(let seconds) = capture.snapshot.state else {
      Issue.record("\(capture.snapshot)")
      return
    }
    #expect(seconds > 1 && seconds <= 4)
    #expect(capture.snapshot.problem?.contains("secret") == false)
  }

  /// What landmarkd puts into an address is what the server gets.
  @Test func aPasswordOfAnyCharactersIsTheSameForTheServer() throws {
    let (server, port) = try startCamera(try makePictures())
    defer { server.kill(SIGKILL) }
    let password = "1/2?3#4:5%41 é&"
    let added = try SourceAddress("http://127.0.0.1:\(port)/guarded").adding(
      user: "j@x", password: password)
    let expanded = try SourceAddress.expanding(
      "http://${U}:${P}@127.0.0.1:\(port)/guarded", environment: ["U": "j@x", "P": password])
    #expect(added == expanded)
    let capture = try LiveCapture(added.secretText, settings: settings)
    capture.start()
    defer { capture.stop() }
    var got = Got()
    try take(3, of: capture, into: &got)
  }

  @Test func stoppingDoesNotWaitForAServer() throws {
    let (server, port) = try startCamera(try makePictures())
    defer { server.kill(SIGKILL) }
    let capture = try LiveCapture("http://127.0.0.1:\(port)/silent", settings: settings)
    var frame = VideoFrame()
    capture.start()
    #expect(capture.next(into: &frame, waitingAtMost: 0.3) == .nothing)
    #expect(capture.snapshot.state == .opening)
    let time = ContinuousClock().measure { capture.stop() }
    #expect(time < .seconds(2))
    #expect(capture.next(into: &frame, waitingAtMost: 10) == .stopped)
    #expect(capture.snapshot.state == .stopped)
    capture.stop()
  }

  /// A page that names local files is no way to have them read.
  @Test func aPlaylistDoesNotLeadToFiles() throws {
    let pictures = try makePictures()
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://\(pictures)\n#EXT-X-ENDLIST\n"
    let concat = "ffconcat version 1.0\nfile 'file:\(pictures)'\n"
    try folder.write(list.utf8, to: "list.m3u8")
    try folder.write(concat.utf8, to: "list.ffconcat")
    let port = try Server.freePort()
    let server = try Server.python(
      ["-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", folder.url.path])
    defer { server.kill(SIGKILL) }
    try eventually("a server") { Server.listens(port) }
    for name in ["list.m3u8", "list.ffconcat"] {
      let capture = try LiveCapture("http://127.0.0.1:\(port)/\(name)", settings: settings)
      capture.start()
      try eventually("a problem") { capture.snapshot.problem != nil }
      #expect(capture.snapshot.framesReceived == 0)
      capture.stop()
    }
  }

  /// H.264 in MPEG-TS over UDP: silence before the sender comes, and its return with stamps that
  /// begin again.
  @Test func transportStreamOverUDP() throws {
    let port = try Server.freePort(datagrams: true)
    let capture = try LiveCapture("udp://127.0.0.1:\(port)", settings: settings)
    capture.start()
    defer { capture.stop() }
    func send() throws -> Server {
      try Server(
        try #require(FFmpegTool.path),
        [
          "-loglevel", "quiet", "-nostdin", "-re", "-f", "lavfi", "-i",
          "testsrc2=size=160x120:rate=25", "-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-f",
          "mpegts", "udp://127.0.0.1:\(port)?pkt_size=1316",
        ])
    }
    let first = try send()
    var got = Got()
    try take(30, of: capture, into: &got)
    first.kill(SIGKILL)
    let second = try send()
    defer { second.kill(SIGKILL) }
    try take(30, of: capture, into: &got)
    check(got)
    #expect(got.anew >= 2)
    #expect(capture.snapshot.codec == "mpeg2video" && capture.snapshot.width == 160)
    // Pictures come in their order though packets do not, at the rate at which they were taken.
    let steps = zip(got.captures.dropFirst(), got.captures).map { $0 - $1 }.sorted()
    #expect(steps[steps.count / 2] > 0.02 && steps[steps.count / 2] < 0.2)
  }
}

/// Senders whose clock or manner is odd, made by ffmpeg.
@Suite(.enabled(if: FFmpegTool.path != nil && Server.hasPython, Server.isMissing))
struct OddSenderTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func ffmpeg(_ arguments: [String]) throws -> Server {
    try Server(
      try #require(FFmpegTool.path),
      [
        "-loglevel", "quiet", "-nostdin", "-re", "-f", "lavfi", "-i",
        "testsrc2=size=160x120:rate=25", "-c:v", "mpeg2video", "-g", "25",
      ] + arguments)
  }

  /// Stamps at half the speed of time: found out, said, and the times are those of arrival then.
  @Test func halfSpeed() throws {
    let port = try Server.freePort(datagrams: true)
    let capture = try LiveCapture("udp://127.0.0.1:\(port)")
    capture.start()
    defer { capture.stop() }
    let sender = try ffmpeg([
      "-vf", "settb=1/50,setpts=PTS*0.5", "-vsync", "passthrough", "-enc_time_base", "1:50", "-f",
      "mpegts",
      "udp://127.0.0.1:\(port)?pkt_size=1316",
    ])
    defer { sender.kill(SIGKILL) }
    var frame = VideoFrame()
    try eventually(seconds: 60, "it is found out") {
      _ = capture.next(into: &frame, waitingAtMost: 0.1)
      return capture.snapshot.timesProblem != nil
    }
    #expect(
      capture.snapshot.timesProblem?.hasSuffix("frames have the times of their arrival") == true)
    var latencies: [Double] = []
    try eventually("frames") {
      if case .frame = capture.next(into: &frame, waitingAtMost: 0.1) {
        let captured = frame.captureSeconds
        latencies.append(Clocks.monotonicSeconds - (captured ?? 0))
      }
      return latencies.count == 50
    }
    // Believed, they would be late by half of all the time that had passed.
    #expect(latencies.suffix(25).sorted()[12] < 1)
  }

  /// Segments of a playlist, each with the pictures of two seconds: all of them come, in their order,
  /// at the distances at which they were taken.
  @Test func segments() throws {
    let port = try Server.freePort()
    let server = try Server.python(
      ["-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", folder.url.path])
    defer { server.kill(SIGKILL) }
    let sender = try ffmpeg([
      "-f", "hls", "-hls_time", "2", "-hls_list_size", "6", "-hls_flags", "delete_segments",
      folder.path("x.m3u8"),
    ])
    defer { sender.kill(SIGKILL) }
    try eventually(seconds: 60, "two segments") {
      FileManager.default.fileExists(atPath: folder.path("x1.ts")) && Server.listens(port)
    }
    let capture = try LiveCapture("http://127.0.0.1:\(port)/x.m3u8")
    capture.start()
    defer { capture.stop() }
    var frame = VideoFrame()
    var numbers: [Int] = []
    var seconds: [Double] = []
    try eventually(seconds: 90, "frames") {
      guard case .frame = capture.next(into: &frame, waitingAtMost: 0.1) else { return false }
      numbers.append(frame.number)
      seconds.append(frame.timestampSeconds)
      return numbers.count == 200
    }
    #expect(numbers == Array(1...200), "none is dropped")
    #expect(capture.snapshot.droppedForNewer == 0 && capture.snapshot.timesProblem == nil)
    let steps = zip(seconds.dropFirst(), seconds).map { $0 - $1 }
    #expect(steps.filter { abs($0 - 0.04) < 0.01 }.count > 190)
    // The last one: where they would be if one burst had squeezed another.
    #expect(abs((seconds.last ?? 0) - 199 * 0.04) < 0.5)
  }
}
