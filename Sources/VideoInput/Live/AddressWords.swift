/// The words that cameras' and servers' addresses are made of, and that are nobody's secret.
enum AddressWords {
  /// Whether a part of a path is made of known words and short numbers: "stream1",
  /// "h264Preview_01_main", "101".
  static func isHarmless(_ segment: ArraySlice<UInt8>) -> Bool {
    guard segment.count <= 64, segment.count(where: AddressParts.isDigit) <= 5 else { return false }
    let pieces = segment.split(omittingEmptySubsequences: false) { ".-_".utf8.contains($0) }
    var short = 0
    for piece in pieces {
      if isShort(piece) {
        short += 1
      } else if !isMadeOfWords(piece) {
        return false
      }
    }
    return short <= 2
  }

  /// Whether a "name=value" says how a picture is sent.
  static func isHarmless(parameter: ArraySlice<UInt8>) -> Bool {
    let parts = parameter.split(
      separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return false }
    let name = String(decoding: parts[0], as: UTF8.self).lowercased()
    guard parameters.contains(name) else { return false }
    return isNumbers(parts[1]) || isHarmless(parts[1])
  }

  /// "640" or "640x480".
  private static func isNumbers(_ value: ArraySlice<UInt8>) -> Bool {
    let numbers = value.split(separator: UInt8(ascii: "x"), omittingEmptySubsequences: false)
    return numbers.count <= 2
      && numbers.allSatisfy { (1...9).contains($0.count) && $0.allSatisfy(AddressParts.isDigit) }
  }

  /// A letter at most, and at most three digits: too short for a secret.
  private static func isShort(_ piece: ArraySlice<UInt8>) -> Bool {
    let rest = piece.first.map(AddressParts.isLetter) == true ? piece.dropFirst() : piece
    return !piece.isEmpty && rest.count <= 3 && rest.allSatisfy(AddressParts.isDigit)
  }

  private static func isMadeOfWords(_ piece: ArraySlice<UInt8>) -> Bool {
    var rest = piece
    var hasWord = false
    while let first = rest.first {
      let lead = String(decoding: rest.prefix(5), as: UTF8.self).lowercased()
      if let name = formats.first(where: { lead.hasPrefix($0) }) {
        rest = rest.dropFirst(name.utf8.count)
        hasWord = true
        continue
      }
      let isKind = AddressParts.isDigit(first) ? AddressParts.isDigit : AddressParts.isLetter
      let run = rest.prefix(while: isKind)
      guard !run.isEmpty else { return false }
      let text = String(decoding: run, as: UTF8.self).lowercased()
      if AddressParts.isDigit(first) {
        guard run.count <= 3 || heights.contains(text) else { return false }
      } else {
        guard words.contains(text) || isJoined(Array(text.utf8)) else { return false }
        hasWord = true
      }
      rest = rest[run.endIndex...]
    }
    return hasWord
  }

  /// Whether letters are words one behind the other: "realmonitor". Those of two letters do not
  /// count: nearly everything is made of such.
  private static func isJoined(_ letters: [UInt8]) -> Bool {
    var reached = [true] + [Bool](repeating: false, count: letters.count)
    for end in 1...letters.count {
      reached[end] = (0..<max(0, end - 2)).contains { begin in
        reached[begin]
          && words.contains(String(decoding: letters[begin..<end], as: UTF8.self))
      }
    }
    return reached[letters.count]
  }

  /// Names with digits in them.
  private static let formats = ["h264", "h265", "m3u8", "mp4", "mpeg4"]

  private static let heights: Set<String> = ["1080", "1440", "2160"]

  private static let parameters: Set<String> = [
    "audio", "buffer_size", "cam", "camera", "ch", "channel", "chn", "codec", "compression",
    "fifo_size", "format", "fps", "framerate", "height", "latency", "mode", "overrun_nonfatal",
    "pkt_size", "profile", "proto", "quality", "resolution", "rotation", "size", "stream",
    "streamtype", "stream_type", "subtype", "timeout", "transport", "ttl", "unicast", "video",
    "videocodec", "width",
  ]

  private static let words = Set(
    """
    amp api app audio av axis back bin broadcast cam camera cams caller cast cgi ch channel channels \
    chn color colour common default demo door dvr encoder entrance face faces feed fast first flv \
    front full garage garden gate get go hall hd hevc high hik hls http https image images img \
    index input ipcam isapi jpeg jpg kitchen landmarkd left listener live lobby low main major media \
    medium mid minor mjpeg mjpg mkv mode monitor motion mov mpeg mpg multicast no none nph nvr \
    office onvif out output parking path photo picture play playback player preview primary profile \
    proxy quality raw real rear rec record rendezvous right room rtmp rtp rtsp sample sd sdp second \
    secondary serve server shot side small smp snap snapshot sound src stage standard street stream \
    streaming streams sub subtype tcp test third thumb track trackid tracks ts tv udp unicast url \
    vga video videos view viewer vod wall watch web webcam window yard
    """.split(separator: " ").map(String.init))
}
