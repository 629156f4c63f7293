import CCurl
import CFFmpeg
import Glibc

/// One answer, read as it comes. Belongs to its client's thread.
///
/// What came and was not read yet waits here, 256 kB at most: then the server waits.
final class HTTPTransfer {
  /// The head; complete once `HTTPClient.open` has returned.
  private(set) var answer = HTTPAnswer()
  let address: HTTPAddress
  private let client: HTTPClient
  private let multi: UnsafeMutableRawPointer
  private let easy: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var aliases: UnsafeMutablePointer<curl_slist>?
  private var headerBytes = 0
  private var hasHead = false
  private var bodyBytes = 0
  private var pending: [UInt8] = []
  /// How many of `pending` were read.
  private var used = 0
  private var isPaused = false
  /// How it ended; nil while it goes on.
  private var result: CURLcode?

  private static let pendingLimit = 262_144

  /// Begins to ask. Throws without memory.
  init(
    _ client: HTTPClient, multi: UnsafeMutableRawPointer, share: UnsafeMutableRawPointer,
    _ address: HTTPAddress, _ request: HTTPRequest, user: String?, password: String?
  ) throws(HTTPFailure) {
    guard let easy = curl_easy_init() else { throw .transfer("out of memory") }
    self.client = client
    self.multi = multi
    self.easy = easy
    self.address = address
    set(CURLOPT_URL, address.request)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_USERAGENT, "landmarkd")
    set(CURLOPT_COOKIEFILE, "")
    set(CURLOPT_NOSIGNAL, 1)
    // A name server that does not answer holds up nobody: its thread is left behind.
    set(CURLOPT_QUICK_EXIT, 1)
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    // Cameras sign their certificates themselves.
    set(CURLOPT_SSL_VERIFYPEER, 0)
    set(CURLOPT_SSL_VERIFYHOST, 0)
    if let user {
      set(CURLOPT_HTTPAUTH, Int(Self.authentications))
      set(CURLOPT_USERNAME, user)
      set(CURLOPT_PASSWORD, password ?? "")
    }
    if let range = request.range { set(CURLOPT_RANGE, range) }
    for header in request.headers { headers = curl_slist_append(headers, header) }
    if headers != nil { _ = landmarkd_curl_set_list(easy, CURLOPT_HTTPHEADER, headers) }
    // What old Icecast servers begin their answers with.
    aliases = curl_slist_append(nil, "ICY 200 OK")
    _ = landmarkd_curl_set_list(easy, CURLOPT_HTTP200ALIASES, aliases)
    _ = landmarkd_curl_set_pointer(easy, CURLOPT_SHARE, share)
    let own = Unmanaged.passUnretained(self).toOpaque()
    _ = landmarkd_curl_set_pointer(easy, CURLOPT_PRIVATE, own)
    setCallbacks(own)
    curl_multi_add_handle(multi, easy)
  }

  deinit {
    curl_multi_remove_handle(multi, easy)
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
    curl_slist_free_all(aliases)
  }

  /// Basic and digest; the macros are not Swift's.
  private static let authentications = 1 | 2

  private func set(_ option: CURLoption, _ value: Int) {
    _ = landmarkd_curl_set_number(easy, option, value)
  }

  private func set(_ option: CURLoption, _ value: String) {
    _ = landmarkd_curl_set_text(easy, option, value)
  }

  private func setCallbacks(_ own: UnsafeMutableRawPointer) {
    _ = landmarkd_curl_set_pointer(easy, CURLOPT_HEADERDATA, own)
    _ = landmarkd_curl_set_bytes(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, opaque in
      guard let bytes, let opaque else { return 0 }
      return Unmanaged<HTTPTransfer>.fromOpaque(opaque).takeUnretainedValue()
        .takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    _ = landmarkd_curl_set_pointer(easy, CURLOPT_WRITEDATA, own)
    _ = landmarkd_curl_set_bytes(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, opaque in
      guard let bytes, let opaque else { return 0 }
      return Unmanaged<HTTPTransfer>.fromOpaque(opaque).takeUnretainedValue()
        .takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
  }

  // MARK: - libcurl calls

  /// Any other number than that of the bytes ends the transfer.
  private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerBytes += bytes.count
    guard headerBytes <= HTTPLimits.headerBytes else {
      _ = client.fail(
        .tooMuch("its answer has more than \(HTTPLimits.headerBytes / 1024) kB of headers"))
      return 0
    }
    let line = String(decoding: bytes, as: UTF8.self)[...]
    if line.allSatisfy(\.isNewline) {
      // A refusal may be followed by the answer to the password.
      hasHead = answer.status >= 200 && answer.status != 401 && answer.status != 407
    } else {
      answer.take(line)
    }
    return bytes.count
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    hasHead = true
    guard pending.count - used < Self.pendingLimit else {
      isPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    }
    bodyBytes += bytes.count
    guard client.receive(bytes.count, ofAnswer: bodyBytes) else { return 0 }
    if used == pending.count {
      pending.removeAll(keepingCapacity: true)
      used = 0
    }
    pending.append(contentsOf: bytes)
    return bytes.count
  }

  /// libcurl is done with it.
  func end(_ code: CURLcode) { result = code }

  // MARK: - Reading

  func waitForAnswer() throws(HTTPFailure) {
    try client.run { hasHead || result != nil }
    if let result, !hasHead, result != CURLE_OK { throw broken(result) }
  }

  /// Fills `buffer` with what is there, waiting for the first byte. Returns 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int {
    try wait(for: 1)
    let count = min(buffer.count, pending.count - used)
    buffer.copyBytes(from: pending[used..<(used + count)])
    used += count
    return count
  }

  /// Gives `take` all that is here, waiting for the first byte. Returns how much; 0 at the end.
  func readSome(_ take: (UnsafeRawBufferPointer) -> Void) throws(HTTPFailure) -> Int {
    try wait(for: 1)
    let count = pending.count - used
    pending.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[used...])) }
    used = pending.count
    return count
  }

  /// Leaves out `count` bytes, or all to the end.
  func skip(_ count: Int64) throws(HTTPFailure) {
    var left = count
    while left > 0 {
      try wait(for: 1)
      let there = pending.count - used
      guard there > 0 else { return }
      let step = Int(min(Int64(there), left))
      used += step
      left -= Int64(step)
    }
  }

  /// The next bytes, which `read` will still give: at least `least` (or all to the end), at most
  /// `most`.
  func peek(atLeast least: Int, atMost most: Int) throws(HTTPFailure) -> ArraySlice<UInt8> {
    try wait(for: least)
    return pending[used...].prefix(most)
  }

  /// All that is left. Throws where it is more than `limit` bytes.
  func readAll(limit: Int) throws(HTTPFailure) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      try wait(for: 1)
      guard used < pending.count else { return all }
      all += pending[used...]
      used = pending.count
      guard all.count <= limit else {
        throw client.fail(.tooMuch("its playlist has more than \(limit / 1_000_000) MB"))
      }
    }
  }

  /// Until so many bytes are here, or the end.
  private func wait(for count: Int) throws(HTTPFailure) {
    guard pending.count - used < count else { return }
    if used > 0 {
      pending.removeSubrange(..<used)
      used = 0
    }
    while pending.count < count, result == nil {
      if isPaused {
        isPaused = false
        curl_easy_pause(easy, CURLPAUSE_CONT)
      }
      try client.run { pending.count >= count || result != nil || isPaused }
    }
    // What came before it broke off is given first.
    if let result, result != CURLE_OK, pending.isEmpty { throw broken(result) }
  }

  private func broken(_ code: CURLcode) -> HTTPFailure {
    if let failure = client.failure { return failure }
    var text = String(cString: curl_easy_strerror(code))
    let number = Int32(truncatingIfNeeded: landmarkd_curl_number(easy, CURLINFO_OS_ERRNO))
    if number != 0, code != CURLE_PARTIAL_FILE { text += ": " + systemText(number) }
    return .transfer(text)
  }
}
