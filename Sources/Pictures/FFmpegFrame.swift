import CFFmpeg

/// A frame of FFmpeg and its memory, which FFmpeg may read beyond the ends of rows.
final class FFmpegFrame {
  let pointer: UnsafeMutablePointer<AVFrame>

  var width: Int { Int(pointer.pointee.width) }
  var height: Int { Int(pointer.pointee.height) }

  /// - Parameters:
  ///   - width, height: what FFmpeg takes; it prints its complaint to standard error.
  init(_ width: Int, _ height: Int, _ format: AVPixelFormat) throws(FFmpegFailure) {
    var made = av_frame_alloc()
    made?.pointee.width = Int32(width)
    made?.pointee.height = Int32(height)
    made?.pointee.format = format.rawValue
    guard let made, av_frame_get_buffer(made, 0) >= 0 else {
      av_frame_free(&made)
      throw FFmpegFailure("av_frame_get_buffer", "out of memory")
    }
    pointer = made
  }

  deinit {
    var pointer = Optional(pointer)
    av_frame_free(&pointer)
  }

  /// To be called before the frame is filled again: an encoder may still hold its memory.
  func makeWritable() throws(FFmpegFailure) {
    try FFmpegFailure.check("av_frame_make_writable", av_frame_make_writable(pointer))
  }

  /// Fills the first plane with rows of `rowLength` bytes that follow each other without padding.
  func fill(_ rows: UnsafeBufferPointer<UInt8>, rowLength: Int) {
    guard let from = rows.baseAddress, let to = pointer.pointee.data.0 else { return }
    let stride = Int(pointer.pointee.linesize.0)
    for row in 0..<height {
      (to + row * stride).update(from: from + row * rowLength, count: rowLength)
    }
  }
}
