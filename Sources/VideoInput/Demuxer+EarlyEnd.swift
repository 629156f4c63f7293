import CFFmpeg
import CFFmpegShims
import Glibc
import SystemNames

/// Where the packets end, in seconds of the container's own clock.
struct PacketEnds {
  /// Of all streams: a container's duration is that of its longest one.
  private(set) var latestSeconds = 0.0
  /// Of the picture stream.
  private(set) var pictureSeconds = 0.0

  mutating func note(
    _ packet: UnsafePointer<AVPacket>, of stream: UnsafePointer<AVStream>, isPicture: Bool
  ) {
    let time =
      packet.pointee.pts != landmarkd_av_nopts_value ? packet.pointee.pts : packet.pointee.dts
    guard time != landmarkd_av_nopts_value else { return }
    let base = TimeBase(
      numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den)
    let end = base.seconds(time) + base.seconds(max(0, packet.pointee.duration))
    latestSeconds = max(latestSeconds, end)
    if isPicture { pictureSeconds = max(pictureSeconds, end) }
  }
}

extension Demuxer {
  /// Why the input ended before what it promised, or nil. Ask after the last packet.
  ///
  /// Four signs, none of which an intact file shows:
  /// 1. libavformat ended with an error instead of the end of the file (MP4 whose sample table
  ///    points behind the end);
  /// 2. the headers state more bytes than there are (`ContainerPromise`);
  /// 3. the last packet is incomplete (not asked of transport streams, where the flag also means
  ///    a lost packet);
  /// 4. the pictures end more than three frames and half a second before the end that the header
  ///    states for them: what remains of a file whose tail is there but blank. Asked only of
  ///    containers whose header has a duration that counts to the end of the last packet.
  ///
  /// What cannot be seen: a transport stream cut between two packets, fragmented MP4 cut between
  /// two fragments, a live recording whose headers promise nothing, raw streams.
  func earlyEnd() -> String? {
    if let endError { return "reading ended with an error: \(endError)" }
    if let shortfall = Self.shortfall(of: input) { return shortfall }
    let container = containerName
    if lastPacketWasCut && container != "mpegts" { return "the last packet is cut off" }
    return missingTail(container)
  }

  private func missingTail(_ container: String) -> String? {
    guard let (promised, missing) = promise(container) else { return nil }
    guard missing > max(0.5, 3 / (nominalRate ?? 25)) else { return nil }
    return
      "the last \(Int(min(missing, 1e9) * 1000)) of \(Int(min(promised, 1e9) * 1000)) ms are missing"
  }

  /// The seconds that the header states, and how many of them did not come. Other tracks (chapters,
  /// subtitles, sound, timecode) may be longer than the pictures, and not all of them are handed out.
  private func promise(_ container: String) -> (promised: Double, missing: Double)? {
    // Their own length, from their own beginning.
    if container.hasPrefix("mov") || container.hasPrefix("avi") {
      guard let stated = statedSeconds else { return nil }
      return (stated, stated - (ends.pictureSeconds - (seconds(stream.pointee.start_time) ?? 0)))
    }
    guard context.pointee.duration_estimation_method == AVFMT_DURATION_FROM_STREAM,
      context.pointee.duration > 0
    else { return nil }
    let whole = Double(context.pointee.duration) / Double(AV_TIME_BASE)
    if container.hasPrefix("matroska") {
      // Both count from 0, wherever the stamps begin.
      if let own = taggedSeconds, own < whole { return (own, own - ends.pictureSeconds) }
      return (whole, whole - ends.latestSeconds)
    }
    guard container.hasPrefix("flv") else { return nil }
    let start = context.pointee.start_time
    let begin = start != landmarkd_av_nopts_value ? Double(start) / Double(AV_TIME_BASE) : 0
    return (whole, begin + whole - ends.latestSeconds)
  }

  private var statedSeconds: Double? {
    let index = Int(streamIndex)
    guard index < statedDurations.count, statedDurations[index] > 0 else { return nil }
    return seconds(statedDurations[index])
  }

  private func seconds(_ ticks: Int64) -> Double? {
    guard ticks != landmarkd_av_nopts_value else { return nil }
    return TimeBase(
      numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den
    ).seconds(ticks)
  }

  /// The end of the picture track as its DURATION tag has it, "00:01:02.345000000". With a language
  /// behind the name it may be of another file that the track was copied from.
  private var taggedSeconds: Double? {
    guard let entry = av_dict_get(stream.pointee.metadata, "DURATION", nil, 0),
      let value = entry.pointee.value
    else { return nil }
    let parts = String(cString: value).split(separator: ":").map { Double($0) }
    guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2]
    else { return nil }
    let total = hours * 3600 + minutes * 60 + seconds
    return total.isFinite && total > 0 ? total : nil
  }

  /// Why the bytes are fewer than their headers state, or nil.
  static func shortfall(of input: MediaInput) -> String? {
    switch input {
    case .descriptor(let descriptor):
      return descriptor.promise?.shortfall()
    case .http(let recording):
      return recording.promise?.shortfall()
    case .file(let path):
      let descriptor = SystemNames.open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      return ContainerPromise(descriptor: descriptor)?.shortfall()
    }
  }
}
