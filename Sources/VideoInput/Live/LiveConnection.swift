import CFFmpeg
import CFFmpegShims
import CLNF
import Glibc
import SystemSupport

/// One opened live source: from opening to loss. One thread.
final class LiveConnection {
  /// What came with a frame.
  struct Times {
    /// Of the monotonic clock.
    var captureSeconds: Double
    var presentationTimestamp: Int64?
    var timeBase: TimeBase
    /// Whether the stream's time jumped before this frame.
    var isJump: Bool
    /// By how much earlier the connection's frames before this one were taken than was said.
    var correctionSeconds = 0.0
    /// Whether `captureSeconds` is when the picture came, for want of anything better.
    var isTimedByArrival = false
  }

  /// What was met since the last look.
  struct Counts {
    var undecodable = 0
    var corruptPackets = 0
  }

  let codec: String
  private var counts = Counts()
  /// FFmpeg's name of the last frame's pixel format.
  private(set) var pixelFormat = ""

  private let address: LiveAddress
  private let settings: LiveSettings
  private let watch: IOWatch
  private let packets: any LivePackets
  private let packet: UnsafeMutablePointer<AVPacket>
  private var decoder: Decoder?
  private let converter: FrameConverter
  private var times: LiveTimes
  private var lastFormat: Int32 = -1
  private var heldOrientation: HeldOrientation
  /// When the last picture came, of the monotonic clock.
  private var lastPicture: Double
  /// Bad packets in a row.
  private var badPackets = 0
  private var isJump = false
  /// How long the last packet was waited for, seconds.
  private var waited = 0.0
  private var pacing: PollPacing

  /// A camera whose packets are bad this often in a row has changed its format: it is opened anew.
  private static let badPacketLimit = 8
  /// So many frames that a camera of a stated rate did not give are a silence.
  private static let missedFrames = 3.0

  /// Opens `address`. Throws what `LiveFormat.open` throws, `.noVideoStream`, `.noDecoder`.
  init(
    _ address: LiveAddress, _ settings: LiveSettings, _ watch: IOWatch
  ) throws(VideoInputError) {
    self.address = address
    self.settings = settings
    self.watch = watch
    converter = FrameConverter(settings.greyConversion, keepsColour: settings.keepsColour)
    watch.start(seconds: settings.openDeadlineSeconds)
    packets = try LiveFormat.open(address, settings, watch)
    let stream = packets.stream
    guard let parameters = stream.pointee.codecpar, let packet = av_packet_alloc() else {
      throw Demuxer.outOfMemory(address.shown)
    }
    self.packet = packet
    codec = Decoder.name(of: parameters.pointee.codec_id)
    heldOrientation = HeldOrientation(codec: parameters.pointee.codec_id)
    times = LiveTimes(packets.context, stream, isCamera: address.isCamera)
    pacing = PollPacing(framesPerSecond: packets.nominalFramesPerSecond)
    lastPicture = Clocks.monotonicSeconds
    decoder = try Decoder(
      parameters, timeBase: stream.pointee.time_base, use: .live,
      largest: settings.largestPicture, name: address.shown)
  }

  deinit {
    // A camera's pictures are the driver's memory: all have to be given back before it is closed.
    decoder = nil
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    av_packet_free(&packet)
  }

  /// Frames a second that the source states, or is asked for; nil where neither is known.
  var nominalFramesPerSecond: Double? { packets.nominalFramesPerSecond }

  /// What the user should know of what was opened.
  var note: String? {
    guard address.isCamera, let parameters = packets.stream.pointee.codecpar?.pointee else {
      return nil
    }
    var differences: [String] = []
    if let width = settings.width, let height = settings.height,
      (width, height) != (Int(parameters.width), Int(parameters.height))
    {
      differences.append(
        "\(parameters.width) x \(parameters.height) instead of \(width) x \(height)")
    }
    if let wanted = settings.framesPerSecond, let rate = nominalFramesPerSecond,
      abs(rate - wanted) > 0.01 * wanted
    {
      differences.append("\(rate) frames/s instead of \(wanted)")
    }
    if let wanted = settings.pixelFormat, wanted != codec {
      let format = LiveStream.formatName(parameters.format)
      if format != wanted { differences.append("\(format ?? codec) instead of \(wanted)") }
    }
    guard !differences.isEmpty else { return nil }
    return "\(address.shown) gives " + differences.joined(separator: ", ")
  }

