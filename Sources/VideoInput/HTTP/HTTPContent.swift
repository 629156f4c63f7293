/// What an HTTP answer is, by its head and its first bytes.
enum HTTPContent: Equatable {
  /// Pictures one after another, or a single one.
  case pictures
  /// HLS or DASH.
  case playlist
  /// A file: it has an end.
  case recording
  /// A container that goes on.
  case stream

  init(_ answer: HTTPAnswer, head: some Collection<UInt8>) {
    if answer.contentType.hasPrefix("multipart/") || answer.contentType.hasPrefix("image/")
      || Self.isPicture(head) || Self.isPart(head)
    {
      self = .pictures
    } else if PlaylistCheck.isPlaylist(head) {
      self = .playlist
    } else if let length = answer.contentLength {
      // Servers of endless streams that state a length state an absurd one.
      self = length < 1 << 40 ? .recording : .stream
    } else {
      self = Self.hasEnd(Array(head)) ? .recording : .stream
    }
  }

  private static func isPicture(_ head: some Collection<UInt8>) -> Bool {
    head.starts(with: [0xFF, 0xD8, 0xFF]) || head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D])
      || (head.starts(with: "RIFF".utf8) && head.dropFirst(8).starts(with: "WEBP".utf8))
  }

  /// A part of a multipart answer whose server does not say so.
  private static func isPart(_ head: some Collection<UInt8>) -> Bool {
    guard head.starts(with: "--".utf8) else { return false }
    return String(decoding: head, as: UTF8.self).lowercased().contains("content-type: image/")
  }

  /// Whether a container without a stated length says that it is a whole one: AVI and Matroska
  /// with a size, MP4 that is not in fragments.
  private static func hasEnd(_ head: [UInt8]) -> Bool {
    if head.starts(with: "RIFF".utf8) {
      let size = head.dropFirst(4).prefix(4)
      return !size.allSatisfy { $0 == 0 } && !size.allSatisfy { $0 == 0xFF }
    }
    if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
      return ContainerPromise(head: head, present: 0).shortfall() != nil
    }
    // In fragments `moof` or, for what only begins, `moov` with `mvex` follow; where the samples or
    // a plain index come first, it was finished.
    guard head.dropFirst(4).starts(with: "ftyp".utf8) else { return false }
    let text = String(decoding: head, as: UTF8.self)
    return text.contains("mdat") && !text.contains("moof") && !text.contains("mvex")
  }
}
