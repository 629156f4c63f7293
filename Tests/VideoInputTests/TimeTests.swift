import CLNF
import Foundation
import Testing

@testable import VideoInput

/// Times: from the time stamps, exactly, and never from number and rate.
@Suite struct TimeTests {
  @Test(
    .enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing), arguments: ["mp4", "mkv", "webm"])
  func keepsVariableRate(_ container: String) throws {
    let folder = try Folder()
    // Gaps of 40, 80 and 240 ms.
    try FFmpegTool.run(
      "-f", "lavfi", "-i",
      "testsrc2=size=64x48:rate=25:duration=3,select='lt(mod(n\\,9)\\,3)+eq(mod(n\\,9)\\,4)'",
      "-fps_mode", "vfr", "-pix_fmt", "yuv420p", "-c:v",
      container == "webm" ? "libvpx" : "libx264", "clip.\(container)", in: folder)
    let indices = (0..<75).filter { [0, 1, 2, 4].contains($0 % 9) }
    let frames = try records(VideoInput.open(folder.path("clip.\(container)")))
    #expect(frames.count == indices.count)
    for (frame, index) in zip(frames, indices) {
      #expect(abs(frame.seconds - Double(index) * 0.04) < 1e-9, "frame \(frame.number)")
    }
  }

  @Test(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
  func secondsAreTicksTimesTheTimeBase() throws {
    let folder = try Folder()
    // NTSC's rate has no exact decimal; the stream starts late.
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30000/1001:duration=2", "-vf",
      "setpts=PTS+5/TB", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2",
      "-video_track_timescale", "30000", "-metadata",
      "creation_time=2024-03-01T12:00:00.500000Z", "clip.mov", in: folder)
    let source = try VideoInput.open(folder.path("clip.mov"))
    var frame = VideoFrame()
    var first: Int64?
    while try source.read(into: &frame) {
      let timestamp = frame.presentationTimestamp
      let ticks = try #require(timestamp)
      let origin = first ?? ticks
      first = origin
      let number = frame.number
      #expect(ticks - origin == Int64(number - 1) * 1001)
      let seconds = frame.timestampSeconds
      #expect(seconds == Double(ticks - origin) / 30000)
      let stated = frame.utcSeconds
      let utc = try #require(stated)
      // 2024-03-01 12:00:00 UTC; MP4 keeps whole seconds.
      #expect(abs(utc - 1_709_294_400 - seconds) < 1)
    }
    #expect(source.report.framesDelivered == 60)
  }

  /// Starts at every half second in containers with B frames and sparse key frames give the same
  /// frames, numbers and times as reading all.
  @Test(
    .enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing),
    arguments: ["mp4", "mkv", "avi", "ts", "wmv", "webm"])
  func startIsExact(_ container: String) throws {
    let folder = try Folder()
    let codec =
      switch container {
      case "avi": "mpeg4"
      case "wmv": "wmv2"
      case "webm": "libvpx"
      default: "libx264"
      }
    let bFrames = codec == "libx264" || codec == "mpeg4" ? ["-bf", "2"] : []
    try FFmpegTool.run(
      ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=4", "-pix_fmt", "yuv420p"]
        + ["-c:v", codec, "-g", "20"] + bFrames + ["clip.\(container)"], in: folder)
    let path = folder.path("clip.\(container)")
    let all = try records(VideoInput.open(path))
    #expect(all.count == 100)
    for start in stride(from: 0.5, to: 4, by: 0.5) {
      let found = try records(VideoInput.open(path, settings: VideoSettings(startSeconds: start)))
      #expect(found == all.filter { $0.seconds >= start }, "from \(start) s")
    }
    let error = videoError {
      _ = try records(VideoInput.open(path, settings: VideoSettings(startSeconds: 60)))
    }
    #expect(error?.kind == .startBeyondEnd)
    #expect(isUserMessage(error, naming: "clip.\(container)"))
  }

  @Test func continuesMissingTimes() {
    var timeline = Timeline(
      timeBase: TimeBase(numerator: 1, denominator: 100), origin: 50, nominalFrameSeconds: 0.5)
    var report = SourceReport()
    let seconds = [(50, 0), (nil, 20), (nil, 0), (200, 0)].map { stamp, duration in
      timeline.place(stamp, duration: Int64(duration), report: &report)
    }
    #expect(zip(seconds, [0, 0.2, 0.7, 1.5]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(report.missingTimestamps == 2 && report.disorderedTimestamps == 0)
  }

  @Test func movesGlitchesAndLaterRecordings() {
    var timeline = Timeline(
      timeBase: TimeBase(numerator: 1, denominator: 10), origin: nil, nominalFrameSeconds: 0.1)
    var report = SourceReport()
    let joined: [Int64] = [100, 101, 102, 101, 103, 104, 105, 106, 107, 108, 400, 401]
    let stamps: [Int64] = [100, 101, 101, 102, 200, 201] + joined
    let seconds = stamps.enumerated().map { index, stamp in
      timeline.place(stamp, duration: 1, report: &report) { ahead, _ in
        index + ahead + 1 < stamps.count ? .time(stamps[index + ahead + 1]) : .end
      }
    }
    // Twice the same, or a little back: a microsecond on. Back by 10 s: another recording, put
    // behind the first. Ahead: a pause.
    let expected =
      [0, 0.1, 0.100001, 0.2, 10, 10.1, 10.2, 10.3, 10.4, 10.400001]
      + [10.5, 10.6, 10.7, 10.8, 10.9, 11, 40.2, 40.3]
    #expect(zip(seconds, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(seconds)")
    #expect(report.repeatedTimestamps == 1 && report.disorderedTimestamps == 1)
    #expect(report.recordingsJoined == 1 && report.wildTimestamps == 0)
  }

  @Test func extremeTimesDoNotTrap() {
    for origin in [Int64.min, -1, 0, .max] {
      var timeline = Timeline(
        timeBase: TimeBase(numerator: .max, denominator: 1), origin: origin,
        nominalFrameSeconds: nil)
      var report = SourceReport()
      for stamp in [Int64.max, .min, 0, -1, .max] {
        let seconds = timeline.place(stamp, duration: stamp, report: &report)
        #expect(seconds.isFinite)
      }
    }
    #expect(TimeBase(numerator: 0, denominator: 0).seconds(1000) == 1)
    #expect(TimeBase(numerator: 1, denominator: 1).ticks(.nan) == 0)
    #expect(TimeBase(numerator: 1, denominator: .max).ticks(1e300) > 1 << 61)
  }

  @Test func settingsAreChecked() {
    for broken in [
      { () throws -> VideoSettings in try VideoSettings(startSeconds: -1) },
      { try VideoSettings(startSeconds: .nan) }, { try VideoSettings(durationSeconds: 0) },
      { try VideoSettings(everyNthFrame: 0) }, { try VideoSettings(decoderThreads: -1) },
      { try VideoSettings(frameRate: 0) }, { try VideoSettings(openDeadlineSeconds: 0) },
    ] {
      #expect(videoError { _ = try broken() }?.kind == .invalidSettings)
    }
  }
}
