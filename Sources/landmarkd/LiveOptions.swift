import ArgumentParser
import Session
import VideoInput

/// How a live source is opened.
struct LiveOptions: ParsableArguments {
  @Option(setting: Settings.pixelFormat) var pixelFormat: String?
  @Option(setting: Settings.videoSize) var videoSize: PictureSize?
  @Option(setting: Settings.rtspTransport) var rtspTransport: LiveSettings.RTSPTransport?
  @Flag(setting: Settings.allowRedirects) var allowRedirects = false
  @Option(setting: Settings.buffer) var buffer: Double?

  /// The first option that was given and is for live sources alone; nil where none was.
  var given: String? {
    let given: [(key: String, isGiven: Bool)] = [
      (Settings.pixelFormat.key, pixelFormat != nil), (Settings.videoSize.key, videoSize != nil),
      (Settings.allowRedirects.key, allowRedirects),
      (Settings.rtspTransport.key, rtspTransport != nil), (Settings.buffer.key, buffer != nil),
    ]
    return given.first { $0.isGiven }.map { "--\($0.key)" }
  }

  /// - Throws: for a frame rate that recorded inputs alone can have.
  func settings(
    _ grey: VideoSettings.GreyConversion, _ reading: ReadingOptions, largest: LargestPicture
  ) throws -> LiveSettings {
    if let rate = reading.frameRate, !LiveSettings.frameRates.contains(rate) {
      throw ValidationError(
        "--\(Settings.frameRate.key) is \(rate); expected for live sources \(Settings.liveFrameRate.format.expected)"
      )
    }
    return try LiveSettings(
      pixelFormat: pixelFormat, width: videoSize?.width, height: videoSize?.height,
      framesPerSecond: reading.frameRate,
      rtspTransport: Settings.rtspTransport.value(rtspTransport), allowsRedirects: allowRedirects,
      openDeadlineSeconds: Settings.openDeadline.liveValue(reading.openDeadline),
      readDeadlineSeconds: Settings.readDeadline.liveValue(reading.readDeadline),
      largestPicture: largest, bufferSeconds: Settings.buffer.value(buffer),
      greyConversion: grey)
  }
}
