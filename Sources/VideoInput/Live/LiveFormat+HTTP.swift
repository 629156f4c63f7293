import CFFmpeg
import CFFmpegShims

extension LiveFormat {
  /// Opens an http or https source, whatever it answers with.
  static func openHTTP(
    _ url: String, _ address: LiveAddress, _ settings: LiveSettings, _ watch: IOWatch
  ) throws(VideoInputError) -> any LivePackets {
    let reading: HTTPReading
    do throws(HTTPFailure) {
      guard let origin = HTTPAddress(url) else { throw .notAnAddress }
      guard
        let client = HTTPClient(
          origin, allowsRedirects: settings.allowsRedirects, limits: .live, watch: watch)
      else { throw .transfer("out of memory") }
      let transfer = try client.open(origin)
      switch try content(of: transfer) {
      case .pictures:
        return try PicturePackets(
          transfer, client, address, origin: origin,
          pollsPerSecond: settings.framesPerSecond ?? pollsPerSecond)
      case .recording:
        throw .unexpected(
          "it is a recording, not a live source; landmarkd track reads it from beginning to end")
      case .playlist, .stream: reading = try HTTPReading(client, transfer, seeks: false)
      }
    } catch {
      throw error.error("open", address.shown)
    }
    return try ContainerPackets(
      try openContainer(address, settings, watch, reading), address, settings, watch, reading)
  }

  /// How often a source of one picture an answer is asked.
  static let pollsPerSecond = 1.0

  private static func content(of transfer: HTTPTransfer) throws(HTTPFailure) -> HTTPContent {
    // Parts may be far apart: nothing of them is waited for.
    if transfer.answer.contentType.hasPrefix("multipart/") { return .pictures }
    return HTTPContent(transfer.answer, head: try transfer.peek(atLeast: 64, atMost: 8192))
  }
}