  /// Reads and decodes to the next frame and fills the pictures of `frame`. Throws when the source
  /// is lost, silent beyond its deadline, or interrupted.
  func nextFrame(into frame: inout VideoFrame) throws(VideoInputError) -> Times {
    guard let decoder else { throw Demuxer.outOfMemory(address.shown) }
    // The frame before may have waited for room.
    lastPicture = Clocks.monotonicSeconds
    while true {
      switch decoder.receive() {
      case .frame:
        if let times = try deliver(decoder, into: &frame) { return times }
        continue
      case .failed, .end: countBad()
      case .needsInput: break
      }
      try checkProgress()
      let arrival = try readPacket()
      note(arrival)
      guard packet.pointee.size > 0 else {
        // libavdevice's sign for a frame that the driver marked as damaged or that has the wrong
        // size.
        counts.corruptPackets += 1
        badPackets += 1
        av_packet_unref(packet)
        continue
      }
      if packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0 { counts.corruptPackets += 1 }
      let code = decoder.send(packet)
      av_packet_unref(packet)
      // A decoder takes a packet after it has given all its frames.
      if code < 0 { countBad() }
    }
  }

  var doubtOfTimes: StampTrust.Doubt? { times.doubt }

  /// What was met since the last call.
  func takeCounts() -> Counts {
    defer { counts = Counts() }
    return counts
  }

  private func countBad() {
    counts.undecodable += 1
    badPackets += 1
  }

  /// Throws where packets come, but no pictures.
  private func checkProgress() throws(VideoInputError) {
    if address.isCamera, badPackets >= Self.badPacketLimit {
      throw VideoInputError(
        .lost, operation: "read", source: address.shown,
        problem: "its pictures have another format than was agreed")
    }
    let silence = Clocks.monotonicSeconds - lastPicture
    guard silence > max(settings.pictureDeadlineSeconds, 2 * readDeadlineSeconds) else { return }
    throw VideoInputError(
      .timedOut, operation: "decode", source: address.shown,
      problem: "data comes, but for \(Int(silence)) s no picture")
  }

  /// A camera that gives a frame in ten seconds is not lost after five.
  private var readDeadlineSeconds: Double {
    guard address.isCamera, let rate = nominalFramesPerSecond, rate > 0 else {
      return settings.readDeadlineSeconds + packets.restSeconds
    }
    return max(settings.readDeadlineSeconds, Self.missedFrames / rate)
  }

  /// Fills `packet`; returns when it came.
  private func readPacket() throws(VideoInputError) -> Double {
    watch.start(seconds: readDeadlineSeconds)
    let begin = Clocks.monotonicSeconds
    while true {
      av_packet_unref(packet)
      let code = packets.read(into: packet)
      if code >= 0 {
        let now = Clocks.monotonicSeconds
        pacing.came(at: now)
        waited = now - begin
        return now
      }
      guard code == landmarkd_averror_eagain, watch.verdict == .goOn else {
        throw packets.error(code, "read")
      }
      pacing.pause()
    }
  }

  private func note(_ arrival: Double) {
    if times.note(packet, arrival: arrival, waited: waited) { isJump = true }
  }

  /// Converts the decoder's frame; nil (and counted) where that cannot be done.
  private func deliver(
    _ decoder: Decoder, into frame: inout VideoFrame
  ) throws(VideoInputError) -> Times? {
    let decoded = UnsafePointer(decoder.frame)
    // The picture may be the driver's memory, which has few.
    defer { av_frame_unref(decoder.frame) }
    var report = SourceReport()
    var geometry = FrameConverter.Geometry(
      frame: decoded, stream: packets.stream,
      aspect: av_guess_sample_aspect_ratio(packets.context, packets.stream, decoder.frame),
      report: &report)
    heldOrientation.apply(to: &geometry, of: decoded)
    do throws(FrameConverter.Failure) {
      try converter.convert(decoded, geometry: geometry, into: &frame)
    } catch {
      if case .tooLarge(let width, let height) = error {
        throw settings.largestPicture.refusal(
          address.shown, width: width, height: height)
      }
      countBad()
      return nil
    }
    badPackets = 0
    lastPicture = Clocks.monotonicSeconds
    if decoded.pointee.format != lastFormat {
      lastFormat = decoded.pointee.format
      pixelFormat = LiveStream.formatName(lastFormat) ?? ""
    }
    frame.isDamaged = decoder.frameIsDamaged
    var found = times.place(decoded)
    found.isJump = isJump
    isJump = false
    return found
  }
}

/// How long to wait before a camera is asked again, which has no frame yet.
///
/// libavdevice does not lend its descriptor to poll. Half the time to the expected frame is slept,
/// at most 20 ms and at least 1 ms: about six looks a frame at 30 frames/s, and a frame waits 1 ms
/// at most.
private struct PollPacing {
  private var period: Double
  private var last: Double

  init(framesPerSecond: Double?) {
    period = 1 / (framesPerSecond ?? 30)
    last = Clocks.monotonicSeconds
  }

  mutating func came(at now: Double) { last = now }

  func pause() {
    let left = last + period - Clocks.monotonicSeconds
    // Long after the expected time the camera stalls: no hurry.
    let late = left < -4 * period
    let seconds = late ? 0.005 : min(max(left / 2, 0.001), 0.02)
    usleep(UInt32(seconds * 1e6))
  }
}
