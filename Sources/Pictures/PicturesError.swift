import Recording

/// Why a picture or a video could not be made. `description` is one line.
public enum PicturesError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Its file: as with every other output.
  case file(RecordingError)
  /// FFmpeg's encoder failed: the function and FFmpeg's own text.
  case encoder(operation: String, text: String)
  /// A video cannot be made: what failed, and FFmpeg's or our own words for why.
  case video(path: String, operation: String, text: String)

  public var description: String {
    switch self {
    case .file(let error):
      return error.description
    case .encoder(let operation, let text):
      return "cannot encode a picture: \(operation): \(text)"
    case .video(let path, let operation, let text):
      return "cannot write the video \(path): \(operation): \(text)"
    }
  }

  /// What is done with a file; its error becomes one of this module.
  static func ofFile<Result>(
    _ body: @autoclosure () throws(RecordingError) -> Result
  ) throws(PicturesError) -> Result {
    do throws(RecordingError) { return try body() } catch { throw .file(error) }
  }

  /// What FFmpeg does for a video, likewise.
  static func ofVideo<Result>(
    _ path: String, _ body: @autoclosure () throws(FFmpegFailure) -> Result
  ) throws(PicturesError) -> Result {
    do throws(FFmpegFailure) { return try body() } catch {
      throw .video(path: path, operation: error.operation, text: error.text)
    }
  }
}
