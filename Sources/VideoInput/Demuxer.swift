import CFFmpeg
import CFFmpegShims
import SystemNames

/// An opened container and its picture stream. Owns the format context and one packet.
final class Demuxer {
  let context: UnsafeMutablePointer<AVFormatContext>
  /// The packet that `readPacket` filled last.
  let packet: UnsafeMutablePointer<AVPacket>
  let input: MediaInput
  let name: String
  private(set) var streamIndex: Int32 = -1
  /// The stream that `readPacket` gives: the picture stream, unless `give` chose another.
  private var givenIndex: Int32 = -1
  private let watch: IOWatch
  private let opening: RecordedOpening
  /// The bytes of a recording by HTTP.
  private let http: HTTPReading?

  /// Failed reads and damaged packets so far.
  private(set) var corruptPackets = 0
  /// FFmpeg's text of the read error that ended the stream, if one did.
  private(set) var endError: String?
  /// Whether the very last packet of the container was cut off.
  private(set) var lastPacketWasCut = false
  /// Ends of packets so far.
  private(set) var ends = PacketEnds()
  /// The streams' own durations in ticks as the header states them, before libavformat fills the
  /// gaps with the container's.
  private(set) var statedDurations: [Int64] = []
  private var unwrapping: StampUnwrapping?

  /// After this many failed reads in a row the stream is taken as ended. A container that lost
  /// its tail fails for each of the missing samples; one with a hole recovers within a few.
  private static let failureLimit = 64

  /// Opens `input` and finds its picture stream. Throws `.notVideo`, `.noVideoStream`,
  /// `.timedOut`, `.interrupted`, `.failed`.
  init(
    _ input: MediaInput, name: String, settings: VideoSettings, watch: IOWatch
  ) throws(VideoInputError) {
    _ = FFmpegLibrary.isPrepared
    self.input = input
    self.name = name
    self.watch = watch
    http = try Self.openHTTP(input, name: name, watch)
    if settings.allowsPlaylists, let path = input.path,
      let size = RecordedOpening.oversizeOfPlaylist(path)
    {
      throw VideoInputError(
        .notVideo, operation: "open", source: name, problem: "a playlist of \(size) bytes",
        expected: "at most \(RecordedOpening.largestPlaylist)")
    }
    guard let packet = av_packet_alloc() else { throw Self.outOfMemory(name) }
    guard let allocated = avformat_alloc_context() else {
      var unused: UnsafeMutablePointer<AVPacket>? = packet
      av_packet_free(&unused)
      throw Self.outOfMemory(name)
    }
    // Wraps are undone here (`StampUnwrapping`): libavformat takes every stamp a minute before the
    // first for one that has wrapped.
    allocated.pointee.correct_ts_overflow = 0
    allocated.pointee.interrupt_callback = AVIOInterruptCB(
      callback: { opaque in
        guard let opaque else { return 0 }
        let watch = Unmanaged<IOWatch>.fromOpaque(opaque).takeUnretainedValue()
        return watch.verdict == .goOn ? 0 : 1
      }, opaque: Unmanaged.passUnretained(watch).toOpaque())
    opening = RecordedOpening(
      allocated, path: input.path, allowsPlaylists: settings.allowsPlaylists)
    let opened = Self.open(allocated, input, http, formats: opening.formats)
    guard let context = opened.context else {
      var unused: UnsafeMutablePointer<AVPacket>? = packet
      av_packet_free(&unused)
      if let failure = http?.failure { throw failure.error("open", name) }
      throw Self.openError(opened.code, input: input, name: name, watch: watch)
    }
    http?.client.opened()
    self.context = context
    self.packet = packet
    noteStatedDurations()
    try findStream(settings)
    givenIndex = streamIndex
    unwrapping = StampUnwrapping(stream)
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    av_packet_free(&packet)
    var context: UnsafeMutablePointer<AVFormatContext>? = context
    avformat_close_input(&context)
  }

  var stream: UnsafeMutablePointer<AVStream> {
    // `findStream` checked the index, and streams are never removed from a context.
    context.pointee.streams[Int(streamIndex)].unsafelyUnwrapped
  }

  /// FFmpeg's short name of the container.
  var containerName: String {
    guard let name = context.pointee.iformat?.pointee.name else { return "unknown" }
    return String(cString: name)
  }

