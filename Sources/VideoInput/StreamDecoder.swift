import CFFmpeg
import CFFmpegShims
import Foundation

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
    decoder = try Decoder(
      parameters, timeBase: demuxer.stream.pointee.time_base,
      use: .recording(threads: Self.threads(settings, width: width, height: height)),
      largest: settings.largestPicture, name: name)
  }

  /// Up to full HD one core decodes faster than another one tracks: more threads than the other cores
  /// would only take turns with the tracker (docs/performance.md).
  private static func threads(_ settings: VideoSettings, width: Int, height: Int) -> Int {
    guard settings.decoderThreads == 0 else { return settings.decoderThreads }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    // 1088: full HD as it is coded.
    return min(width * height <= 1920 * 1088 ? max(1, cores - 1) : cores, 64)
  }

  /// Fills `decoder.frame` with the next frame. Returns false at the end.
  func nextFrame(_ report: inout SourceReport) throws(VideoInputError) -> Bool {
    defer { report.corruptPackets = demuxer.corruptPackets }
    while failuresInARow < Self.failureLimit {
      if watch.interruption.isInterrupted { try demuxer.checkStopped(operation: "read") }
      switch decoder.receive() {
      case .frame:
        failuresInARow = 0
        return true
      case .end:
        return false
      case .failed(let code):
        try decoder.checkSize()
        report.countDecodeError(libraryText(code))
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
    if code < 0 { try decoder.checkSize() }
    if code < 0 { report.countDecodeError(libraryText(code)) } else { failuresInARow = 0 }
  }
}
