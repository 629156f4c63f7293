import CFFmpeg

/// A call of FFmpeg that failed. Whoever made it says what was to be made of it.
struct FFmpegFailure: Error {
  /// FFmpeg's function.
  var operation: String
  /// FFmpeg's or our own words for why.
  var text: String

  init(_ operation: String, _ text: String) {
    self.operation = operation
    self.text = text
  }

  /// - Parameter code: what FFmpeg returned.
  init(_ operation: String, code: Int32) {
    var text = [CChar](repeating: 0, count: 256)
    av_strerror(code, &text, text.count)
    self.init(
      operation,
      String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  static func check(_ operation: String, _ code: Int32) throws(FFmpegFailure) {
    guard code < 0 else { return }
    throw FFmpegFailure(operation, code: code)
  }
}
