import Foundation
import Glibc
import Testing

/// The sound of an overlay video: that of the input, as it is, in time with the pictures.
@Suite(.enabled(if: Media.hasFFmpeg, Media.isMissing))
struct OverlaySoundTests {
  let folder: Scratch

  init() throws { folder = try Scratch() }

  /// A stream's packets as ffprobe reads them.
  private func times(_ name: String, _ stream: String) throws -> [Double] {
    let result = try RunningCommand(
      [
        "ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
        "packet=pts_time,dts_time", "-of", "compact=p=0", name,
      ], in: folder
    ).wait()
    // AVI states the order of decoding alone.
    return result.output.split(separator: "\n").compactMap { line in
      let stamps = line.split(separator: "|").prefix(2).compactMap { entry in
        entry.contains("pts_time=") || entry.contains("dts_time=")
          ? Double(entry.split(separator: "=").last ?? "") : nil
      }
      return stamps.first
    }
  }

  /// Times of the sound, 0 at the first picture.
  private func sound(_ name: String) throws -> [Double] {
    let first = try #require(try times(name, "v").min(), "\(name)")
    return try times(name, "a").map { $0 - first }
  }

  /// What ffmpeg decodes of the sound.
  private func samples(_ name: String) throws -> Data {
    try Media.ffmpeg(["-i", name, "-map", "0:a", "-f", "s16le", name + ".raw"], in: folder)
    return try folder.data(name + ".raw")
  }

