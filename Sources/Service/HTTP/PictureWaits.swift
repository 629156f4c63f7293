/// Waits for the next picture of one stream.
final class SinglePictureWait: HTTPWait {
  let longestSeconds: Double
  private let feed: PictureFeed
  private let after: Int
  private var watcher: Int?

  init(_ feed: PictureFeed, after: Int, longestSeconds: Double) {
    self.feed = feed
    self.after = after
    self.longestSeconds = longestSeconds
  }

  func begin(wake: @escaping @Sendable () -> Void) {
    watcher = feed.addWatcher(after: after, wake)
  }

  /// The JPEG, what belongs to it in the header Landmarkd-Frame.
  func answer(isOver: Bool) -> HTTPAnswer? {
    if let picture = feed.newest(after: after) {
      var answer = HTTPAnswer(.ok, "image/jpeg", picture.jpeg)
      answer.headers = [("Landmarkd-Frame", String(decoding: picture.json, as: UTF8.self))]
      return answer
    }
    return isOver ? HTTPAnswer(HTTPRefusal(.unavailable, "no new picture came")) : nil
  }

  func end() {
    if let watcher { feed.removeWatcher(watcher) }
    watcher = nil
  }
}

/// Waits for the next picture of any of several streams.
final class PicturesWait: HTTPWait {
  struct Wanted {
    let name: String
    let feed: PictureFeed
    let after: Int
  }

  static let contentType = "application/vnd.landmarkd.pictures"
  /// Streams of one request.
  static let mostStreams = 40

  let longestSeconds: Double
  private let wanted: [Wanted]
  private var watchers: [Int] = []

  init(_ wanted: [Wanted], longestSeconds: Double) {
    self.wanted = wanted
    self.longestSeconds = longestSeconds
  }

  func begin(wake: @escaping @Sendable () -> Void) {
    watchers = wanted.map { $0.feed.addWatcher(after: $0.after, wake) }
  }

  /// A part a stream that has a new picture, none where there was none in time: the lengths of
  /// name, JSON and JPEG, each as four bytes, most significant first, and then these.
  func answer(isOver: Bool) -> HTTPAnswer? {
    var pieces: [[UInt8]] = []
    for stream in wanted {
      guard let picture = stream.feed.newest(after: stream.after) else { continue }
      let name = Array(stream.name.utf8)
      let lengths = [name.count, picture.json.count, picture.jpeg.count]
      // The pictures' own bytes: however many callers there are, they are there once.
      pieces += [lengths.flatMap { Self.bytes(of: UInt32($0)) } + name, picture.json, picture.jpeg]
    }
    guard !pieces.isEmpty || isOver else { return nil }
    return HTTPAnswer(.ok, Self.contentType, pieces: pieces)
  }

  func end() {
    for (stream, watcher) in zip(wanted, watchers) { stream.feed.removeWatcher(watcher) }
    watchers = []
  }

  private static func bytes(of number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
  }
}
