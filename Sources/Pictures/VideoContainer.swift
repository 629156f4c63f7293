import CFFmpeg
import CFFmpegShims
import Recording
import VideoInput

/// FFmpeg's muxer over an `OutputFile`: the container's bytes go to the partial.
///
/// Beside the pictures it takes the sound of a recorded file, each packet in front of the first
/// picture that is shown later: nothing has to wait for the other.
final class VideoContainer {
  /// The stream's time base, which the container may have chosen itself; valid after `begin`.
  private(set) var timeBase = AVRational(num: 1, den: 1)
  let wantsGlobalHeader: Bool

  private let kind: UnsafePointer<AVOutputFormat>
  private let file: OutputFile
  private let path: String
  private var format: UnsafeMutablePointer<AVFormatContext>?
  private var output: UnsafeMutablePointer<AVIOContext>?
  private var sound: SoundTrack?
  /// What is added to the pictures' times, in ticks: a container without times below 0 begins with
  /// the sound's lead-in.
  private var shift: Int64 = 0
  private var refusal: String?
  /// What the file said; FFmpeg's own code for it tells less.
  private var failure: RecordingError?
  /// The end of the bytes so far: containers go back to fill their headers in.
  private var byteCount = 0
  private var hasHeader = false

  private static let bufferSize: Int32 = 1 << 16

  /// The container that a name's ending means; nil where FFmpeg has none.
  static func kind(of path: String) -> UnsafePointer<AVOutputFormat>? {
    UnsafePointer(av_guess_format(nil, path, nil))
  }

  /// Makes the muxer; nothing is written yet.
  init(_ kind: UnsafePointer<AVOutputFormat>, file: OutputFile) throws(PicturesError) {
    self.kind = kind
    self.file = file
    path = file.path
    wantsGlobalHeader = kind.pointee.flags & AVFMT_GLOBALHEADER != 0
    try makeMuxer()
  }

  deinit { freeMuxer() }

  private func makeMuxer() throws(PicturesError) {
    avformat_alloc_output_context2(&format, kind, nil, nil)
    guard let format, let buffer = av_malloc(Int(Self.bufferSize)) else {
      throw .video(path: path, operation: "avformat_alloc_output_context2", text: "out of memory")
    }
    // FFmpeg calls back only while this object lives: `deinit` frees the contexts first.
    let opaque = Unmanaged.passUnretained(self).toOpaque()
    output = landmarkd_output_context(
      buffer.assumingMemoryBound(to: UInt8.self), Self.bufferSize, opaque,
      { opaque, bytes, size in
        guard let opaque, let bytes else { return landmarkd_averror_eio }
        return Unmanaged<VideoContainer>.fromOpaque(opaque).takeUnretainedValue()
          .write(UnsafeRawBufferPointer(start: bytes, count: Int(size)))
      },
      file.partialPath == nil
        ? nil
        : { opaque, offset, whence in
          guard let opaque else { return -1 }
          return Unmanaged<VideoContainer>.fromOpaque(opaque).takeUnretainedValue()
            .move(to: offset, whence: whence)
        })
    guard output != nil else {
      av_free(buffer)
      throw .video(path: path, operation: "avio_alloc_context", text: "out of memory")
    }
    format.pointee.pb = output
    format.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
  }

  private func freeMuxer() {
    sound = nil
    avformat_free_context(format)
    format = nil
    if let output {
      av_free(output.pointee.buffer)
      avio_context_free(&self.output)
    }
  }

  /// Whether the container can hold what the encoder makes.
  func holds(_ codec: AVCodecID) -> Bool {
    avformat_query_codec(kind, codec, FF_COMPLIANCE_NORMAL) == 1
  }

