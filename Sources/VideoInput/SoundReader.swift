import CFFmpeg
import CFFmpegShims
import Glibc

/// The sound that goes with the frames of a recorded file: the packets of its best audio stream, as
/// they are, each with its time on the frames' clock.
///
/// The file is opened once more by the rules of every recorded input (`Demuxer`). Damaged packets are
/// left out; whatever ends the reading ends the sound, without an error.
///
/// Not to be used by two threads at once. Cost: opening the file, and reading it up to the first
/// packet.
public final class SoundReader {
  /// FFmpeg's name of the codec.
  public let codec: String
  /// Why the sound ends before that of the file, if it is known.
  public private(set) var problem: String?

  /// What a muxer has to know of the stream; there as long as this lives.
  package let parameters: UnsafePointer<AVCodecParameters>
  package let sampleRate: Int32
  /// When the packet is heard, in samples, 0 where the sound is asked to begin; below 0 is a lead-in,
  /// which a decoder may need and nobody is to hear.
  package private(set) var time: Int64 = 0
  /// How long it is heard, in samples; 0 where nothing says it.
  package private(set) var duration: Int64 = 0

  private let demuxer: Demuxer
  private let watch: IOWatch
  private let readDeadlineSeconds: Double
  private let timeBase: TimeBase
  /// Of the audio stream's clock, in samples: where `time` is 0.
  private let origin: Int64
  private let leadIn: Int64
  /// Where the sound ends.
  private let limit: Int64
  /// Bytes of all channels' samples at one time; nil where packets cannot be cut.
  package let bytesPerSample: Int64?
  private var lastTime: Int64?
  /// Where the packet after the last is expected, as `av_rescale_delta` counts.
  private var expected = landmarkd_av_nopts_value
  /// Whether there is no packet any more.
  package private(set) var isAtEnd = false

  /// The longest lead-in. Encoders put up to 50 ms of silence in front.
  private static let leadInSeconds = 0.1
  /// Times further back are another recording's, times further ahead are wild.
  private static let backwardSeconds = 0.25
  private static let aheadSeconds = 3600.0

  /// Opens the sound of the input that `settings` read the frames of, and goes to its first packet.
  /// Nil where there is none: no audio stream, an input that cannot be opened again or has not its
  /// own times, an error.
  ///
  /// - Parameters:
  ///   - seconds: of the rows' time stamps: where the sound begins.
  ///   - isCut: whether the frames in front of `seconds` were left out, and so has to be the sound.
  public init?(
    of input: String, settings: VideoSettings, from seconds: Double, isCut: Bool,
    interruption: Interruption
  ) {
    guard Self.isOwnFile(input), settings.frameRate == nil else { return nil }
    watch = IOWatch(interruption)
    watch.start(seconds: settings.openDeadlineSeconds)
    readDeadlineSeconds = settings.readDeadlineSeconds
    guard
      let demuxer = try? Demuxer(.file(path: input), name: input, settings: settings, watch: watch),
      !demuxer.statesNoTimes, let begin = demuxer.timeline().origin, let index = demuxer.bestSound,
      let stream = demuxer.context.pointee.streams[Int(index)],
      let parameters = stream.pointee.codecpar,
      Self.sampleRates.contains(parameters.pointee.sample_rate)
    else { return nil }
    self.demuxer = demuxer
    self.parameters = UnsafePointer(parameters)
    codec = Decoder.name(of: parameters.pointee.codec_id)
    let rate = Double(parameters.pointee.sample_rate)
    sampleRate = parameters.pointee.sample_rate
    timeBase = TimeBase(
      numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den)
    bytesPerSample = Self.bytesPerSample(parameters.pointee)
    let start = demuxer.timeline().timeBase.seconds(begin)
    guard abs(start) < Self.longestSeconds, abs(seconds) < Self.longestSeconds else { return nil }
    origin = Int64((start * rate).rounded()) + Int64((seconds * rate).rounded())
    // Stamps are rounded: half a millisecond is none.
    leadIn = Int64(rate * (isCut || bytesPerSample != nil ? 0.0005 : Self.leadInSeconds))
    let end = settings.durationSeconds.map { settings.startSeconds + $0 - seconds }
    limit = end.map { Int64((min($0, Self.longestSeconds) * rate).rounded()) } ?? .max
    demuxer.give(index, near: timeBase.ticks(start))
    guard advance() || problem != nil else { return nil }
  }

  /// What is taken for a sample rate, and for a time.
  private static let sampleRates: ClosedRange<Int32> = 1...3_000_000
  private static let longestSeconds = 1e9

