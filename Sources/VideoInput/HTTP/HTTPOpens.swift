import CFFmpeg
import CFFmpegShims

/// What demuxers open beside their own bytes (playlists, segments, keys): by the source's client,
/// and by nothing else.
enum HTTPOpens {
  /// Lets `context` open by `client`, which must outlive it.
  static func install(
    _ client: HTTPClient, in context: UnsafeMutablePointer<AVFormatContext>
  ) {
    context.pointee.opaque = Unmanaged.passUnretained(client).toOpaque()
    context.pointee.io_open = { context, result, text, flags, options in
      guard let opaque = context?.pointee.opaque, let result, let text,
        flags & AVIO_FLAG_WRITE == 0
      else { return landmarkd_averror(EINVAL) }
      let client = Unmanaged<HTTPClient>.fromOpaque(opaque).takeUnretainedValue()
      do throws(HTTPFailure) {
        let input = try HTTPOpens.open(String(cString: text), options?.pointee, client)
        result.pointee = input.context
        // Balanced by io_close2.
        _ = Unmanaged.passRetained(input)
        return 0
      } catch {
        return error.code
      }
    }
    context.pointee.io_close2 = { _, opened in
      guard let opaque = opened?.pointee.opaque else { return 0 }
      Unmanaged<HTTPInput>.fromOpaque(opaque).release()
      return 0
    }
  }

  /// Options that demuxers need for this: their own reuse of connections is for FFmpeg's own http.
  static func setOptions(_ options: inout OpaquePointer?) {
    av_dict_set(&options, "http_persistent", "0", 0)
    av_dict_set(&options, "http_multiple", "0", 0)
    // Only what comes this way is opened.
    av_dict_set(&options, "protocol_whitelist", "crypto", 0)
  }

  private static func open(
    _ text: String, _ options: OpaquePointer?, _ client: HTTPClient
  ) throws(HTTPFailure) -> HTTPInput {
    var text = text
    var cipher: HTTPCipher?
    for prefix in ["crypto+", "crypto:"] where text.hasPrefix(prefix) {
      text.removeFirst(prefix.count)
      cipher = HTTPCipher(key: option("key", options) ?? "", vector: option("iv", options) ?? "")
      guard cipher != nil else { throw .unexpected("its playlist names no key that can be used") }
    }
    guard let address = HTTPAddress(text) else {
      // Shown no further than its scheme: what stands behind it is the sender's.
      let scheme = text.prefix { $0 != ":" }.prefix(20)
      throw client.fail(.leadsElsewhere("\(scheme):..."))
    }
    var request = HTTPRequest.plain
    request.firstByte = option("offset", options).flatMap { Int64($0) }
    request.lastByte = option("end_offset", options).flatMap { Int64($0) }.map { $0 - 1 }
    if request.firstByte == 0, request.lastByte == nil { request.firstByte = nil }
    let transfer = try client.open(address, request)
    if let first = request.firstByte, first > 0, transfer.answer.status != 206 {
      throw .unexpected("its server gave something else than the part that was asked for")
    }
    return try HTTPInput(transfer, client, cipher: cipher)
  }

  private static func option(_ name: String, _ options: OpaquePointer?) -> String? {
    av_dict_get(options, name, nil, 0)?.pointee.value.map { String(cString: $0) }
  }
}
