import CFFmpeg
import CFFmpegShims

/// An opened source's client and its own bytes; both must outlive the format context.
final class HTTPReading {
  let client: HTTPClient
  let input: HTTPInput
  /// Where the bytes are from, against which demuxers resolve what they are led to.
  let place: String

  /// For the answer `transfer`; see `HTTPInput`.
  init(
    _ client: HTTPClient, _ transfer: HTTPTransfer, seeks: Bool
  ) throws(HTTPFailure) {
    self.client = client
    place = transfer.address.request
    input = try HTTPInput(transfer, client, seeks: seeks)
  }

  /// What went wrong, which libavformat's codes do not say: with the source first, then with its
  /// own bytes.
  var failure: HTTPFailure? { client.failure ?? input.failure }

  /// Lets `context` read from here, and open by the client alone.
  func attach(to context: UnsafeMutablePointer<AVFormatContext>, _ options: inout OpaquePointer?) {
    context.pointee.pb = input.context
    HTTPOpens.install(client, in: context)
    HTTPOpens.setOptions(&options)
  }
}

/// A recording that a server has. Immutable.
struct HTTPRecording: Sendable {
  let address: HTTPAddress
  let allowsRedirects: Bool
  /// Whether parts of it can be asked for.
  let hasRanges: Bool
  /// Bytes of the whole, where they are known.
  let byteCount: Int64?
  /// Its first bytes.
  let head: [UInt8]

  /// Asks for it from its beginning.
  func open(_ watch: IOWatch) throws(HTTPFailure) -> HTTPReading {
    guard
      let client = HTTPClient(
        address, allowsRedirects: allowsRedirects, limits: byteCount == nil ? .live : .recording,
        watch: watch)
    else { throw .transfer("out of memory") }
    return try HTTPReading(client, try client.open(address), seeks: true)
  }

  /// What its headers promise beside what the server has.
  var promise: ContainerPromise? {
    byteCount.map { ContainerPromise(head: head, present: $0) }
  }
}

/// What an http or https address turned out to be.
enum HTTPAnswerKind {
  case recording(HTTPRecording)
  case live

  /// Asks for `address`, without reading further than is needed to know.
  static func find(
    _ address: HTTPAddress, allowsRedirects: Bool, _ watch: IOWatch
  ) throws(HTTPFailure) -> HTTPAnswerKind {
    guard
      let client = HTTPClient(
        address, allowsRedirects: allowsRedirects, limits: .live, watch: watch)
    else { throw .transfer("out of memory") }
    let transfer = try client.open(address)
    guard !transfer.answer.contentType.hasPrefix("multipart/") else { return .live }
    // A container's index may say whether it has an end.
    let head = Array(try transfer.peek(atLeast: 64, atMost: 8192))
    switch HTTPContent(transfer.answer, head: head) {
    case .pictures, .stream: return .live
    case .playlist where !(try isComplete(transfer, client)): return .live
    case .playlist, .recording:
      return .recording(
        HTTPRecording(
          address: address, allowsRedirects: allowsRedirects,
          hasRanges: transfer.answer.acceptsRanges && transfer.answer.contentLength != nil,
          byteCount: transfer.answer.contentLength, head: head))
    }
  }

  /// Whether a playlist, or the first one that it names, says that nothing will be added.
  private static func isComplete(
    _ transfer: HTTPTransfer, _ client: HTTPClient
  ) throws(HTTPFailure) -> Bool {
    let text = try transfer.readAll(limit: HTTPLimits.playlistBytes)
    if let answer = PlaylistCheck.isComplete(text) { return answer }
    guard let entry = PlaylistCheck.firstEntry(text),
      let address = HTTPAddress(entry, relativeTo: transfer.address)
    else { return false }
    let first = try client.open(address).readAll(limit: HTTPLimits.playlistBytes)
    return PlaylistCheck.isComplete(first) ?? false
  }
}
