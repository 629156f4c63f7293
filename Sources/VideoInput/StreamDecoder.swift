import CFFmpeg
import CFFmpegShims
import FoundationEssentials

/// A demuxer and a decoder that together give frames; decode errors are counted and passed over.
final class StreamDecoder {
  let demuxer: Demuxer
  let decoder: Decoder
  private let watch: IOWatch
  private let readDeadlineSeconds: Double
  /// Whether `demuxer.packet` still has to be handed over.
  private var hasPacket = false
  private var isDraining = false
  /// Failures without a packet taken or a frame given in between; a decoder that only fails must
  /// not keep us for ever.
  private var failuresInARow = 0

  /// Where the container states decoding times alone.
  private var decodingTimes: DecodingTimes?
  /// The time stamp of `decoder.frame` in ticks; nil where it has none.
  private(set) var timestamp: Int64?
  private var stampOrder = StampOrder()
  /// Whether a packet has been read.
  private var hasBegun = false
  /// Packets that should each have given a frame, less the frames that came.
  private(set) var framesOwed = 0

  private static let failureLimit = 1000

  /// Opens `input`; see `Demuxer` and `Decoder` for what it throws, and `.tooLarge`.
  init(
    _ input: MediaInput, name: String, settings: VideoSettings, watch: IOWatch
  ) throws(VideoInputError) {
    self.watch = watch
    readDeadlineSeconds = settings.readDeadlineSeconds
    watch.start(seconds: settings.openDeadlineSeconds)
    demuxer = try Demuxer(input, name: name, settings: settings, watch: watch)
    guard let parameters = demuxer.stream.pointee.codecpar else {
      throw Demuxer.outOfMemory(name)
    }
    let width = Int(parameters.pointee.width)
    let height = Int(parameters.pointee.height)
    guard settings.largestPicture.takes(width: width, height: height) else {
      throw settings.largestPicture.refusal(name, width: width, height: height)
    }
    if demuxer.containerName == "avi" { decodingTimes = DecodingTimes() }
    decoder = try Decoder(
      parameters, timeBase: demuxer.stream.pointee.time_base,
      use: .recording(threads: Self.threads(settings, width: width, height: height)),
      largest: settings.largestPicture, name: name)
  }

  /// Up to full HD one core decodes faster than another one tracks: more threads than the other cores
  /// would only take turns with the tracker (docs/results/2026-11-25-zen4.md).
  private static func threads(_ settings: VideoSettings, width: Int, height: Int) -> Int {
    guard settings.decoderThreads == 0 else { return settings.decoderThreads }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    // 1088: full HD as it is coded.
    return min(width * height <= 1920 * 1088 ? max(1, cores - 1) : cores, 64)
  }

  var codec: AVCodecID { decoder.context.pointee.codec_id }

  /// Fills `decoder.frame` with the next frame. Returns false at the end.
  func nextFrame(_ report: inout SourceReport) throws(VideoInputError) -> Bool {
    defer { report.corruptPackets = demuxer.corruptPackets }
    while failuresInARow < Self.failureLimit {
      if watch.interruption.isInterrupted { try demuxer.checkStopped(operation: "read") }
      switch decoder.receive() {
      case .frame:
        failuresInARow = 0
        framesOwed -= 1
        timestamp = frameTimestamp()
        return true
      case .end:
        return false
      case .failed(let code):
        try decoder.checkSize()
        report.countDecodeError(libraryText(code))
        framesOwed -= 1
        failuresInARow += 1
      case .needsInput:
        if isDraining { return false }
      }
      try feed(&report)
    }
    return false
  }

  private func feed(_ report: inout SourceReport) throws(VideoInputError) {
    guard !isDraining else { return }
    if !hasPacket {
      watch.start(seconds: readDeadlineSeconds)
      hasPacket = try demuxer.readPacket()
      if hasPacket { noteDecodingTime() }
    }
    guard hasPacket else {
      isDraining = true
      _ = decoder.send(nil)
      return
    }
    let code = decoder.send(demuxer.packet)
    // Only a decoder that has frames to give says this: the packet is kept for the next round.
    if code == landmarkd_averror_eagain {
      failuresInARow += 1
      return
    }
    hasPacket = false
    if code < 0 {
      try decoder.checkSize()
      report.countDecodeError(libraryText(code))
      return
    }
    failuresInARow = 0
    let packet = demuxer.packet.pointee
    // What an edit list cuts off is decoded but never comes out.
    if packet.flags & AV_PKT_FLAG_DISCARD == 0 { framesOwed += 1 }
    if packet.pts != landmarkd_av_nopts_value { decodingTimes?.packet(at: packet.pts) }
  }

  /// Frames that the decoder kept to itself, once the end is reached; 0 where a packet need not be a
  /// frame (fields, hidden frames, frames that only repeat the one before).
  var framesLost: Int {
    guard let parameters = demuxer.stream.pointee.codecpar else { return 0 }
    let order = parameters.pointee.field_order
    guard [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC].contains(parameters.pointee.codec_id),
      order == AV_FIELD_PROGRESSIVE || order == AV_FIELD_UNKNOWN
    else { return 0 }
    return max(0, framesOwed)
  }

  // MARK: - Time stamps

  /// Packets that have only a decoding time carry it through the decoder.
  private func noteDecodingTime() {
    let packet = demuxer.packet
    guard packet.pointee.dts != landmarkd_av_nopts_value else { return }
    if decodingTimes == nil, packet.pointee.pts == landmarkd_av_nopts_value, !hasBegun,
      !demuxer.statesNoTimes
    {
      decodingTimes = DecodingTimes()
    }
    hasBegun = true
    if decodingTimes != nil { packet.pointee.pts = packet.pointee.dts }
  }

  /// The pts; where it is missing or the pts of the stream run backwards, FFmpeg's best effort.
  private func frameTimestamp() -> Int64? {
    let none = landmarkd_av_nopts_value
    let (pts, best) = (decoder.frame.pointee.pts, decoder.frame.pointee.best_effort_timestamp)
    if decodingTimes != nil, pts != none {
      return decodingTimes?.frame(of: pts, delay: Int(decoder.context.pointee.has_b_frames))
    }
    if pts != none, stampOrder.isSound(pts) { return pts }
    return best != none ? best : pts != none ? pts : nil
  }
}

/// Whether a stream's pts may be believed: some writers put decoding times in their place, and then
/// every few frames run backwards. A wild stamp now and then says nothing about the others.
struct StampOrder {
  private var last: Int64?
  private var frames = 0
  private var disordered = 0

  mutating func isSound(_ pts: Int64) -> Bool {
    frames += 1
    if let last, pts <= last { disordered += 1 }
    last = pts
    return disordered * 16 <= frames
  }
}
