import CFFmpeg
import CFFmpegShims

/// Where a live source's packets come from once it is open. One thread.
protocol LivePackets: AnyObject {
  var context: UnsafeMutablePointer<AVFormatContext> { get }
  /// The picture stream of `context`.
  var stream: UnsafeMutablePointer<AVStream> { get }
  /// As stated or agreed; nil where it is not known.
  var nominalFramesPerSecond: Double? { get }
  /// Seconds from one packet to the next that are not the source's fault: it was not asked earlier.
  var restSeconds: Double { get }
  /// Fills `packet` with one of `stream`. Returns FFmpeg's code; EAGAIN where there is none yet.
  func read(into packet: UnsafeMutablePointer<AVPacket>) -> Int32
  /// What a code of `operation` that is no success means.
  func error(_ code: Int32, _ operation: String) -> VideoInputError
}

/// Packets of a container that libavformat reads: cameras, and whatever streams are wrapped in.
final class ContainerPackets: LivePackets {
  let context: UnsafeMutablePointer<AVFormatContext>
  let stream: UnsafeMutablePointer<AVStream>
  let restSeconds = 0.0
  private let address: LiveAddress
  private let watch: IOWatch
  private let http: HTTPReading?

  /// Takes `context`, which reads from `http` where that is there, and closes it in the end. Throws
  /// what `LiveStream.find` throws.
  init(
    _ context: UnsafeMutablePointer<AVFormatContext>, _ address: LiveAddress,
    _ settings: LiveSettings, _ watch: IOWatch, _ http: HTTPReading? = nil
  ) throws(VideoInputError) {
    do throws(VideoInputError) {
      stream = try LiveStream.find(in: context, address, settings, watch)
    } catch {
      var opened: UnsafeMutablePointer<AVFormatContext>? = context
      avformat_close_input(&opened)
      throw http?.failure?.error("open", address.shown) ?? error
    }
    self.http = http
    self.context = context
    self.address = address
    self.watch = watch
  }

  deinit {
    var context: UnsafeMutablePointer<AVFormatContext>? = context
    avformat_close_input(&context)
  }

  var nominalFramesPerSecond: Double? { LiveStream.nominalRate(context, stream) }

  func read(into packet: UnsafeMutablePointer<AVPacket>) -> Int32 {
    http?.client.gave()
    while true {
      let code = av_read_frame(context, packet)
      guard code >= 0, packet.pointee.stream_index != stream.pointee.index else { return code }
      // Another stream's packets are no sign of life.
      if watch.verdict != .goOn { return landmarkd_averror_exit }
      av_packet_unref(packet)
    }
  }

  func error(_ code: Int32, _ operation: String) -> VideoInputError {
    http?.failure?.error(operation, address.shown)
      ?? LiveFormat.error(code, operation, address, watch)
  }
}
