import CFFmpeg
import CFFmpegShims
import VideoInput

/// A recorded file's sound on its way into a container: each packet with the container's times.
///
/// Containers differ in what they can say of times:
/// - .mp4 and .mov have times below 0, which are not heard: a lead-in stays where it is.
/// - .mkv and .webm begin at 0: a lead-in of at most 30 ms stays, and everything begins as much later.
/// - .avi has no times but the packets' order: a lead-in of at most 30 ms makes the sound as much
///   later, and gaps are filled with silent samples. Sound that is not samples ends at a gap.
///
/// FFmpeg 5.1 notes the delay of Opus (7 ms as a rule) in .mkv and .webm without adding it to the
/// times: the sound is as much early.
final class SoundTrack {
  private let reader: SoundReader
  private let stream: UnsafeMutablePointer<AVStream>
  private let kind: Kind
  private let clock: AVRational
  /// Where the next packet goes, in samples.
  private var time: Int64
  /// What is added to the times, in samples.
  private var shift: Int64 = 0
  private var lastTicks: Int64?
  private let silence: SilentPacket?
  private var isSilent = false
  /// Why the sound ends before its end, if it is known.
  private(set) var problem: String?

  private enum Kind {
    case editList
    case fromZero
    case inOrder
  }

  /// What times may be off by, where a container cannot say them.
  private static let toleranceSeconds = 0.03

  /// Whether a container takes the sound.
  static func fits(_ reader: SoundReader, in kind: UnsafePointer<AVOutputFormat>) -> Bool {
    guard !reader.isAtEnd, takes(reader, kind) else { return false }
    return self.kind(of: kind) != .inOrder || SilentPacket(reader) != nil || !isLate(reader)
  }

  /// What is said of a sound that does not fit the video `path`.
  static func refusal(of reader: SoundReader, path: String) -> String {
    let own = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    let isOnlyLate = VideoContainer.kind(of: path).map { takes(reader, $0) } ?? false
    let other = ["mkv", "mov", "mp4"].first { name in
      guard name != own, let kind = VideoContainer.kind(of: "a." + name) else { return false }
      return fits(reader, in: kind)
    }
    return
      "its sound (\(reader.codec)\(isOnlyLate ? ", which begins later" : "")) does not go into "
      + ".\(own)" + (other.map { "; .\($0) takes it" } ?? "")
  }

  private static func takes(
    _ reader: SoundReader, _ kind: UnsafePointer<AVOutputFormat>
  ) -> Bool {
    let codec = reader.parameters.pointee.codec_id
    guard avformat_query_codec(kind, codec, FF_COMPLIANCE_NORMAL) == 1 else { return false }
    // Without times, a packet has to be as long as the next, or samples.
    return self.kind(of: kind) != .inOrder || reader.bytesPerSample != nil
      || reader.samplesPerPacket > 0
  }

  private static func isLate(_ reader: SoundReader) -> Bool {
    Double(reader.time) > toleranceSeconds * Double(reader.sampleRate)
  }

  private static func kind(of format: UnsafePointer<AVOutputFormat>) -> Kind {
    if String(cString: format.pointee.name) == "avi" { return .inOrder }
    return format.pointee.flags & AVFMT_TS_NEGATIVE != 0 ? .editList : .fromZero
  }

  /// Adds a stream for the sound to a container without a header yet.
  init(
    _ reader: SoundReader, in format: UnsafeMutablePointer<AVFormatContext>
  ) throws(FFmpegFailure) {
    guard let stream = avformat_new_stream(format, nil), let parameters = stream.pointee.codecpar
    else { throw FFmpegFailure("avformat_new_stream", "out of memory") }
    self.reader = reader
    self.stream = stream
    kind = Self.kind(of: format.pointee.oformat)
    clock = AVRational(num: 1, den: reader.sampleRate)
    time = reader.time
    silence = kind == .inOrder ? SilentPacket(reader) : nil
    try FFmpegFailure.check(
      "avcodec_parameters_copy", avcodec_parameters_copy(parameters, reader.parameters))
    // Each container has names of its own for a codec.
    parameters.pointee.codec_tag = 0
    // .mkv is not to take it off the times once more; Opus has to have it.
    if parameters.pointee.codec_id != AV_CODEC_ID_OPUS { parameters.pointee.initial_padding = 0 }
    // In .avi, packets with a size of their own would be counted in bytes.
    if kind == .inOrder, silence == nil { parameters.pointee.block_align = 0 }
    stream.pointee.time_base = clock
    // Times are set here.
    format.pointee.avoid_negative_ts = 0
  }

  /// To be called once there is a header. Returns what is to be added to the pictures' times, in ticks
  /// of `timeBase`.
  func begin(_ timeBase: AVRational) -> Int64 {
    guard kind != .editList else { return 0 }
    while reader.time < -tolerance, reader.advance() {}
    time = reader.time
    guard kind == .fromZero else {
      time = 0
      aim()
      return 0
    }
    shift = max(0, -time)
    return av_rescale_q(shift, clock, timeBase)
  }

  private var tolerance: Int64 { Int64(Self.toleranceSeconds * Double(reader.sampleRate)) }

  /// Whether the next packet is heard up to `ticks`; nil: whether there is one.
  func isDue(_ ticks: Int64?, _ timeBase: AVRational) -> Bool {
    guard !reader.isAtEnd, problem == nil else { return false }
    return ticks.map { av_compare_ts(time + shift, clock, $0, timeBase) <= 0 } ?? true
  }

  /// Gives the next packet the container's times.
  func stamped() -> UnsafeMutablePointer<AVPacket> {
    let packet = isSilent ? silence?.packet ?? reader.packet : reader.packet
    let base = stream.pointee.time_base
    var ticks = av_rescale_q(time + shift, clock, base)
    // Containers take no time twice.
    if let lastTicks { ticks = max(ticks, lastTicks + 1) }
    lastTicks = ticks
    packet.pointee.stream_index = stream.pointee.index
    packet.pointee.pts = ticks
    packet.pointee.dts = ticks
    packet.pointee.duration = av_rescale_q(length, clock, base)
    packet.pointee.pos = -1
    return packet
  }

  private var length: Int64 { isSilent ? silence?.length ?? 0 : reader.duration }

  /// Goes to the packet behind, if there is one.
  func advance() {
    let end = time + length
    if !isSilent, !reader.advance() {
      problem = reader.problem
      return
    }
    time = reader.time
    guard kind == .inOrder else { return }
    time = end
    aim()
  }

  /// Ends the sound: the muxer does not take its packet.
  func refuse() { problem = "its sound ends where the container does not take it" }

  /// Where only the order counts: puts silence in front of the reader's packet where something is
  /// missing, and passes over packets that come too early.
  private func aim() {
    while !reader.isAtEnd {
      let gap = reader.time - time
      isSilent = gap > tolerance && silence != nil
      if isSilent { silence?.fill(gap) }
      if gap > tolerance, !isSilent {
        problem = "its sound ends at a gap, which .avi cannot have"
        return
      }
      if gap >= -tolerance { return }
      _ = reader.advance()
    }
    problem = reader.problem
  }
}
