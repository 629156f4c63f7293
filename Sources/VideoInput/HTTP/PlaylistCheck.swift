/// What of a playlist is looked at before libavformat gets it: for each stream that it names,
/// libavformat opens an address and takes 10 kB.
enum PlaylistCheck {
  /// Whether bytes that begin so are a playlist (HLS, DASH).
  static func isPlaylist(_ head: some Collection<UInt8>) -> Bool {
    if head.starts(with: Array("#EXTM3U".utf8)) { return true }
    return count(of: "<MPD", in: Array(head), atMost: 1) > 0
  }

  /// Why it is not used, as a clause; nil where it is.
  static func problem(_ text: [UInt8]) -> String? {
    let marks = ["#EXT-X-STREAM-INF", "#EXT-X-MEDIA:", "<Representation", "<AdaptationSet"]
    let most = HTTPLimits.playlistStreams
    guard marks.contains(where: { count(of: $0, in: text, atMost: most + 1) > most }) else {
      return nil
    }
    return "its playlist names more than \(most) streams"
  }

  /// Whether the playlist says that nothing will be added to it; nil for one of other playlists.
  static func isComplete(_ text: [UInt8]) -> Bool? {
    if count(of: "#EXT-X-STREAM-INF", in: text, atMost: 1) > 0 { return nil }
    return count(of: "#EXT-X-ENDLIST", in: text, atMost: 1) > 0
      || count(of: "type=\"static\"", in: text, atMost: 1) > 0
  }

  /// The first address that a playlist of playlists names.
  static func firstEntry(_ text: [UInt8]) -> String? {
    text.split { $0 == 10 || $0 == 13 }.lazy
      .map { String(decoding: $0, as: UTF8.self) }
      .first { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
  }

  private static func count(of mark: String, in text: [UInt8], atMost most: Int) -> Int {
    let wanted = Array(mark.utf8)
    guard let first = wanted.first, text.count >= wanted.count else { return 0 }
    var found = 0
    var place = 0
    while found < most, let next = text[place...].firstIndex(of: first) {
      place = next + 1
      if text[next...].starts(with: wanted) { found += 1 }
    }
    return found
  }
}
