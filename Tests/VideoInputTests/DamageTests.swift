import CLNF
import Foundation
import TestSupport
import Testing
import VideoInput

/// Files that were cut off or damaged: seen, counted, and read as far as they go.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct DamageTests {
  /// What ffmpeg writes, by name, with its codecs. Two streams, so that neither is the file's end.
  static let files: [String: [String]] = [
    "clip.mp4": ["-c:v", "libx264", "-c:a", "aac"],
    "fast.mp4": ["-c:v", "libx264", "-c:a", "aac", "-movflags", "faststart"],
    "fragments.mp4": [
      "-c:v", "libx264", "-g", "25", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov",
    ],
    "clip.mov": ["-c:v", "mpeg4", "-c:a", "aac"],
    "clip.mkv": ["-c:v", "libx264", "-c:a", "aac"],
    "clip.webm": ["-c:v", "libvpx", "-c:a", "libopus"],
    "clip.avi": ["-c:v", "mpeg4", "-c:a", "mp2"],
    "bframes.avi": ["-c:v", "mpeg4", "-bf", "2", "-c:a", "mp2"],
    "clip.wmv": ["-c:v", "wmv2", "-c:a", "wmav2"],
    "clip.ts": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "clip.mpg": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "clip.flv": ["-c:v", "flv", "-c:a", "mp3", "-ar", "44100"],
    "sparse.mp4": ["-c:v", "libx264", "-c:a", "aac", "-r", "2"],
    "sparse.avi": ["-c:v", "mpeg4", "-c:a", "mp2", "-r", "2"],
  ]

  static let material = Result { () throws -> Folder in
    let folder = try Folder()
    for (name, options) in files {
      // The sound is longer than the picture: that alone is no sign of a cut.
      try FFmpegTool.run(
        ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=4"]
          + ["-f", "lavfi", "-i", "sine=duration=6"] + options + [name], in: folder)
    }
    return folder
  }

  @Test(arguments: files.keys.sorted())
  func intactFilesDoNotEndEarly(_ name: String) throws {
    let source = try VideoInput.open(Self.material.get().path(name))
    let frames = try records(source)
    #expect(!source.report.endedEarly, "\(source.report.endedEarlyReason ?? "")")
    #expect(name.hasPrefix("sparse") ? frames.count >= 8 : frames.count == 100)
    #expect(source.report.damage == [])
  }

  /// Containers in which a cut at any place is seen. MPEG program streams promise nothing, so they
  /// are not here; FLV is seen up to half a second before its end.
  @Test(arguments: files.keys.sorted().filter { $0 != "clip.mpg" })
  func cutFilesEndEarly(_ name: String) throws {
    let folder = try Self.material.get()
    let bytes = try folder.read(name)
    let percentages = name == "clip.flv" ? [20, 50, 80] : [20, 50, 80, 95, 99]
    for percent in percentages {
      // Never a whole number of transport packets: between two of them a cut leaves no trace.
      let count = bytes.count * percent / 100 | 1
      let cut = "\(percent)-\(name)"
      try folder.write(bytes.prefix(count), to: cut)
      var report: SourceReport?
      let error = videoError {
        let source = try VideoInput.open(folder.path(cut))
        _ = try records(source)
        report = source.report
      }
      if let error {
        // An MP4 whose index stood behind the cut cannot be read at all; it says so.
        #expect(isUserMessage(error, naming: cut))
        #expect(error.description.contains("cut off") || percent == 20, "\(error)")
      } else {
        #expect(report?.endedEarly == true, "\(percent) % of \(name)")
        #expect(report?.endedEarlyReason?.isEmpty == false)
      }
    }
  }

  /// As a download leaves it that reserved the file's whole length first.
  @Test(arguments: ["clip.mkv", "clip.avi", "clip.webm", "clip.flv"])
  func blankTailsEndEarly(_ name: String) throws {
    let folder = try Self.material.get()
    var bytes = try folder.read(name)
    let start = bytes.count * 6 / 10
    for index in start..<bytes.count { bytes[index] = 0 }
    try folder.write(bytes, to: "blank-\(name)")
    let source = try VideoInput.open(folder.path("blank-\(name)"))
    _ = try records(source)
    #expect(source.report.endedEarly)
  }

  /// Not AVI, Matroska and ASF: their demuxers go on at the next sound packet and say nothing.
  @Test(arguments: ["fast.mp4", "clip.mov", "clip.ts"])
  func damageInTheMiddleIsCountedAndPassedOver(_ name: String) throws {
    let folder = try Self.material.get()
    var bytes = try folder.read(name)
    var random = SeededGenerator(seed: 4)
    for index in (bytes.count / 2)..<(bytes.count / 2 + bytes.count / 20) {
      bytes[index] = UInt8.random(in: 0...255, using: &random)
    }
    try folder.write(bytes, to: "hit-\(name)")
    let source = try VideoInput.open(folder.path("hit-\(name)"))
    let frames = try records(source)
    let report = source.report
    #expect(report.decodeErrors + report.damagedFrames + report.corruptPackets > 0)
    #expect(report.decodeErrors == 0 || report.firstDecodeError?.isEmpty == false)
    #expect(report.damagedFrames == frames.count(where: \.isDamaged))
    #expect(frames.count > 60, "what follows the damage is read")
    #expect((frames.last?.seconds ?? 0) > 3.5)
    #expect(frames.map(\.number) == Array(1...frames.count))
    #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
  }

  /// A packet that no decoder can make anything of.
  @Test func framesThatFailAreCounted() throws {
    let folder = try Folder()
    try FFmpegTool.run(
      "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=2", "-c:v", "png", "clip.mov",
      in: folder)
    var bytes = try folder.read("clip.mov")
    // The signature of the fifth picture.
    var place = bytes.startIndex
    for _ in 0..<5 {
      let rest = bytes[(place + 1)...]
      place = try #require(rest.firstRange(of: Array("PNG\r\n".utf8))).lowerBound
    }
    bytes[place] = 0
    try folder.write(bytes, to: "broken.mov")
    let whole = try records(VideoInput.open(folder.path("clip.mov")))
    let source = try VideoInput.open(folder.path("broken.mov"))
    let frames = try records(source)
    #expect(source.report.decodeErrors == 1)
    #expect(source.report.firstDecodeError != nil)
    #expect(frames.map(\.grey) == whole.enumerated().filter { $0.offset != 4 }.map(\.element.grey))
    #expect(frames.map(\.number) == Array(1...19))
    #expect(abs(frames[4].seconds - 0.5) < 1e-9, "the times keep the gap")
    #expect(!source.report.endedEarly)
  }
}
