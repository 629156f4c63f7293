import CFFmpeg

/// Why an input could not be opened or read.
///
/// One type for the whole module. `description` is one line that names the input and is meant to
/// be shown to a user as it is.
public struct VideoInputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is, for callers that act on it.
  public enum Kind: Sendable, Equatable {
    /// There is no such file or folder.
    case notFound
    /// It exists, but this user may not read it, or it is no file that can be read.
    case notReadable
    /// It has no bytes.
    case empty
    /// A folder or a pattern without images.
    case noImages
    /// Bytes that are no video or image that FFmpeg knows.
    case notVideo
    /// A media file without a picture stream (audio only).
    case noVideoStream
    /// FFmpeg was built without a decoder for it.
    case noDecoder
    /// A video of which no frame could be decoded, or a broken single image.
    case nothingDecodable
    /// A picture beyond `LargestPicture` or `VideoInput.largestSide`.
    case tooLarge
    /// `startSeconds` lies behind the last frame.
    case startBeyondEnd
    /// A deadline of the settings passed without data.
    case timedOut
    /// `interrupt()` was called.
    case interrupted
    /// A live source ended, broke off or is not there; it may come back.
    case lost
    /// A live source refused the user name and password, or wants some (401, 403).
    case credentialsRefused
    /// A setting is outside its range.
    case invalidSettings
    /// FFmpeg or the system failed in another way; `libraryText` says how.
    case failed
  }

  public let kind: Kind
  /// What was being done: "open", "read", "decode".
  public let operation: String
  /// The input as the user named it; of an address what may be shown.
  public let source: String
  /// What was found, as a clause.
  public let problem: String
  /// FFmpeg's or the system's own words, where there are any.
  public let libraryText: String?
  /// What would have been right, where it helps.
  public let expected: String?

  public init(
    _ kind: Kind, operation: String, source: String, problem: String,
    libraryText: String? = nil, expected: String? = nil
  ) {
    self.kind = kind
    self.operation = operation
    // Here, so that nobody who makes an error has to think of it; libraries cite addresses, too.
    self.source = VideoInput.redacted(source)
    self.problem = VideoInput.redacted(message: problem)
    self.libraryText = libraryText.map { VideoInput.redacted(message: $0) }
    self.expected = expected
  }

  /// Why an input ended before its end, as a clause.
  var endText: String { libraryText.map { "\(problem) (\($0))" } ?? problem }

  public var description: String {
    var text = "cannot \(operation) \(source): \(problem)"
    if let libraryText { text += " (\(libraryText))" }
    if let expected { text += "; expected \(expected)" }
    return singleLine(text)
  }
}

/// `text` without line breaks and other control characters, which a file's name or its metadata
/// may hold: a message has to stay one line.
func singleLine(_ text: String) -> String {
  String(
    String.UnicodeScalarView(
      text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
}

/// FFmpeg's text for one of its negative return values.
func libraryText(_ code: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { characters in
    guard let start = characters.baseAddress else { return "error \(code)" }
    start.initialize(repeating: 0, count: 256)
    av_strerror(code, start, 256)
    return singleLine(String(cString: start))
  }
}