  /// From now on `readPacket` gives the packets of the stream `index`; those of others are not read
  /// where the container can pass over them.
  ///
  /// - Parameter stamp: what its first stamps are near to, so that they may lie behind a wrap.
  func give(_ index: Int32, near stamp: Int64) {
    for other in 0..<Int(context.pointee.nb_streams) where other != Int(index) {
      context.pointee.streams[other]?.pointee.discard = AVDISCARD_ALL
    }
    guard let given = context.pointee.streams[Int(index)] else { return }
    givenIndex = index
    unwrapping = StampUnwrapping(given)
    _ = unwrapping?.unwrap(stamp)
  }

  /// Reads the next packet of the picture stream, or of the one that `give` chose, into `packet`.
  /// Returns false at the end.
  /// Throws `.timedOut`, `.interrupted` and, for a descriptor, `.failed`.
  func readPacket() throws(VideoInputError) -> Bool {
    var failures = 0
    while true {
      av_packet_unref(packet)
      http?.client.gave()
      let code = av_read_frame(context, packet)
      if code >= 0 {
        if failures > 0 { corruptPackets += failures }
        failures = 0
        endError = nil
        noteEnd()
        guard packet.pointee.stream_index == givenIndex else { continue }
        unwrapping?.apply(to: packet)
        return true
      }
      try checkStopped(operation: "read")
      if code == landmarkd_averror_eof || http?.failure != nil {
        if let failure = http?.failure { endError = failure.error("read", name).endText }
        if endError == nil, let io = context.pointee.pb, io.pointee.error < 0,
          io.pointee.error != landmarkd_averror_eof
        {
          endError = libraryText(io.pointee.error)
        }
        return false
      }
      if code == landmarkd_averror_eagain { continue }
      if endError == nil { endError = libraryText(code) }
      failures += 1
      if failures >= Self.failureLimit { return false }
    }
  }

  /// Throws if the watch or the descriptor says that reading was stopped from outside.
  func checkStopped(operation: String) throws(VideoInputError) {
    if let failure = http?.failure {
      switch failure {
      case .interrupted, .timedOut, .leadsElsewhere, .tooMuch, .tooManyRedirects:
        throw failure.error(operation, name)
      // The rest may be missing, but what came is sound.
      case .notAnAddress, .status, .transfer, .unexpected: break
      }
    }
    if let error = Self.stopped(operation, input: input, name: name, watch: watch) { throw error }
  }

  /// Seeks to the key frame at or before `ticks`. Returns false where the container cannot.
  func seek(to ticks: Int64) -> Bool {
    avformat_seek_file(context, streamIndex, .min, ticks, ticks, 0) >= 0
  }

  /// Whether time stamps have wrapped around: the container's order is then not that of its bytes.
  var hasWrapped: Bool { unwrapping?.hasWrapped ?? false }

  private func noteStatedDurations() {
    for index in 0..<Int(context.pointee.nb_streams) {
      statedDurations.append(context.pointee.streams[index]?.pointee.duration ?? 0)
    }
  }

  private func noteEnd() {
    let isCorrupt = packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
    if isCorrupt { corruptPackets += 1 }
    lastPacketWasCut = isCorrupt
    let index = Int(packet.pointee.stream_index)
    guard index >= 0, index < Int(context.pointee.nb_streams),
      let stream = context.pointee.streams[index]
    else { return }
    ends.note(packet, of: stream, isPicture: packet.pointee.stream_index == streamIndex)
  }

  private func findStream(_ settings: VideoSettings) throws(VideoInputError) {
    let code = settings.largestPicture.probe(context)
    try checkStopped(operation: "open")
    guard code >= 0 else { throw Self.notVideo(name, libraryText(code)) }
    guard context.pointee.nb_streams > 0 else { throw Self.notVideo(name, nil) }
    let index = try chosenStream(settings.videoStream)
    // A cover picture is a video stream to FFmpeg, chosen only where there is no other.
    guard index >= 0, index < Int32(clamping: context.pointee.nb_streams),
      let stream = context.pointee.streams[Int(index)],
      stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
    else {
      throw VideoInputError(
        .noVideoStream, operation: "open", source: name, problem: "no video stream",
        expected: "a video; this has only \(streamKinds())")
    }
    streamIndex = index
  }

