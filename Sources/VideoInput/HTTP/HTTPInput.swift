import CFFmpeg
import CFFmpegShims
import SystemSupport

/// An HTTP answer as bytes for libavformat. One thread.
///
/// Where the server gives ranges and seeking is asked for, it can be rewound, and an answer that
/// breaks off is continued where it ended.
final class HTTPInput {
  /// FFmpeg's name for the callbacks; owns the buffer.
  private(set) var context: UnsafeMutablePointer<AVIOContext>?
  /// Why reading failed, if it did. Demuxers turn it into an end, so it has to be asked for here.
  private(set) var failure: HTTPFailure?
  /// Bytes of the whole, where they are known.
  let byteCount: Int64?

  private let client: HTTPClient
  private var source: Source
  private let isSeekable: Bool
  private var cipher: HTTPCipher?
  /// Of the next byte that `source` gives.
  private var position: Int64 = 0
  /// Of the next byte that is asked for.
  private var wanted: Int64 = 0

  private enum Source {
    case transfer(HTTPTransfer)
    /// A playlist, looked at as a whole.
    case text([UInt8])
    /// To be asked for again.
    case none
  }

  private static let bufferSize: Int32 = 1 << 15
  /// So many bytes ahead are read rather than asked for anew.
  private static let leastJump: Int64 = 1 << 19
  private static let attempts = 3
  private static let secondsBetweenAttempts = 0.5

  private let origin: (address: HTTPAddress, entityTag: String?)

  /// Takes what `transfer` gives. Throws what is wrong with a playlist, and without memory.
  ///
  /// - Parameter seeks: whether it is a recording, which is read here and there.
  init(
    _ transfer: HTTPTransfer, _ client: HTTPClient, seeks: Bool = false, cipher: HTTPCipher? = nil
  ) throws(HTTPFailure) {
    self.client = client
    self.cipher = cipher
    origin = (transfer.address, transfer.answer.entityTag)
    let length = transfer.answer.contentLength
    if cipher == nil, PlaylistCheck.isPlaylist(try transfer.peek(atLeast: 16, atMost: 2048)) {
      let text = try transfer.readAll(limit: HTTPLimits.playlistBytes)
      if let problem = PlaylistCheck.problem(text) { throw client.fail(.tooMuch(problem)) }
      source = .text(text)
      byteCount = Int64(text.count)
      isSeekable = true
    } else {
      source = .transfer(transfer)
      byteCount = length
      isSeekable = seeks && transfer.answer.acceptsRanges && length != nil
    }
    guard let buffer = av_malloc(Int(Self.bufferSize)) else { throw .transfer("out of memory") }
    // FFmpeg calls back only while this object lives: `deinit` frees the context first.
    let opaque = Unmanaged.passUnretained(self).toOpaque()
    context = avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), Self.bufferSize, 0, opaque,
      { opaque, buffer, size in
        guard let opaque, let buffer else { return landmarkd_averror_exit }
        return Unmanaged<HTTPInput>.fromOpaque(opaque).takeUnretainedValue()
          .read(UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)))
      }, nil,
      isSeekable
        ? { opaque, offset, origin in
          guard let opaque else { return -1 }
          return Unmanaged<HTTPInput>.fromOpaque(opaque).takeUnretainedValue()
            .seek(to: offset, origin: origin)
        } : nil)
    guard context != nil else {
      av_free(buffer)
      throw .transfer("out of memory")
    }
  }

  deinit {
    if let context {
      av_free(context.pointee.buffer)
      avio_context_free(&self.context)
    }
  }

  private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int32 {
    guard !buffer.isEmpty else { return landmarkd_averror(EINVAL) }
    do throws(HTTPFailure) {
      let count = try next(buffer)
      return count > 0 ? Int32(count) : landmarkd_averror_eof
    } catch {
      failure = error
      return error.code
    }
  }

  private func next(_ buffer: UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int {
    guard let cipher else { return try plain(buffer) }
    return try cipher.read(into: buffer) { (encrypted) throws(HTTPFailure) in
      try self.plain(encrypted)
    }
  }

  private func plain(_ buffer: UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int {
    if case .text(let text) = source {
      let rest = text[min(text.count, Int(wanted))...].prefix(buffer.count)
      buffer.copyBytes(from: rest)
      wanted += Int64(rest.count)
      return rest.count
    }
    // There is no part behind the end.
    if isSeekable, let byteCount, wanted >= byteCount { return 0 }
    var attempt = 1
    while true {
      do throws(HTTPFailure) {
        let count = try transferAtWanted().read(into: buffer)
        position += Int64(count)
        wanted = position
        return count
      } catch {
        guard isSeekable, case .transfer = error, attempt < Self.attempts else { throw error }
        source = .none
        if attempt > 1 {
          try client.wait(until: Clocks.monotonicSeconds + Self.secondsBetweenAttempts)
        }
        attempt += 1
      }
    }
  }

  /// The answer that goes on at `wanted`.
  private func transferAtWanted() throws(HTTPFailure) -> HTTPTransfer {
    if case .transfer(let open) = source {
      if wanted == position { return open }
      if wanted > position, wanted - position <= Self.leastJump {
        try open.skip(wanted - position)
        position = wanted
        return open
      }
    }
    source = .none
    var request = HTTPRequest(firstByte: wanted)
    // A file that was replaced meanwhile comes whole, with another status.
    if let tag = origin.entityTag, !tag.hasPrefix("W/") { request.headers = ["If-Range: \(tag)"] }
    let fresh = try client.open(origin.address, request)
    guard fresh.answer.status == 206, fresh.answer.rangeStart ?? wanted == wanted else {
      throw .unexpected("its server gave something else than the part that was asked for")
    }
    source = .transfer(fresh)
    position = wanted
    return fresh
  }

  private func seek(to offset: Int64, origin: Int32) -> Int64 {
    guard let byteCount else { return -1 }
    // 0x20000 is AVSEEK_FORCE, a hint that may be ignored.
    switch origin & ~0x20000 {
    case landmarkd_avseek_size: return byteCount
    case SEEK_SET: break
    default: return -1
    }
    guard (0...byteCount).contains(offset) else { return -1 }
    wanted = offset
    return offset
  }
}
