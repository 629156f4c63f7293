import CFFmpeg
import CFFmpegShims
import Glibc
import SystemSupport

/// Packets of a source that sends pictures as they are: multipart JPEG in whatever form, or one
/// picture an answer, which is then asked for again and again over the same connection.
final class PicturePackets: LivePackets {
  let context: UnsafeMutablePointer<AVFormatContext>
  let stream: UnsafeMutablePointer<AVStream>
  private let address: LiveAddress
  private let client: HTTPClient
  private let origin: HTTPAddress
  private let pollSeconds: Double
  private var splitter: PictureSplitter
  private let kind: PictureSplitter.Kind
  /// The picture that was given last, which an answer of "not modified" means.
  private let last: UnsafeMutablePointer<AVPacket>
  /// Whether `last` is still to be given.
  private var isFirstLeft = true
  /// The answer that is being read; nil between two.
  private var transfer: HTTPTransfer?
  private var picturesOfAnswer = 1
  private var askedAt: Double
  private var failuresInARow = 0
  private var conditions: [String] = []
  private var failure: HTTPFailure?
  /// Whether each answer was one picture.
  private var isSnapshot = false

  /// So many polls in a row may fail before the source counts as lost.
  private static let failureLimit = 3

  /// Reads the first picture of `transfer`.
  init(
    _ transfer: HTTPTransfer, _ client: HTTPClient, _ address: LiveAddress, origin: HTTPAddress,
    pollsPerSecond: Double
  ) throws(HTTPFailure) {
    self.address = address
    self.client = client
    self.origin = origin
    self.transfer = transfer
    pollSeconds = 1 / pollsPerSecond
    askedAt = Clocks.monotonicSeconds
    let isSingle =
      transfer.answer.contentLength != nil && !transfer.answer.contentType.hasPrefix("multipart/")
    // Known for what they are: the limit is that of pictures.
    client.gave()
    var ready = PictureSplitter(limit: HTTPLimits.pictureBytes)
    guard let first = try Self.nextPicture(transfer, &ready) else {
      throw .unexpected("its answer has no picture")
    }
    guard let context = avformat_alloc_context() else { throw .transfer("out of memory") }
    guard let stream = avformat_new_stream(context, nil), let last = av_packet_alloc() else {
      avformat_free_context(context)
      throw .transfer("out of memory")
    }
    self.context = context
    self.stream = stream
    self.last = last
    kind = first.kind
    splitter = ready
    isSnapshot = isSingle
    stream.pointee.time_base = AVRational(num: 1, den: 1000)
    stream.pointee.codecpar.pointee.codec_type = AVMEDIA_TYPE_VIDEO
    stream.pointee.codecpar.pointee.codec_id = Self.codec(of: first.kind)
    _ = fill(last, with: first)
    note(transfer.answer)
  }

  deinit {
    var last: UnsafeMutablePointer<AVPacket>? = last
    av_packet_free(&last)
    avformat_free_context(context)
  }

  var nominalFramesPerSecond: Double? { isSnapshot ? 1 / pollSeconds : nil }
  var restSeconds: Double { isSnapshot ? pollSeconds : 0 }

  func error(_ code: Int32, _ operation: String) -> VideoInputError {
    if let failure { return failure.error(operation, address.shown) }
    return VideoInputError(
      .lost, operation: operation, source: address.shown,
      problem: code == landmarkd_averror_eof ? "the source ended" : "it broke off")
  }

  func read(into packet: UnsafeMutablePointer<AVPacket>) -> Int32 {
    do throws(HTTPFailure) {
      if isFirstLeft {
        isFirstLeft = false
        return av_packet_ref(packet, last)
      }
      client.gave()
      return try next(into: packet)
    } catch {
      failure = error
      return error.code
    }
  }

