import Foundation
import Testing

@testable import VideoInput

/// The second opening of a file, for its sound.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct SoundReaderTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func make(_ name: String, _ options: [String]) throws {
    try FFmpegTool.run(
      ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-f", "lavfi", "-i"]
        + ["sine=d=2:r=48000", "-c:v", "mpeg2video"] + options + [name], in: folder)
  }

  private func reader(
    _ name: String, settings: VideoSettings = .standard, from seconds: Double = 0,
    isCut: Bool = false, interruption: Interruption = Interruption()
  ) -> SoundReader? {
    SoundReader(
      of: name == "-" ? name : folder.path(name), settings: settings, from: seconds, isCut: isCut,
      interruption: interruption)
  }

  /// The times of all packets, in samples, and their ends.
  private func spans(_ reader: SoundReader?) -> [Range<Int64>] {
    guard let reader else { return [] }
    var found: [Range<Int64>] = []
    repeat { found.append(reader.time..<(reader.time + reader.duration)) } while reader.advance()
    return found
  }

  /// A FIFO that nobody writes: opening it would wait for ever.
  @Test(arguments: ["clip.mp4", "clip"])
  func aPlaylistOpensNothing(name: String) throws {
    #expect(mkfifo(folder.path("part.ts"), 0o600) == 0)
    for text in [
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n",
      "ffconcat version 1.0\nfile part.ts\n",
    ] {
      try folder.write(Array(text.utf8), to: name)
      #expect(reader(name) == nil)
    }
  }

  @Test func onlyFilesWithTheirOwnTimes() throws {
    try make("in.mkv", ["-c:a", "aac"])
    #expect(reader("in.mkv") != nil)
    #expect(reader("in.mkv", settings: try VideoSettings(frameRate: 25)) == nil)
    #expect(reader("in.mkv", from: 2.5, isCut: true) == nil)
    let interruption = Interruption()
    interruption.interrupt()
    #expect(reader("in.mkv", interruption: interruption) == nil)
    try make("mute.mkv", ["-an"])
    try make("raw.m2v", ["-an", "-f", "mpeg2video"])
    try FFmpegTool.run("-i", "in.mkv", "-frames:v", "1", "still.png", in: folder)
    mkfifo(folder.path("fifo"), 0o600)
    for name in ["-", "mute.mkv", "raw.m2v", "still.png", "fifo", "none.mkv", ""] {
      #expect(reader(name) == nil, "\(name)")
    }
  }

  /// Samples are cut where the pictures begin and end, to the sample.
  @Test func samplesAreCut() throws {
    try make("in.mov", ["-c:a", "pcm_s16le"])
    let settings = try VideoSettings(startSeconds: 0.4, durationSeconds: 1)
    let part = spans(reader("in.mov", settings: settings, from: 0.41, isCut: true))
    #expect(part.first?.lowerBound == 0 && part.last?.upperBound == 47_520)
    for (one, next) in zip(part, part.dropFirst()) { #expect(one.upperBound == next.lowerBound) }
    #expect(spans(reader("in.mov")).last?.upperBound == 96_000)
  }

  /// Matroska's milliseconds: packets follow each other to the sample all the same.
  @Test func roundedStampsAreSmoothed() throws {
    try make("in.mkv", ["-c:a", "aac"])
    let all = spans(reader("in.mkv"))
    #expect(all.count > 90)
    let steps = zip(all, all.dropFirst()).map { $1.lowerBound - $0.upperBound }
    // The first stamps may be rounded from another place.
    #expect(steps.allSatisfy { abs($0) < 24 } && steps.dropFirst(4).allSatisfy { $0 == 0 })
  }

  /// Times begin late, and wrap in the middle or between the first sound and the first picture.
  @Test(arguments: ["0", "50", "95442.7", "95443.7"])
  func lateAndWrappedStamps(offset: String) throws {
    try make("plain.mkv", ["-c:a", "ac3"])
    try FFmpegTool.run(
      "-i", "plain.mkv", "-c", "copy", "-muxdelay", "0", "-muxpreload", "0", "-output_ts_offset",
      offset, "in.ts", in: folder)
    let (plain, stamped) = (spans(reader("plain.mkv")), spans(reader("in.ts")))
    #expect(plain.count > 60 && plain.count == stamped.count)
    for (one, other) in zip(plain, stamped) {
      #expect(abs(one.lowerBound - other.lowerBound) < 100, "\(one) \(other)")
    }
  }
}
