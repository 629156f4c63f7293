import CFFmpeg
import CFFmpegShims
import SystemSupport

/// The picture stream of an opened live source, and what it says about itself.
enum LiveStream {
  /// Finds the picture stream and leaves all others aside. Throws `.noVideoStream`, `.interrupted`,
  /// `.timedOut`.
  static func find(
    in context: UnsafeMutablePointer<AVFormatContext>, _ address: LiveAddress,
    _ settings: LiveSettings, _ watch: IOWatch
  ) throws(VideoInputError) -> UnsafeMutablePointer<AVStream> {
    // A camera has said all when it is open; asking for more would spin while there is no frame.
    if !address.isCamera {
      // What it cannot find out is no failure.
      let code = settings.largestPicture.probe(context)
      if watch.verdict != .goOn { throw LiveFormat.error(code, "open", address, watch) }
    }
    let index = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
    guard index >= 0, index < Int32(clamping: context.pointee.nb_streams),
      let stream = context.pointee.streams[Int(index)],
      stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
    else {
      throw VideoInputError(
        .noVideoStream, operation: "open", source: address.shown, problem: "no video stream")
    }
    for other in 0..<Int(context.pointee.nb_streams) where other != Int(index) {
      context.pointee.streams[other]?.pointee.discard = AVDISCARD_ALL
    }
    return stream
  }

  /// Frames a second as stated; nil where it is no believable number.
  static func nominalRate(
    _ context: UnsafeMutablePointer<AVFormatContext>, _ stream: UnsafeMutablePointer<AVStream>
  ) -> Double? {
    let rate = av_guess_frame_rate(context, stream, nil)
    guard rate.num > 0, rate.den > 0 else { return nil }
    let value = Double(rate.num) / Double(rate.den)
    return value >= 0.001 && value <= 1000 ? value : nil
  }

  /// FFmpeg's name of a pixel format.
  static func formatName(_ format: Int32) -> String? {
    av_get_pix_fmt_name(AVPixelFormat(rawValue: format)).map { String(cString: $0) }
  }
}

/// The times of one connection's packets and frames.
struct LiveTimes {
  private let timeBase: TimeBase
  private let hasStamps: Bool
  private var unwrapper: StampUnwrapper
  private var clock: Clock
  private var lastArrival = 0.0
  /// Long counts of the packets' stamps that may still come as frames: what `unwrapper` made of them.
  private var origin: (raw: Int64, unwrapped: Int64)?

  private enum Clock {
    case camera(CameraClock)
    case stream(StreamClock)
  }

  init(
    _ context: UnsafeMutablePointer<AVFormatContext>, _ stream: UnsafeMutablePointer<AVStream>,
    isCamera: Bool
  ) {
    timeBase = TimeBase(
      numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den)
    unwrapper = StampUnwrapper(bits: Int(stream.pointee.pts_wrap_bits))
    clock = isCamera ? .camera(CameraClock()) : .stream(StreamClock())
    // Containers without time stamps get them from libavformat by a nominal rate, which is none of
    // the source's.
    let format = context.pointee.iformat?.pointee
    let name = format?.name.map { String(cString: $0) } ?? ""
    hasStamps = format.map { $0.flags & AVFMT_NOTIMESTAMPS == 0 } ?? true && name != "mpjpeg"
  }

  /// Why the stream's own stamps are not believed; nil while they are, and where there are none.
  var doubt: StampTrust.Doubt? {
    if case .stream(let stream) = clock { return stream.doubt }
    return nil
  }

  /// Takes in a packet that was waited for so long; returns whether the stream's time jumped.
  mutating func note(
    _ packet: UnsafePointer<AVPacket>, arrival: Double, waited: Double
  ) -> Bool {
    lastArrival = arrival
    guard hasStamps, case .stream(var stream) = clock,
      packet.pointee.pts != landmarkd_av_nopts_value
    else { return false }
    let unwrapped = unwrapper.unwrap(packet.pointee.pts)
    origin = (packet.pointee.pts, unwrapped)
    var stated: Double?
    let wallclock = landmarkd_packet_wallclock(packet)
    if wallclock != landmarkd_av_nopts_value {
      stated = Double(wallclock) * 1e-6 - Clocks.realtimeSeconds + Clocks.monotonicSeconds
    }
    let isJump = stream.note(
      stamp: timeBase.seconds(unwrapped), arrival: arrival, statedCapture: stated, waited: waited)
    clock = .stream(stream)
    return isJump
  }

  /// The times of a decoded frame.
  mutating func place(_ frame: UnsafePointer<AVFrame>) -> LiveConnection.Times {
    let pts = frame.pointee.pts != landmarkd_av_nopts_value ? frame.pointee.pts : nil
    let stamp = hasStamps ? pts : nil
    let capture: Double
    var correction = 0.0
    var isTimedByArrival = stamp == nil
    switch clock {
    case .camera(var camera):
      let now = Clocks.monotonicSeconds
      capture = camera.captureSeconds(
        stamp: stamp.map { timeBase.seconds($0) }, now: now, realtime: Clocks.realtimeSeconds)
      clock = .camera(camera)
    case .stream(var stream):
      // The packet's own distance from the latest packet: frames come later, in another order.
      let long = stamp.map { raw in
        origin.map { $0.unwrapped &+ (raw &- $0.raw) } ?? raw
      }
      capture = stream.captureSeconds(
        stamp: long.map { timeBase.seconds($0) }, arrival: lastArrival)
      correction = stream.correction
      isTimedByArrival = isTimedByArrival || stream.doubt != nil
      clock = .stream(stream)
    }
    return LiveConnection.Times(
      captureSeconds: capture, presentationTimestamp: stamp, timeBase: timeBase, isJump: false,
      correctionSeconds: correction, isTimedByArrival: isTimedByArrival)
  }
}