  private func next(into packet: UnsafeMutablePointer<AVPacket>) throws(HTTPFailure) -> Int32 {
    while true {
      if transfer == nil {
        guard isSnapshot else { return landmarkd_averror_eof }
        do throws(HTTPFailure) {
          guard try poll() else {
            failuresInARow = 0
            return av_packet_ref(packet, last)
          }
        } catch {
          try countFailure(error)
          continue
        }
      }
      guard let transfer else { continue }
      let picture: PictureSplitter.Picture?
      do throws(HTTPFailure) {
        picture = try Self.nextPicture(transfer, &splitter)
      } catch {
        guard isSnapshot else { throw error }
        try countFailure(error)
        continue
      }
      guard let picture else {
        try endOfAnswer()
        continue
      }
      picturesOfAnswer += 1
      failuresInARow = 0
      guard picture.kind == kind else {
        throw .unexpected("its pictures have another format than before")
      }
      let code = fill(packet, with: picture)
      guard code >= 0, isSnapshot else { return code }
      av_packet_unref(last)
      return av_packet_ref(last, packet)
    }
  }

  /// What the end of an answer means.
  private func endOfAnswer() throws(HTTPFailure) {
    transfer = nil
    // One picture and its end: it is asked for the next.
    if picturesOfAnswer == 1 { isSnapshot = true }
    if isSnapshot, picturesOfAnswer == 0 {
      try countFailure(.unexpected("its answer has no picture"))
    }
    if picturesOfAnswer > 1 { isSnapshot = false }
    splitter = PictureSplitter(limit: HTTPLimits.pictureBytes)
  }

  /// A poll that fails is no loss yet; several in a row are, and so is what will not get better.
  private func countFailure(_ error: HTTPFailure) throws(HTTPFailure) {
    transfer = nil
    splitter = PictureSplitter(limit: HTTPLimits.pictureBytes)
    failuresInARow += 1
    switch error {
    case .status(let status) where status != 401 && status != 403: break
    case .transfer, .unexpected: break
    default: throw error
    }
    if failuresInARow >= Self.failureLimit { throw error }
  }

  /// Asks again when it is time. Returns false where nothing is new.
  private func poll() throws(HTTPFailure) -> Bool {
    try client.wait(until: askedAt + pollSeconds)
    askedAt = Clocks.monotonicSeconds
    let answer = try client.open(origin, HTTPRequest(headers: conditions))
    guard answer.answer.status != 304 else { return false }
    note(answer.answer)
    transfer = answer
    picturesOfAnswer = 0
    return true
  }

  /// What makes the next answer short where nothing is new.
  private func note(_ answer: HTTPAnswer) {
    conditions = []
    if let tag = answer.entityTag { conditions.append("If-None-Match: \(tag)") }
    if let date = answer.lastModified { conditions.append("If-Modified-Since: \(date)") }
  }

  // MARK: - Pictures

  private static func codec(of kind: PictureSplitter.Kind) -> AVCodecID {
    switch kind {
    case .jpeg: AV_CODEC_ID_MJPEG
    case .png: AV_CODEC_ID_PNG
    case .webp: AV_CODEC_ID_WEBP
    }
  }

  private func fill(
    _ packet: UnsafeMutablePointer<AVPacket>, with picture: PictureSplitter.Picture
  ) -> Int32 {
    let code = av_new_packet(packet, Int32(picture.range.count))
    guard code >= 0 else { return code }
    splitter.bytes.withUnsafeBytes { bytes in
      guard let from = bytes.baseAddress else { return }
      memcpy(packet.pointee.data, from + picture.range.lowerBound, picture.range.count)
    }
    packet.pointee.flags |= AV_PKT_FLAG_KEY
    packet.pointee.stream_index = stream.pointee.index
    return 0
  }

  /// nil at the end of the answer.
  private static func nextPicture(
    _ transfer: HTTPTransfer, _ splitter: inout PictureSplitter
  ) throws(HTTPFailure) -> PictureSplitter.Picture? {
    while true {
      do {
        if let picture = try splitter.next() { return picture }
      } catch {
        throw .tooMuch("a picture has more than \(HTTPLimits.pictureBytes / 1_000_000) MB")
      }
      let count = try transfer.readSome { splitter.append($0) }
      if count == 0 { return splitter.finish() }
    }
  }
}
