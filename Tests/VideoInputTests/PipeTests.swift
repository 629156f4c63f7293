import CLNF
import Foundation
import Testing
import VideoInput

/// Descriptors that stall, and the ways out.
@Suite struct PipeTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func makeFIFO() throws -> String {
    let path = folder.path("fifo-\(UUID().uuidString)")
    guard mkfifo(path, 0o600) == 0 else { throw FFmpegTool.Failed(description: "mkfifo") }
    return path
  }

  /// The error of opening and reading `path`, and the seconds that it took.
  private func failure(
    of path: String, settings: VideoSettings, interruption: Interruption = Interruption()
  ) -> (error: VideoInputError?, seconds: Double, frames: Int) {
    let clock = ContinuousClock()
    var frames = 0
    var error: VideoInputError?
    let time = clock.measure {
      error = videoError {
        let source = try VideoInput.open(path, settings: settings, interruption: interruption)
        var frame = VideoFrame()
        while try source.read(into: &frame) { frames += 1 }
      }
    }
    return (error, time / .seconds(1), frames)
  }

  @Test func nobodyOpensTheOtherEnd() throws {
    let path = try makeFIFO()
    let result = failure(of: path, settings: try VideoSettings(openDeadlineSeconds: 0.4))
    #expect(result.error?.kind == .timedOut)
    #expect(isUserMessage(result.error, naming: path))
    #expect(result.seconds > 0.35 && result.seconds < 5)
  }

  @Test func aWriterThatSendsNothing() throws {
    let path = try makeFIFO()
    // Both ways, so that opening does not wait.
    let writer = open(path, O_RDWR)
    defer { close(writer) }
    let result = failure(of: path, settings: try VideoSettings(openDeadlineSeconds: 0.4))
    #expect(result.error?.kind == .timedOut)
    #expect(result.seconds > 0.35 && result.seconds < 5)
  }

  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func aWriterThatStallsInTheMiddle() throws {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=4", "-c:v", "mjpeg", "-f",
      "matroska", "clip.mkv", in: folder)
    let bytes = try folder.read("clip.mkv")
    let path = try makeFIFO()
    let writer = open(path, O_RDWR)
    defer { close(writer) }
    Thread.detachNewThread {
      _ = bytes.withUnsafeBytes { write(writer, $0.baseAddress, $0.count / 2) }
    }
    let result = failure(
      of: path,
      settings: try VideoSettings(
        openDeadlineSeconds: 10, readDeadlineSeconds: 0.4, decoderThreads: 1))
    #expect(result.error?.kind == .timedOut)
    #expect(isUserMessage(result.error, naming: path))
    #expect(result.frames > 20 && result.frames < 100)
    #expect(result.seconds < 8)
  }

  @Test func anInterruptionEndsWaiting() throws {
    let path = try makeFIFO()
    let interruption = Interruption()
    Thread.detachNewThread {
      usleep(200_000)
      interruption.interrupt()
    }
    let result = failure(
      of: path, settings: try VideoSettings(openDeadlineSeconds: 60), interruption: interruption)
    #expect(result.error?.kind == .interrupted)
    #expect(result.seconds < 5)
  }

  @Test func anEmptyPipeIsSaidToBeEmpty() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.close()
    let error = videoError {
      _ = try VideoInput.open(
        descriptor: dup(pipe.fileHandleForReading.fileDescriptor), closesDescriptor: true,
        name: "standard input")
    }
    #expect(error?.kind == .empty)
    #expect(isUserMessage(error, naming: "standard input"))
  }

  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func aPipeThatBreaksOffIsNoticed() throws {
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-c:v", "mjpeg", "clip.avi",
      in: folder)
    let bytes = try folder.read("clip.avi")
    for (count, isEarly) in [(bytes.count, false), (bytes.count / 2, true)] {
      let pipe = Pipe()
      Thread.detachNewThread {
        pipe.fileHandleForWriting.write(Data(bytes.prefix(count)))
        try? pipe.fileHandleForWriting.close()
      }
      let source = try VideoInput.open(
        descriptor: dup(pipe.fileHandleForReading.fileDescriptor), closesDescriptor: true,
        name: "pipe")
      let frames = try records(source)
      #expect(source.report.endedEarly == isEarly)
      #expect(isEarly ? frames.count > 10 && frames.count < 50 : frames.count == 50)
    }
  }
}
