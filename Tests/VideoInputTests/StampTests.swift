import Foundation
import Testing

@testable import VideoInput

/// Wild time stamps, and recordings that wrap or follow each other in one stream.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct StampTests {
  static let second: Int64 = 90_000

  /// 60 frames of 30 a second, in the order of their times.
  static let clip = Result { () throws -> TransportStream in
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30:duration=2", "-pix_fmt", "yuv420p",
      "-c:v", "libx264", "-bf", "0", "-g", "10", "clip.ts", in: folder)
    return TransportStream(bytes: try folder.read("clip.ts"))
  }

  private func read(
    _ stream: TransportStream, _ settings: VideoSettings = .standard
  ) throws -> (times: [Double], report: SourceReport) {
    let folder = try Folder()
    try folder.write(stream.bytes, to: "clip.ts")
    let source = try VideoInput.open(folder.path("clip.ts"), settings: settings)
    let times = try records(source).map(\.seconds)
    return (times, source.report)
  }

  private func expect(
    _ times: [Double], from first: Double = 0, wild: Range<Int> = 0..<0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (index, time) in times.enumerated() where !wild.contains(index) {
      let right = abs(time - first - Double(index) / 30) < 1e-5
      #expect(right, "frame \(index + 1) is at \(time)", sourceLocation: sourceLocation)
    }
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, sourceLocation: sourceLocation)
  }

  /// Seconds ahead or back; 9800 back wraps.
  @Test(arguments: [9800, -9800, 60, -60, 1, -1, 40_000, -40_000] as [Int64])
  func aWildStampIsPutBetweenItsNeighbours(_ seconds: Int64) throws {
    let clip = try Self.clip.get()
    for count in [1, 3] {
      let wild = 30..<(30 + count)
      let (times, report) = try read(
        clip.shifted { wild.contains($0) ? seconds * Self.second : 0 })
      #expect(times.count == 60)
      expect(times, wild: wild)
      for index in wild { #expect(abs(times[index] - Double(index) / 30) < 0.04) }
      #expect(report.wildTimestamps == count, "\(report)")
      #expect(report.recordingsJoined == 0 && report.disorderedTimestamps == 0)
      #expect(report.isDamaged)
    }
  }

  @Test func startFindsItsFrameBehindAWildStamp() throws {
    let clip = try Self.clip.get().shifted { $0 == 30 ? 9800 * Self.second : 0 }
    let (times, _) = try read(clip, VideoSettings(startSeconds: 1.5))
    #expect(times.count == 15)
    expect(times, from: 1.5)
  }

  @Test func theFirstAndTheLastFrameMayBeWild() throws {
    let clip = try Self.clip.get()
    let first = try read(clip.shifted { $0 == 0 ? 9800 * Self.second : 0 })
    #expect(first.times.count == 60 && first.report.wildTimestamps == 1)
    expect(first.times)
    let last = try read(clip.shifted { $0 == 59 ? 9800 * Self.second : 0 })
    #expect(last.times.count == 60 && last.report.wildTimestamps == 1)
    expect(last.times)
  }

  /// 33 bits are full once in 26.5 hours.
  @Test func wrapsAreNoJumps() throws {
    for seconds in [1, 2, 30] as [Int64] {
      let (times, report) = try read(
        try Self.clip.get().shifted { _ in TransportStream.wrap - seconds * Self.second })
      #expect(times.count == 60)
      expect(times)
      #expect(!report.isDamaged && report.recordingsJoined == 0, "\(report)")
    }
  }

  /// The second recording begins earlier than the first, by however much: it is moved behind it.
  @Test(arguments: [0, -1, -70, -9000, -50_000] as [Int64])
  func recordingsPutEndToEndFollowEachOther(_ seconds: Int64) throws {
    let first = try Self.clip.get().shifted { _ in 60_000 * Self.second }
    let second = first.shifted { _ in seconds * Self.second }
    let (times, report) = try read(TransportStream(bytes: first.bytes + second.bytes))
    #expect(times.count == 120)
    expect(times)
    #expect(report.recordingsJoined == 1)
    #expect(report.wildTimestamps == 0 && report.disorderedTimestamps == 0)
    #expect(report.notes.contains { $0.hasPrefix("2 recordings in one") })
  }

  /// A recording that goes on later has paused.
  @Test func pausesStay() throws {
    let first = try Self.clip.get()
    let second = first.shifted { _ in 5000 * Self.second }
    let (times, report) = try read(TransportStream(bytes: first.bytes + second.bytes))
    expect(Array(times.prefix(60)))
    expect(Array(times.suffix(60)), from: 5000)
    #expect(report.wildTimestamps == 0 && report.recordingsJoined == 0)
  }

  @Test func looksAtStampsOnlyAtJumps() {
    var timeline = Timeline(
      timeBase: TimeBase(numerator: 1, denominator: 30), origin: 0, nominalFrameSeconds: nil)
    var report = SourceReport()
    var looks = 0
    for stamp in 0..<30 as Range<Int64> {
      _ = timeline.place(stamp, duration: 1, report: &report) { _, _ in
        looks += 1
        return .time(stamp + 1)
      }
    }
    // At the first frame, whose stamp nothing else bears out.
    #expect(looks == 1)
    #expect(!report.isDamaged)
  }

  @Test func unwrapsNearTheWrapAlone() throws {
    let base = TimeBase(numerator: 1, denominator: 90_000)
    var unwrapping = try #require(StampUnwrapping(bits: 33, timeBase: base))
    let wrap = TransportStream.wrap
    let stamps: [Int64] = [
      wrap - 300, wrap - 100, 50, wrap - 20, 200, 9800 * 90_000, 400, wrap - 1,
    ]
    let times = stamps.map { unwrapping.unwrap($0) }
    #expect(
      times == [
        wrap - 300, wrap - 100, wrap + 50, wrap - 20, wrap + 200, wrap + 9800 * 90_000,
        wrap + 400, wrap - 1,
      ])
    #expect(unwrapping.hasWrapped)
    #expect(StampUnwrapping(bits: 64, timeBase: base) == nil)
    for stamp in [Int64.min, .max, 0, -1] { _ = unwrapping.unwrap(stamp) }
  }

  // MARK: - Times that are stated for decoding alone

  @Test(arguments: [["mpeg4", "2"], ["libx264", "3"], ["libx264", "0"], ["mpeg4", "0"]])
  func framesOfAVIAreNotLate(_ codec: [String]) throws {
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-pix_fmt", "yuv420p",
      "-c:v", codec[0], "-bf", codec[1], "-g", "20", "clip.avi", in: folder)
    for start in [0, 0.52] {
      let source = try VideoInput.open(
        folder.path("clip.avi"), settings: VideoSettings(startSeconds: start))
      let frames = try records(source)
      #expect(frames.count == (start == 0 ? 50 : 37))
      for frame in frames {
        #expect(abs(frame.seconds - Double(frame.number - 1) / 25) < 1e-9, "\(frame.number)")
      }
      #expect(!source.report.isDamaged, "\(source.report)")
    }
  }

  /// I B B P in the order of decoding I P B B; the second packet gives no frame.
  @Test func aPacketWithoutAFrameMovesNoLaterTime() {
    var times = DecodingTimes()
    for time in 0..<10 as Range<Int64> { times.packet(at: time) }
    let own: [Int64] = [0, 2, 3, 5, 6, 4, 8, 9, 7]
    let found = own.map { times.frame(of: $0, delay: 1) }
    #expect(found == [0, 1, 2, 4, 5, 6, 7, 8, 9])
  }

  // MARK: - Start

  /// Frame n is at n/30 s, which no decimal states exactly, and containers round it to their ticks.
  @Test(arguments: ["mp4", "mkv", "ts", "avi"])
  func startAtAFramesTimeBeginsThere(_ container: String) throws {
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30:duration=1", "-pix_fmt", "yuv420p",
      "-c:v", container == "avi" ? "mpeg4" : "libx264", "-g", "10", "clip.\(container)", in: folder)
    let path = folder.path("clip.\(container)")
    var sum = 0.0
    for index in 0..<30 {
      let decimal = (Double(index) / 30 * 1e6).rounded(.down) / 1e6
      for start in [sum, decimal, (Double(index) / 30 * 1e6).rounded(.up) / 1e6] {
        let source = try VideoInput.open(path, settings: VideoSettings(startSeconds: start))
        var frame = VideoFrame()
        #expect(try source.read(into: &frame))
        let number = frame.number
        #expect(number == index + 1, "--start \(start)")
      }
      sum += 1.0 / 30
    }
    let part = try VideoInput.open(
      path, settings: VideoSettings(startSeconds: 0.1, durationSeconds: 0.2))
    #expect(try records(part).map(\.number) == Array(4...9))
  }
}