  /// Noise, so that samples are found in one place only; `late` seconds behind the pictures.
  private func make(
    _ name: String, video: String = "mpeg4", audio: String, late: Double = 0, seconds: Double = 2
  ) throws {
    try Media.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=\(seconds)", "-itsoffset",
        "\(late)", "-f", "lavfi", "-i",
        "anoisesrc=d=\(seconds - late):r=48000:seed=1:a=0.3", "-c:v", video, "-c:a", audio, name,
      ], in: folder)
  }

  private func track(_ input: String, _ output: String, _ options: String...) throws
    -> Command.Result
  {
    try Command.run(
      ["track", input, "--model", Fixtures.model, "-o", "o.csv", "--overlay", output, "--force"]
        + options, in: folder)
  }

  private func isSame(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 0.03 }
  }

  @Test(arguments: [
    ("aac", "in.mp4", ["mp4", "mov", "mkv", "avi"]), ("aac", "in.ts", ["mp4", "mkv"]),
    ("libopus", "in.webm", ["webm", "mkv", "mp4"]), ("libopus", "in.mkv", ["webm"]),
    ("pcm_s16le", "in.avi", ["avi", "mov", "mkv"]), ("pcm_s24le", "in.mov", ["mov", "avi"]),
    ("libmp3lame", "in.mkv", ["mp4", "avi"]), ("ac3", "in.mkv", ["mov"]),
  ])
  func allPacketsAtTheirTimes(codec: String, input: String, outputs: [String]) throws {
    try make(input, video: input.hasSuffix("webm") ? "libvpx" : "mpeg4", audio: codec)
    let stated = try sound(input)
    let whole = try samples(input)
    #expect(stated.count > 20)
    for ending in outputs {
      let output = "out." + ending
      let result = try track(input, output)
      #expect(result.status == 0 && !result.errors.contains("note"), "\(result)")
      #expect(try isSame(sound(output), stated), "\(input) -> \(output)")
      #expect(try times(output, "v").count == 50)
      // What stands around a lossy codec's samples is the container's: the middle is whole.
      let quarter = whole.count / 8 * 2
      let middle = whole[quarter..<(3 * quarter)]
      #expect(try samples(output).range(of: middle) != nil, "\(input) -> \(output)")
    }
  }

  @Test func soundThatBeginsLater() throws {
    for (codec, input, outputs) in [
      ("aac", "late.mp4", ["mp4", "mkv"]), ("libopus", "late.mkv", ["webm"]),
      ("pcm_s16le", "late.mov", ["mov"]),
    ] {
      try make(input, audio: codec, late: 0.5)
      let stated = try sound(input)
      #expect((0.45...0.51).contains(stated.first ?? 0))
      for ending in outputs {
        let result = try track(input, "out." + ending)
        #expect(result.status == 0, "\(result)")
        #expect(try isSame(sound("out." + ending), stated), "\(input) -> \(ending)")
      }
    }
    // Silent samples stand for what AVI has no times for.
    #expect(try track("late.mov", "out.avi").status == 0)
    let silence = Data(count: 2 * 24_000)
    #expect(try samples("out.avi") == silence + samples("late.mov"))
    let refused = try track("late.mp4", "out.avi")
    #expect(
      refused.lines.first
        == "note: late.mp4: its sound (aac, which begins later) does not go into .avi; .mkv takes it"
    )
    #expect(try times("out.avi", "a").isEmpty && times("out.avi", "v").count == 50)
  }

  /// Only the sound of the part, 0 at its first picture.
  @Test func theSoundOfAPart() throws {
    try make("in.mp4", audio: "aac", seconds: 4)
    try make("in.mov", audio: "pcm_s16le", seconds: 4)
    let part = ["--start", "1", "--duration", "1"]
    let expected = try sound("in.mp4").filter { $0 >= 0.9995 && $0 < 2 }.map { $0 - 1 }
    for output in ["a.mp4", "a.mkv"] {
      #expect(try track("in.mp4", output, part[0], part[1], part[2], part[3]).status == 0)
      #expect(try isSame(sound(output), expected), "\(output)")
      #expect(try times(output, "v").count == 25)
    }
    let all = try samples("in.mov")
    for output in ["a.mov", "a.avi", "b.mkv"] {
      #expect(try track("in.mov", output, part[0], part[1], part[2], part[3]).status == 0)
      // To the sample.
      #expect(try samples(output) == all[(2 * 48_000)..<(4 * 48_000)], "\(output)")
      #expect(abs(try sound(output).first ?? 1) < 0.001)
    }
    // A part without sound has no empty stream either.
    try make("late.mp4", audio: "aac", late: 1.5)
    #expect(try track("late.mp4", "c.mp4", "--duration", "1").status == 0)
    #expect(try times("c.mp4", "a").isEmpty && times("c.mp4", "v").count == 25)
  }

  @Test(arguments: ["in.mkv", "in.avi", "in.ts"])
  func aCutFileHasTheSoundUpToThere(input: String) throws {
    try make(input, audio: "libmp3lame", seconds: 4)
    let stated = try sound(input)
    let bytes = try folder.data(input)
    try folder.write(bytes.prefix(bytes.count * 6 / 10), to: input)
    let result = try track(input, "out.mp4")
    #expect(result.status == 2 || result.status == 0, "\(result)")
    let drawn = try sound("out.mp4")
    #expect(drawn.count > 40 && drawn.count < stated.count)
    #expect(isSame(drawn, Array(stated.prefix(drawn.count))))
    #expect(try samples("out.mp4").count > 100_000)
  }

  /// Damage in the middle loses sound, never the drawing.
  @Test(arguments: ["mkv", "avi", "ts", "mp4"])
  func damagedBytes(ending: String) throws {
    try make("in." + ending, audio: "aac", seconds: 4)
    var bytes = try folder.data("in." + ending)
    for place in stride(from: bytes.count / 3, to: bytes.count * 2 / 3, by: 997) {
      bytes[place] ^= 0x5A
    }
    try folder.write(bytes, to: "in." + ending)
    for output in ["out.mp4", "out.mkv", "out.avi"] {
      let result = try track("in." + ending, output)
      #expect(result.status == 0 || result.status == 2, "\(result)")
      #expect(try times(output, "v").count > 20)
    }
  }

  /// What an interrupted run leaves has the sound of its pictures.
  @Test func anInterruptedDrawingHasSound() throws {
    try make("in.mkv", audio: "aac", seconds: 120)
    let run = try RunningCommand(
      [Command.path, "track", "in.mkv", "--model", Fixtures.model, "-q"]
        + ["-o", "o.csv", "--overlay", "out.mp4"], in: folder)
    try waitUntil("a partial") { folder.size("out.mp4.partial") > 100_000 }
    run.kill(SIGINT)
    let result = try run.wait()
    #expect(result.status == 130, "\(result)")
    let end = try #require(times("out.mp4.partial", "v").max())
    let sound = try times("out.mp4.partial", "a")
    #expect(end < 119 && abs((sound.last ?? 0) - end) < 0.1)
    #expect(try samples("out.mp4.partial").count > 1000)
  }

  @Test func whatHasNoSoundOrCannotSayWhenItIs() throws {
    try make("in.mkv", audio: "aac")
    try Media.ffmpeg(["-i", "in.mkv", "-an", "-c", "copy", "mute.mkv"], in: folder)
    let mute = try track("mute.mkv", "mute.mp4")
    #expect(mute.status == 0 && mute.lines.count == 1, "\(mute)")
    #expect(try track("in.mkv", "rate.mp4", "--frame-rate", "10").status == 0)
    let piped = try Command.run(
      ["track", "-", "--model", Fixtures.model, "-o", "p.csv", "--overlay", "pipe.mp4"],
      in: folder, input: folder.file("in.mkv"))
    #expect(piped.status == 0, "\(piped)")
    for output in ["mute.mp4", "rate.mp4", "pipe.mp4"] {
      #expect(try times(output, "a").isEmpty && times(output, "v").count == 50, "\(output)")
    }
  }

  @Test func aCodecThatDoesNotFitIsSaid() throws {
    try make("in.mkv", audio: "pcm_s16le")
    let said = "note: in.mkv: its sound (pcm_s16le) does not go into .webm; .mkv takes it"
    let result = try track("in.mkv", "out.webm")
    #expect(result.status == 0 && result.lines.first == said, "\(result)")
    #expect(try times("out.webm", "v").count == 50)
    #expect(try track("in.mkv", "out.webm", "-q").errors == "")
  }

  /// Recordings put end to end: the times of the sound begin anew, and the later pictures' do not.
  @Test func soundOfJoinedRecordingsEnds() throws {
    try make("one.ts", audio: "aac")
    let bytes = try folder.data("one.ts")
    try folder.write(bytes + bytes, to: "two.ts")
    let result = try track("two.ts", "out.mp4")
    #expect(result.status == 0, "\(result)")
    #expect(
      result.lines.contains("note: two.ts: its sound ends where its times run backwards"),
      "\(result)")
    #expect(try times("out.mp4", "v").count == 100)
    #expect(try isSame(sound("out.mp4"), sound("one.ts")))
  }
}
