import Foundation
import Testing
import VideoInput

/// What a container promises is compared with what its own pictures deliver: stamps that begin late
/// and other tracks that are longer do not make a whole file a truncated one.
@Suite(.enabled(if: FFmpegTool.path != nil, FFmpegTool.isMissing))
struct PromiseTests {
  /// 60 frames of 30 a second, three seconds of sound.
  static let material = Result { () throws -> Folder in
    let folder = try Folder()
    let picture = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=30:duration=2"]
    let sound = ["-f", "lavfi", "-i", "sine=duration=3"]
    let coded = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "30", "-bf", "2", "-c:a", "aac"]
    try FFmpegTool.run(picture + coded + ["silent.mp4"], in: folder)
    try FFmpegTool.run(picture + sound + coded + ["sound.mp4"], in: folder)
    try FFmpegTool.run(
      picture + sound + ["-c:v", "libvpx", "-c:a", "libopus", "sound.webm"], in: folder)
    let chapters = [(0, 1000), (1000, 5000)].map {
      "[CHAPTER]\nTIMEBASE=1/1000\nSTART=\($0)\nEND=\($1)\ntitle=part\n"
    }
    try folder.write((";FFMETADATA1\n" + chapters.joined()).utf8, to: "chapters.txt")
    let lines = "1\n00:00:00,100 --> 00:00:01,000\nA\n\n2\n00:00:04,000 --> 00:00:06,000\nB\n\n"
    try folder.write(lines.utf8, to: "lines.srt")
    return folder
  }

  private static let sound = ["-i", "sound.mp4"]
  private static let copy = ["-c", "copy"]
  private static let both = ["-map", "0:v", "-map", "1"]

  /// How ffmpeg makes each kind, with the ends of the file's names.
  static let kinds: [String: (options: [String], containers: [String])] = [
    "offset": (sound + copy + ["-output_ts_offset", "5"], ["mp4", "mov", "mkv", "ts", "flv"]),
    "kept": (["-ss", "1", "-copyts"] + sound + copy, ["mp4", "mov", "mkv", "ts", "flv"]),
    "shifted": (["-itsoffset", "7"] + sound + copy, ["mp4", "mov", "mkv"]),
    "picture-late": (
      ["-itsoffset", "3", "-i", "silent.mp4"] + sound + ["-map", "0:v", "-map", "1:a"] + copy,
      ["mp4", "mov", "mkv", "flv"]
    ),
    "sound-late": (
      ["-i", "silent.mp4", "-itsoffset", "3"] + sound + ["-map", "0:v", "-map", "1:a"] + copy,
      ["mp4", "mov", "mkv"]
    ),
    "offset-web": (["-i", "sound.webm", "-output_ts_offset", "5"] + copy, ["webm"]),
    "offset-fragments": (
      sound + copy + ["-output_ts_offset", "5", "-movflags", "frag_keyframe+empty_moov"], ["mp4"]
    ),
    "offset-avi": (
      sound + ["-c:v", "mpeg4", "-c:a", "mp2", "-output_ts_offset", "5"], ["avi"]
    ),
    "chapters": (
      ["-i", "silent.mp4", "-i", "chapters.txt", "-map_metadata", "1"] + copy,
      ["mp4", "mov", "mkv"]
    ),
    "lines": (
      ["-i", "silent.mp4", "-i", "lines.srt"] + both + ["-c:v", "copy", "-c:s", "mov_text"],
      ["mp4", "mov"]
    ),
    "lines-beside": (
      ["-i", "silent.mp4", "-i", "lines.srt"] + both + ["-c:v", "copy", "-c:s", "srt"], ["mkv"]
    ),
    "timecode": (["-i", "silent.mp4", "-timecode", "01:00:00:00"] + copy, ["mp4", "mov"]),
    "edited": (["-ss", "0.5"] + sound + copy, ["mp4", "mov"]),
  ]

  @Test(arguments: kinds.keys.sorted())
  func wholeFilesAreWhole(_ kind: String) throws {
    let material = try Self.material.get()
    let made = try #require(Self.kinds[kind])
    for container in made.containers {
      let name = "\(kind).\(container)"
      try FFmpegTool.run(made.options + [name], in: material)
      let source = try VideoInput.open(material.path(name))
      let frames = try records(source)
      #expect(!source.report.endedEarly, "\(name): \(source.report.endedEarlyReason ?? "")")
      #expect(source.report.damage == [], "\(name)")
      #expect(frames.count >= (kind == "kept" ? 30 : 44), "\(name)")

      // The same without its end is not.
      guard container != "flv", kind != "offset-fragments" else { continue }
      let bytes = try material.read(name)
      let cut = "cut-\(name)"
      try material.write(bytes.prefix(bytes.count * 7 / 10 | 1), to: cut)
      var endedEarly = false
      let error = videoError {
        let source = try VideoInput.open(material.path(cut))
        _ = try records(source)
        endedEarly = source.report.endedEarly
      }
      #expect(endedEarly || error?.description.contains("cut off") == true, "\(cut)")
    }
  }

  @Test(arguments: ["mp4", "mov", "mkv", "ts"])
  func segmentsAreWhole(_ container: String) throws {
    let material = try Self.material.get()
    try FFmpegTool.run(
      Self.sound + Self.copy
        + ["-f", "segment", "-segment_time", "1", "segment%d.\(container)"], in: material)
    let source = try VideoInput.open(material.path("segment1.\(container)"))
    let frames = try records(source)
    #expect(frames.count == 30)
    #expect(!source.report.isDamaged, "\(source.report)")
  }

  /// A tail of zeros in a file whose stamps begin late: nothing but the promise tells it.
  @Test(arguments: ["offset.mkv", "offset-web.webm"])
  func blankTailsAreMissed(_ name: String) throws {
    let material = try Self.material.get()
    let kind = String(name.prefix { $0 != "." })
    try FFmpegTool.run(try #require(Self.kinds[kind]).options + ["tail-\(name)"], in: material)
    var bytes = try material.read("tail-\(name)")
    for index in (bytes.count / 2)..<bytes.count { bytes[index] = 0 }
    try material.write(bytes, to: "blank-\(name)")
    let source = try VideoInput.open(material.path("blank-\(name)"))
    _ = try records(source)
    #expect(source.report.endedEarly)
  }
}
