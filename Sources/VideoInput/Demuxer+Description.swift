import CFFmpeg
import CFFmpegShims

extension Demuxer {
  /// What the container says about itself; `frameRate`: instead of its own rate, if given.
  func describe(_ report: inout SourceReport, frameRate: Double?) -> SourceDescription {
    let parameters = stream.pointee.codecpar.pointee
    let aspect = av_guess_sample_aspect_ratio(context, stream, nil)
    let geometry = FrameConverter.Geometry(
      frame: nil, stream: stream, aspect: aspect, report: &report)
    let size = geometry.deliveredSize(
      width: Int(parameters.width), height: Int(parameters.height))
    let rate = nominalRate
    var duration = durationSeconds
    var count: Int?
    if stream.pointee.nb_frames > 0 {
      count = Int(clamping: stream.pointee.nb_frames)
    } else if let rate, let duration, rate * duration < 1e12 {
      count = Int((rate * duration).rounded())
    }
    if let frameRate { duration = count.map { Double($0) / frameRate } }
    return SourceDescription(
      name: name, container: containerName, codec: Decoder.name(of: parameters.codec_id),
      width: size.width, height: size.height, nominalFramesPerSecond: frameRate ?? rate,
      durationSeconds: duration, frameCountEstimate: count)
  }

  /// The indices of the video streams, without cover pictures.
  var videoStreams: [Int] {
    (0..<Int(context.pointee.nb_streams)).filter { index in
      guard let stream = context.pointee.streams[index] else { return false }
      return stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
        && stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
    }
  }

  /// What is to be said where there are several video streams and none was asked for.
  func choiceNote(_ chosen: Int?) -> String? {
    let streams = videoStreams
    guard streams.count > 1, chosen == nil else { return nil }
    let texts = streams.prefix(16).enumerated().map { position, index in
      let parameters = context.pointee.streams[index]?.pointee.codecpar.pointee
      let size = "\(parameters?.width ?? 0) x \(parameters?.height ?? 0)"
      return
        "\(position + 1): \(size) \(Decoder.name(of: parameters?.codec_id ?? AV_CODEC_ID_NONE))"
    }
    let taken = (streams.firstIndex(of: Int(streamIndex)) ?? 0) + 1
    return "it has \(streams.count) video streams (\(texts.joined(separator: ", "))); "
      + "\(taken) was read, --video-stream N reads another"
  }

  /// The stream of that number, else libavformat's best; negative where there is none.
  func chosenStream(_ number: Int?) throws(VideoInputError) -> Int32 {
    let best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
    let streams = videoStreams
    guard let number, !streams.isEmpty else { return best }
    guard number <= streams.count else {
      throw VideoInputError(
        .noVideoStream, operation: "open", source: name, problem: "no video stream \(number)",
        expected: streams.count == 1 ? "1: it has one" : "1 to \(streams.count)")
    }
    return Int32(clamping: streams[number - 1])
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

  /// Whether the container states no times, so that libavformat invents them (raw streams).
  var statesNoTimes: Bool {
    guard let format = context.pointee.iformat else { return false }
    return format.pointee.flags & AVFMT_NOTIMESTAMPS != 0
      || Self.rawContainers.contains(containerName) || containerName.hasSuffix("_pipe")
  }

  /// Raw streams that libavformat does not flag, beside images after one another ("jpeg_pipe").
  private static let rawContainers: Set<String> = [
    "h261", "h263", "h264", "hevc", "vvc", "m4v", "mpegvideo", "vc1", "cavsvideo", "avs2", "avs3",
    "dirac", "dnxhd", "obu", "evc",
  ]

  /// Frames a second as stated or guessed by libavformat; nil where it is no believable number.
  var nominalRate: Double? {
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
}
