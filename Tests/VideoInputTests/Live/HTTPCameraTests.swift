import Foundation
import Glibc
import SystemSupport
import Testing

@testable import VideoInput

/// What cameras do by HTTP, and what hostile ones do.
@Suite(.enabled(if: FFmpegTool.path != nil && Server.hasPython, Server.isMissing))
struct HTTPCameraTests {
  private let camera: MisbehavingCamera

  init() throws { camera = try MisbehavingCamera() }

  private func capture(
    _ path: String, rate: Double? = nil, allowsRedirects: Bool = false
  ) throws -> LiveCapture {
    let settings = try LiveSettings(
      framesPerSecond: rate, allowsRedirects: allowsRedirects, openDeadlineSeconds: 20,
      readDeadlineSeconds: 20, networkRetrySeconds: 0.3)
    return try LiveCapture(camera.address(path), settings: settings)
  }

  private func take(_ count: Int, of capture: LiveCapture) throws -> [FrameRecord] {
    var frame = VideoFrame()
    var found: [FrameRecord] = []
    let end = Clocks.monotonicSeconds + 40
    while found.count < count {
      try #require(Clocks.monotonicSeconds < end, "\(capture.snapshot)")
      guard case .frame = capture.next(into: &frame, waitingAtMost: 0.1) else { continue }
      found.append(
        FrameRecord(
          number: frame.number, seconds: frame.timestampSeconds,
          timestamp: frame.presentationTimestamp, width: frame.grey.width,
          height: frame.grey.height, grey: frame.grey.withSamples { checksum($0) },
          isDamaged: frame.isDamaged))
    }
    return found
  }

  /// The problem of a source that gives nothing.
  private func problem(_ capture: LiveCapture) throws -> String {
    capture.start()
    defer { capture.stop() }
    var found: String?
    try eventually(seconds: 60, "a problem") {
      found = capture.snapshot.problem
      return found != nil
    }
    #expect(capture.snapshot.framesReceived == 0)
    return try #require(found)
  }

  @Test(arguments: [
    "plain", "nofirst", "nodash", "longlen", "shortlen", "nolen", "notype", "jpg", "notold",
    "thumbnail", "noise",
  ])
  func multipartAsCamerasWriteIt(kind: String) throws {
    let capture = try capture("multipart/\(kind)/20")
    capture.start()
    defer { capture.stop() }
    let frames = try take(25, of: capture)
    // All twenty pictures, whole, at the times of their arrival.
    #expect(frames.allSatisfy { $0.width == 64 && $0.height == 48 && !$0.isDamaged })
    #expect(frames.allSatisfy { $0.timestamp == nil })
    let end = capture.snapshot
    #expect(end.reconnects == 0 && end.undecodable == 0 && end.codec == "mjpeg")
    #expect(Set(frames.map(\.grey)).count >= 15)
    #expect(try #require(frames.last).seconds > 0.8)
  }

  /// A picture is there when its last byte has come, not when the next begins.
  @Test func slowPicturesAreNotHeldBack() throws {
    let capture = try capture("multipart/plain/0.4")
    let begin = Clocks.monotonicSeconds
    capture.start()
    defer { capture.stop() }
    _ = try take(1, of: capture)
    let second = Clocks.monotonicSeconds - begin
    _ = try take(1, of: capture)
    #expect(second < 2.4, "the first came after \(second) s")
    #expect(capture.snapshot.reconnects == 0)
  }

  @Test(arguments: ["snap", "snap.jpg", "closing", "tagged"])
  func onePictureAnAnswer(path: String) throws {
    let capture = try capture(path, rate: 10)
    capture.start()
    defer { capture.stop() }
    let frames = try take(12, of: capture)
    let end = capture.snapshot
    #expect(end.reconnects == 0 && end.problem == nil && end.nominalFramesPerSecond == 10)
    // Not faster than asked for.
    #expect(try #require(frames.last).seconds > 0.9)
    let requests = camera.requests
    #expect(requests.count >= 12)
    if path != "closing" {
      #expect(Set(requests.map(\.connection)).count == 1, "one connection is kept")
    }
  }