  /// "audio, subtitle": what the container has, for the message.
  private func streamKinds() -> String {
    var kinds: [String] = []
    for index in 0..<min(64, Int(context.pointee.nb_streams)) {
      guard let stream = context.pointee.streams[index] else { continue }
      let isCover = stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
      let type = av_get_media_type_string(stream.pointee.codecpar.pointee.codec_type)
      let kind = isCover ? "a cover picture" : type.map { String(cString: $0) } ?? "unknown data"
      if !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds.joined(separator: ", ")
  }
}

// MARK: - Opening

extension Demuxer {
  /// Opens `context`, which FFmpeg frees when it fails.
  private static func open(
    _ allocated: UnsafeMutablePointer<AVFormatContext>, _ input: MediaInput, _ http: HTTPReading?,
    formats: String
  ) -> (context: UnsafeMutablePointer<AVFormatContext>?, code: Int32) {
    var context: UnsafeMutablePointer<AVFormatContext>? = allocated
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    av_dict_set(&options, "format_whitelist", formats, 0)
    let code: Int32
    switch input {
    case .file(let path):
      // Nor must it make us fetch anything from a network.
      av_dict_set(&options, "protocol_whitelist", "file,data", 0)
      // With "file:" a name with a colon or a leading dash stays a name.
      code = ("file:" + path).withSystemName { avformat_open_input(&context, $0, nil, &options) }
    case .descriptor(let descriptor):
      av_dict_set(&options, "protocol_whitelist", "data", 0)
      allocated.pointee.pb = descriptor.context
      code = avformat_open_input(&context, nil, nil, &options)
    case .http:
      // What a playlist by HTTP leads to is fetched by the rules for one source.
      av_dict_set(&options, "format_whitelist", RecordedOpening.formatsByHTTP, 0)
      http?.attach(to: allocated, &options)
      code = avformat_open_input(&context, http?.place, nil, &options)
    }
    return (code >= 0 ? context : nil, code)
  }

  private static func openHTTP(
    _ input: MediaInput, name: String, _ watch: IOWatch
  ) throws(VideoInputError) -> HTTPReading? {
    guard case .http(let recording) = input else { return nil }
    do throws(HTTPFailure) {
      return try recording.open(watch)
    } catch {
      throw error.error("open", name)
    }
  }

  private static func openError(
    _ code: Int32, input: MediaInput, name: String, watch: IOWatch
  ) -> VideoInputError {
    if let error = stopped("open", input: input, name: name, watch: watch) { return error }
    if case .descriptor(let descriptor) = input, descriptor.byteCount == 0 {
      return VideoInputError(
        .empty, operation: "open", source: name, problem: "no data came before its end")
    }
    if code == landmarkd_averror_enomem { return outOfMemory(name) }
    if let format = ImageFormat.probe(input.head), FFmpegLibrary.refusedContainers.contains(format)
    {
      guard FFmpegLibrary.playlists.contains(format) else { return notVideo(name, nil) }
      return VideoInputError(
        .notVideo, operation: "open", source: name,
        problem: "it is a playlist (\(format)), which names other files",
        expected: "one media file; --allow-playlists reads an HLS playlist of files in its folder")
    }
    // MP4 whose index stood behind the cut, for one.
    if let shortfall = shortfall(of: input) {
      return VideoInputError(
        .notVideo, operation: "open", source: name, problem: "it is cut off: \(shortfall)",
        libraryText: libraryText(code))
    }
    return notVideo(name, libraryText(code))
  }

  private static func stopped(
    _ operation: String, input: MediaInput, name: String, watch: IOWatch
  ) -> VideoInputError? {
    var verdict = watch.verdict
    // A deadline counts only where data is waited for: a long decode of a file is no stall.
    if case .descriptor(let descriptor) = input {
      switch descriptor.failure {
      case .interrupted: verdict = .interrupted
      case .timedOut: verdict = .expired
      case .system(let number):
        return VideoInputError(
          .failed, operation: operation, source: name, problem: "reading failed",
          libraryText: systemText(number))
      case nil: break
      }
    }
    switch verdict {
    case .goOn: return nil
    case .interrupted:
      return VideoInputError(
        .interrupted, operation: operation, source: name, problem: "interrupted")
    case .expired:
      return VideoInputError(
        .timedOut, operation: operation, source: name,
        problem: "no data came before the deadline")
    }
  }

  private static func notVideo(_ name: String, _ text: String?) -> VideoInputError {
    VideoInputError(
      .notVideo, operation: "open", source: name, problem: "not a video or image",
      libraryText: text,
      expected: "a complete file of a format that FFmpeg knows")
  }

  static func outOfMemory(_ name: String) -> VideoInputError {
    VideoInputError(.failed, operation: "open", source: name, problem: "out of memory")
  }
}
