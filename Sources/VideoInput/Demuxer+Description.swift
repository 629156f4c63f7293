import CFFmpeg
import CFFmpegShims
import Glibc

extension Demuxer {
  /// What the container says about itself.
  func describe(_ report: inout SourceReport) -> SourceDescription {
    let parameters = stream.pointee.codecpar.pointee
    let aspect = av_guess_sample_aspect_ratio(context, stream, nil)
    let geometry = FrameConverter.Geometry(
      frame: nil, stream: stream, aspect: aspect, report: &report)
    let size = geometry.deliveredSize(
      width: Int(parameters.width), height: Int(parameters.height))
    let rate = nominalRate
    let duration = durationSeconds
    var count: Int?
    if stream.pointee.nb_frames > 0 {
      count = Int(clamping: stream.pointee.nb_frames)
    } else if let rate, let duration, rate * duration < 1e12 {
      count = Int((rate * duration).rounded())
    }
    return SourceDescription(
      name: name, container: containerName, codec: Decoder.name(of: parameters.codec_id),
      width: size.width, height: size.height, nominalFramesPerSecond: rate,
      durationSeconds: duration, frameCountEstimate: count)
  }

  /// The times of the stream, from its beginning.
  func timeline() -> Timeline {
    let start = stream.pointee.start_time
    return Timeline(
      timeBase: TimeBase(
        numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den),
      origin: start != landmarkd_av_nopts_value ? start : nil,
      nominalFrameSeconds: nominalRate.map { 1 / $0 })
  }

  /// Frames a second as stated or guessed by libavformat; nil where it is no believable number.
  private var nominalRate: Double? {
    let rate = av_guess_frame_rate(context, stream, nil)
    guard rate.num > 0, rate.den > 0 else { return nil }
    let value = Double(rate.num) / Double(rate.den)
    // Beyond the fastest cameras it is the tick of the time base that was guessed.
    return value >= 0.001 && value <= 10_000 ? value : nil
  }

  private var durationSeconds: Double? {
    let ticks = stream.pointee.duration
    if ticks > 0 {
      let base = TimeBase(
        numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den)
      return base.seconds(ticks)
    }
    let duration = context.pointee.duration
    return duration > 0 ? Double(duration) / Double(AV_TIME_BASE) : nil
  }

  // MARK: - Files that were cut off

  /// Why the input ended before what it promised, or nil. Ask after the last packet.
  ///
  /// Four signs, none of which an intact file shows:
  /// 1. libavformat ended with an error instead of the end of the file (MP4 whose sample table
  ///    points behind the end);
  /// 2. the headers state more bytes than there are (`ContainerPromise`);
  /// 3. the last packet is incomplete (not asked of transport streams, where the flag also means
  ///    a lost packet);
  /// 4. the packets of all streams end more than three frames and half a second before the
  ///    duration in the header: what remains of a file whose tail is there but blank. Asked only
  ///    of containers whose header has a duration that counts to the end of the last packet.
  ///
  /// What cannot be seen: a transport stream cut between two packets, fragmented MP4 cut between
  /// two fragments, a live recording whose headers promise nothing, raw streams.
  func earlyEnd() -> String? {
    if let endError { return "reading ended with an error: \(endError)" }
    if let shortfall = shortfall() { return shortfall }
    let container = containerName
    if lastPacketWasCut && container != "mpegts" { return "the last packet is cut off" }
    return missingTail(container)
  }

  private static let containersWithDuration = ["mov", "avi", "matroska", "flv"]

  private func missingTail(_ container: String) -> String? {
    guard Self.containersWithDuration.contains(where: { container.hasPrefix($0) }),
      context.pointee.duration_estimation_method == AVFMT_DURATION_FROM_STREAM,
      context.pointee.duration > 0
    else { return nil }
    let start = context.pointee.start_time
    let startSeconds =
      start != landmarkd_av_nopts_value ? Double(start) / Double(AV_TIME_BASE) : 0
    let promised = Double(context.pointee.duration) / Double(AV_TIME_BASE)
    let missing = startSeconds + promised - latestEndSeconds
    guard missing > max(0.5, 3 / (nominalRate ?? 25)) else { return nil }
    return "the last \(Int(missing * 1000)) of \(Int(promised * 1000)) ms are missing"
  }

  private func shortfall() -> String? { Self.shortfall(of: input) }

  /// Why the bytes are fewer than their headers state, or nil.
  static func shortfall(of input: MediaInput) -> String? {
    switch input {
    case .descriptor(let descriptor):
      return descriptor.promise?.shortfall()
    case .http(let recording):
      return recording.promise?.shortfall()
    case .file(let path):
      let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      return ContainerPromise(descriptor: descriptor)?.shortfall()
    }
  }
}
