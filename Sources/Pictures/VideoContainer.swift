import CFFmpeg
import CFFmpegShims
import Recording

/// FFmpeg's muxer over an `OutputFile`: the container's bytes go to the partial.
final class VideoContainer {
  /// The stream's time base, which the container may have chosen itself; valid after `begin`.
  private(set) var timeBase = AVRational(num: 1, den: 1)
  let wantsGlobalHeader: Bool

  private let file: OutputFile
  private let path: String
  private var format: UnsafeMutablePointer<AVFormatContext>?
  private var output: UnsafeMutablePointer<AVIOContext>?
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
    self.file = file
    path = file.path
    wantsGlobalHeader = kind.pointee.flags & AVFMT_GLOBALHEADER != 0
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

  deinit {
    avformat_free_context(format)
    if let output {
      av_free(output.pointee.buffer)
      avio_context_free(&self.output)
    }
  }

  /// Whether the container can hold what the encoder makes.
  func holds(_ codec: AVCodecID) -> Bool {
    guard let kind = format?.pointee.oformat else { return false }
    return avformat_query_codec(kind, codec, FF_COMPLIANCE_NORMAL) == 1
  }

  /// Writes the header for the one stream that `encoder` makes.
  ///
  /// - Parameter wished: the time base to ask for.
  func begin(
    _ encoder: UnsafePointer<AVCodecContext>, wished: AVRational
  ) throws(PicturesError) {
    guard let format, let stream = avformat_new_stream(format, nil) else {
      throw .video(path: path, operation: "avformat_new_stream", text: "out of memory")
    }
    try check(
      "avcodec_parameters_from_context",
      avcodec_parameters_from_context(stream.pointee.codecpar, encoder))
    stream.pointee.time_base = wished
    try check("avformat_write_header", avformat_write_header(format, nil))
    hasHeader = true
    timeBase = stream.pointee.time_base
  }

  /// Writes a packet whose times are in `timeBase`.
  func write(_ packet: borrowing FFmpegEncoder.Packet) throws(PicturesError) {
    packet.pointer.pointee.stream_index = 0
    try check("av_write_frame", av_write_frame(format, packet.pointer))
    try checkFile()
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