  @Test func snapshotsComeOnceASecond() throws {
    let capture = try capture("snap")
    capture.start()
    defer { capture.stop() }
    let frames = try take(3, of: capture)
    #expect(frames[2].seconds > 1.8)
    #expect(capture.snapshot.nominalFramesPerSecond == 1)
  }

  /// An answer that fails is no loss; many in a row are.
  @Test func pollsThatFail() throws {
    let flaky = try capture("flaky", rate: 20)
    flaky.start()
    defer { flaky.stop() }
    _ = try take(8, of: flaky)
    #expect(flaky.snapshot.reconnects == 0 && flaky.snapshot.problem == nil)
    let other = try MisbehavingCamera()
    let dead = try LiveCapture(
      other.address("dead"), settings: try LiveSettings(framesPerSecond: 20))
    dead.start()
    defer { dead.stop() }
    _ = try take(2, of: dead)
    try eventually("a loss") { dead.snapshot.problem?.contains("503") == true }
  }

  @Test(arguments: [
    ("endless/playlist", "playlist has more than"), ("endless/line", "playlist has more than"),
    ("endless/variants", "playlist has more than"), ("many/variants", "more than 100 streams"),
    ("endless/jpeg", "MB"), ("endless/length", "MB"), ("endless/headers", "headers"),
    ("endless/matroska", "MB"), ("endless/redirects", "without an end"),
  ])
  func whatDoesNotEndIsRefused(path: String, words: String) throws {
    // Tests beside this one take memory too, but not each time.
    var grown: [Int] = []
    repeat {
      try forgetPeak()
      let before = try peakMegabytes()
      #expect(try problem(try capture(path)).contains(words))
      grown.append(try peakMegabytes() - before)
    } while grown.last.map { $0 >= 350 } == true && grown.count < 6
    #expect(grown.contains { $0 < 350 }, "\(grown) MB")
  }

  /// From here on the peak is what the process has now (proc(5), clear_refs).
  private func forgetPeak() throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "/proc/self/clear_refs"))
    try file.write(contentsOf: Data("5".utf8))
    try file.close()
  }

  /// The most memory that this process had since.
  private func peakMegabytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM") })
    return try #require(Int(line.split(separator: " ").dropFirst().first ?? "")) / 1024
  }

  @Test(arguments: ["to", "leading"])
  func noOtherServerIsAsked(how: String) throws {
    let other = try MisbehavingCamera()
    // libavformat takes no segment without a container's ending.
    let goal = other.address(how == "to" ? "multipart/plain/20" : "file/part.ts")
    #expect(try problem(try capture("\(how)?\(goal)")).contains("another server"))
    #expect(other.requests.isEmpty)
    // Not even another kind of protocol.
    let files = try problem(try capture("\(how)?file:///etc/hostname"))
    #expect(!files.contains("hostname"))
  }

  @Test func redirectsThatAreAllowedAndThoseWithinAServerAreFollowed() throws {
    let other = try MisbehavingCamera()
    let goal = other.address("multipart/plain/20")
    let allowed = try capture("to?\(goal)", allowsRedirects: true)
    allowed.start()
    defer { allowed.stop() }
    _ = try take(5, of: allowed)
    let own = try capture("to?/multipart/plain/20")
    own.start()
    defer { own.stop() }
    _ = try take(5, of: own)
  }

  @Test func aFileIsNoLiveSource() throws {
    try camera.folder.write(Array(repeating: 0, count: 100), to: "clip.mp4")
    #expect(try problem(try capture("file/clip.mp4")).contains("it is a recording"))
  }

  @Test func passwordsAreRefusedAsSuch() throws {
    let words = try problem(try capture("refused"))
    #expect(words.contains("401") && words.contains("refused"))
  }

  /// A name server that does not answer, a server that does not: nothing holds up an end.
  @Test func silenceEndsAtTheDeadline() throws {
    let settings = try LiveSettings(openDeadlineSeconds: 0.5, networkRetrySeconds: 0.3)
    let silent = try LiveCapture(camera.address("silent"), settings: settings)
    #expect(try problem(silent).contains("no data came before the deadline"))
  }
}