  /// Writes the header for the stream that `encoder` makes, and for a sound that the container takes.
  ///
  /// - Parameter wished: the time base to ask for.
  func begin(
    _ encoder: UnsafePointer<AVCodecContext>, wished: AVRational, sound reader: SoundReader?
  ) throws(PicturesError) {
    if let reader, SoundTrack.fits(reader, in: kind) {
      do throws(PicturesError) {
        return try writeHeader(encoder, wished, reader)
      } catch {
        // The muxer knows more of a codec than its list. Nothing of the header may have gone out.
        guard failure == nil, byteCount == 0 else { throw error }
        freeMuxer()
        try makeMuxer()
      }
    }
    try writeHeader(encoder, wished, nil)
    guard let reader else { return }
    refusal = reader.isAtEnd ? reader.problem : SoundTrack.refusal(of: reader, path: path)
  }

  /// What a user should know of the sound: why there is none, or why it ends.
  var soundNote: String? { refusal ?? sound?.problem }

  private func writeHeader(
    _ encoder: UnsafePointer<AVCodecContext>, _ wished: AVRational, _ reader: SoundReader?
  ) throws(PicturesError) {
    guard let format, let stream = avformat_new_stream(format, nil) else {
      throw .video(path: path, operation: "avformat_new_stream", text: "out of memory")
    }
    try check(
      "avcodec_parameters_from_context",
      avcodec_parameters_from_context(stream.pointee.codecpar, encoder))
    stream.pointee.time_base = wished
    let track = try reader.map { reader throws(PicturesError) in
      try check(try SoundTrack(reader, in: format))
    }
    try check("avformat_write_header", avformat_write_header(format, nil))
    hasHeader = true
    timeBase = stream.pointee.time_base
    sound = track
    shift = track?.begin(timeBase) ?? 0
  }

  /// Writes a packet whose times are in `timeBase`, and in front of it the sound up to there.
  func write(_ packet: borrowing FFmpegEncoder.Packet) throws(PicturesError) {
    packet.pointer.pointee.stream_index = 0
    packet.pointer.pointee.pts += shift
    packet.pointer.pointee.dts += shift
    try writeSound(upTo: packet.pointer.pointee.dts)
    try check("av_write_frame", av_write_frame(format, packet.pointer))
    try checkFile()
  }

  /// Writes the sound up to a time of the pictures; nil: all that is left.
  func writeSound(upTo ticks: Int64?) throws(PicturesError) {
    while let sound, sound.isDue(ticks, timeBase) {
      let code = av_write_frame(format, sound.stamped())
      try checkFile()
      // What the muxer refuses ends the sound, not the video.
      if code < 0 { sound.refuse() } else { sound.advance() }
    }
  }

  /// Writes what the container has at its end; without it most players open nothing.
  func end() throws(PicturesError) {
    guard hasHeader else { return }
    hasHeader = false
    try check("av_write_trailer", av_write_trailer(format))
    avio_flush(output)
    try checkFile()
  }

  /// What FFmpeg does for the video. Errors of the file come first: they are the cause.
  func check<Result: ~Copyable>(
    _ body: @autoclosure () throws(FFmpegFailure) -> Result
  ) throws(PicturesError) -> Result {
    do throws(FFmpegFailure) { return try body() } catch {
      try checkFile()
      throw .video(path: path, operation: error.operation, text: error.text)
    }
  }

  private func check(_ operation: String, _ code: Int32) throws(PicturesError) {
    try check(try FFmpegFailure.check(operation, code))
  }

  private func checkFile() throws(PicturesError) {
    if let failure { throw .file(failure) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard failure == nil else { return landmarkd_averror_eio }
    do throws(RecordingError) {
      try file.write(bytes)
    } catch {
      failure = error
      return landmarkd_averror_eio
    }
    byteCount = max(byteCount, file.length)
    return Int32(clamping: bytes.count)
  }

  private func move(to offset: Int64, whence: Int32) -> Int64 {
    if whence & landmarkd_avseek_size != 0 { return Int64(byteCount) }
    // 0x20000 is AVSEEK_FORCE, a hint that may be ignored; libavformat resolves the others.
    guard whence & ~0x20000 == SEEK_SET, file.seek(to: Int(offset)) else {
      return Int64(landmarkd_averror_einval)
    }
    return offset
  }
}