  /// Whether it is a recorded file with times of its own, which can be opened again.
  private static func isOwnFile(_ input: String) -> Bool {
    guard input != "-", VideoInput.httpAddress(input) == nil,
      let mode = try? checkReadable(input), mode & S_IFMT == S_IFREG
    else { return false }
    return !ImageFormat.isStillImage(path: input)
  }

  /// How many samples each packet has; 0 where they differ.
  package var samplesPerPacket: Int32 {
    let counted = av_get_audio_frame_duration2(UnsafeMutablePointer(mutating: parameters), 0)
    return counted > 0 ? counted : parameters.pointee.frame_size
  }

  private static func bytesPerSample(_ parameters: AVCodecParameters) -> Int64? {
    let name = String(cString: avcodec_get_name(parameters.codec_id))
    let bits = Int64(av_get_exact_bits_per_sample(parameters.codec_id))
    let bytes = bits * Int64(parameters.ch_layout.nb_channels) / 8
    guard name.hasPrefix("pcm_"), !name.hasSuffix("_planar"), bits > 0, bits % 8 == 0,
      (1...65_536).contains(bytes)
    else { return nil }
    return bytes
  }

  /// The packet that `advance` went to, with the times of the file; its reader may change them.
  package var packet: UnsafeMutablePointer<AVPacket> { demuxer.packet }

  /// Goes to the next packet that is heard. Returns false at the end, and then for ever.
  package func advance() -> Bool {
    while !isAtEnd, read() {
      guard packet.pointee.flags & AV_PKT_FLAG_CORRUPT == 0, packet.pointee.size > 0, place() else {
        continue
      }
      guard followsTheLast() else {
        if problem != nil { break }
        continue
      }
      guard time < limit else { break }
      lastTime = time
      cut()
      if time >= -leadIn { return true }
    }
    isAtEnd = true
    return false
  }

  /// Whether the packet is behind the one before. Sets `problem` where the sound has to end.
  private func followsTheLast() -> Bool {
    let rate = Double(sampleRate)
    let last = lastTime ?? min(time, 0)
    if time - last > Int64(Self.aheadSeconds * rate) {
      problem = "its sound ends where its times jump ahead"
    } else if last - time > Int64(Self.backwardSeconds * rate) {
      problem = "its sound ends where its times run backwards"
    } else {
      return lastTime == nil || time > last
    }
    return false
  }

  private func read() -> Bool {
    watch.start(seconds: readDeadlineSeconds)
    return (try? demuxer.readPacket()) ?? false
  }

  /// Sets `time` and `duration`; false where there is no time that could be one.
  private func place() -> Bool {
    let size = packet.pointee.size
    let clock = AVRational(num: 1, den: sampleRate)
    let base = AVRational(num: timeBase.numerator, den: timeBase.denominator)
    let counted =
      bytesPerSample.map { Int64(size) / $0 }
      ?? Int64(av_get_audio_frame_duration2(UnsafeMutablePointer(mutating: parameters), size))
    let stated = Int64(
      min(max(timeBase.seconds(packet.pointee.duration), 0), 3600) * Double(sampleRate))
    duration = min(counted > 0 ? counted : stated, Int64(Int32.max))
    let none = landmarkd_av_nopts_value
    let stamp = packet.pointee.pts != none ? packet.pointee.pts : packet.pointee.dts
    guard stamp != none else {
      guard expected != none else { return false }
      time = expected - origin
      expected += duration
      return true
    }
    guard abs(timeBase.seconds(stamp)) < Self.longestSeconds else { return false }
    // Ticks coarser than a sample: packets that follow each other do so to the sample.
    time = av_rescale_delta(base, stamp, clock, Int32(duration), &expected, clock) - origin
    return true
  }

  /// Cuts off what lies in front of 0 or behind the end, where samples are bytes.
  private func cut() {
    guard let bytesPerSample, duration > 0 else { return }
    let front = min(max(0, -time), duration)
    let behind = limit == .max ? 0 : min(max(0, time + duration - limit), duration)
    guard front + behind > 0, front + behind < duration else { return }
    packet.pointee.data += Int(front * bytesPerSample)
    packet.pointee.size = Int32((duration - front - behind) * bytesPerSample)
    time += front
    duration -= front + behind
  }
}

extension Demuxer {
  /// The audio stream that goes best with the pictures.
  fileprivate var bestSound: Int32? {
    let index = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, streamIndex, nil, 0)
    return index >= 0 && index < Int32(clamping: context.pointee.nb_streams) ? index : nil
  }
}
