/// How much one source may send and make us ask for before it has to have given something.
struct HTTPLimits: Sendable, Equatable {
  /// Bytes of one answer until its container is known. Demuxers take up to a hundred and fifty times as
  /// much memory for hostile headers (Matroska's, of tracks of 10 bytes).
  var answerBytesUnknown: Int
  /// Bytes of one answer until its streams are known.
  var answerBytesWhileOpening: Int
  /// Bytes of all answers while the source is opened.
  var bytesWhileOpening: Int
  var requestsWhileOpening: Int
  /// Bytes from one packet to the next.
  var bytesBetweenPackets: Int

  /// A stream is known after 2 MB (`LiveFormat`), which a transport stream may take for its header
  /// alone; playlists open their variants beside each other.
  static let live = HTTPLimits(
    answerBytesUnknown: 2_200_000, answerBytesWhileOpening: 8_000_000,
    bytesWhileOpening: 24_000_000, requestsWhileOpening: 256,
    bytesBetweenPackets: 32_000_000)

  /// A recording's index has 16 bytes a frame: this is that of a day.
  static let recording = HTTPLimits(
    answerBytesUnknown: 64_000_000, answerBytesWhileOpening: 64_000_000,
    bytesWhileOpening: 64_000_000,
    requestsWhileOpening: 1024, bytesBetweenPackets: 512_000_000)

  /// Bytes of a playlist: some hours of segments of two seconds.
  static let playlistBytes = 1_000_000
  /// Streams that a playlist may offer; libavformat opens all.
  static let playlistStreams = 100
  /// Bytes of one compressed picture.
  static let pictureBytes = 32_000_000
  /// Bytes of an answer's headers.
  static let headerBytes = 65_536
  static let redirects = 5
}

/// What one source has sent so far, against its limits.
struct HTTPBudget {
  private let limits: HTTPLimits
  private var isOpening = true
  private var knowsContainer = false
  private var requests = 0
  private var bytes = 0

  init(_ limits: HTTPLimits) { self.limits = limits }

  /// The source is open, or gave a packet: counting begins anew.
  mutating func gave() {
    isOpening = false
    bytes = 0
  }

  /// The container is known, its streams are not.
  mutating func opened() { knowsContainer = true }

  mutating func request() throws(HTTPFailure) {
    requests += 1
    if isOpening, requests > limits.requestsWhileOpening {
      throw .tooMuch("it asks for more than \(limits.requestsWhileOpening) addresses to be opened")
    }
  }

  /// Counts `count` bytes of an answer that has `ofAnswer` with them.
  mutating func receive(_ count: Int, ofAnswer: Int) throws(HTTPFailure) {
    bytes += count
    guard isOpening else {
      if bytes > limits.bytesBetweenPackets {
        throw .tooMuch(
          "more than \(limits.bytesBetweenPackets / 1_000_000) MB came without a picture")
      }
      return
    }
    let ofEach = knowsContainer ? limits.answerBytesWhileOpening : limits.answerBytesUnknown
    if bytes > limits.bytesWhileOpening || ofAnswer > ofEach {
      let most = bytes > limits.bytesWhileOpening ? limits.bytesWhileOpening : ofEach
      throw .tooMuch("more than \(most / 1_000_000) MB came before it was known what they are")
    }
  }
}
