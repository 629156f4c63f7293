import CCurl
import SystemSupport

/// Fetches all that one source consists of, by the rules for one source. One thread.
///
/// libcurl resolves names on a thread of its own, keeps connections for the next request, and is
/// asked in steps, so that an interruption or a deadline ends every wait within 50 ms.
final class HTTPClient {
  let watch: IOWatch
  private let first: HTTPAddress
  private let allowsRedirects: Bool
  private var budget: HTTPBudget
  /// libcurl's own: connections and what waits for them, and cookies.
  private let multi: UnsafeMutableRawPointer
  private let share: UnsafeMutableRawPointer
  /// Why nothing more is fetched. Sticky: demuxers would go on with the next address.
  private(set) var failure: HTTPFailure?

  private static let isPrepared: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// - Parameters:
  ///   - first: the source's own address; without `allowsRedirects` no other server is asked.
  ///   - watch: ends every wait.
  init?(_ first: HTTPAddress, allowsRedirects: Bool, limits: HTTPLimits, watch: IOWatch) {
    guard Self.isPrepared, let multi = curl_multi_init() else { return nil }
    guard let share = curl_share_init() else {
      curl_multi_cleanup(multi)
      return nil
    }
    _ = landmarkd_curl_share_cookies(share)
    self.first = first
    self.allowsRedirects = allowsRedirects
    self.watch = watch
    self.multi = multi
    self.share = share
    budget = HTTPBudget(limits)
  }

  deinit {
    // Transfers hold their client: none is left.
    curl_multi_cleanup(multi)
    curl_share_cleanup(share)
  }

  /// Asks for `address` and waits for the head of the answer, which is a success (or 304).
  /// Redirects are followed as far as the rules go; what they forbid is never asked.
  func open(
    _ address: HTTPAddress, _ request: HTTPRequest = .plain
  ) throws(HTTPFailure) -> HTTPTransfer {
    var address = address
    for _ in 0...HTTPLimits.redirects {
      let transfer = try ask(address, request)
      switch transfer.answer.status {
      case 200...299, 304: return transfer
      case 300...399:
        guard let location = transfer.answer.location,
          let next = HTTPAddress(location, relativeTo: address)
        else { throw .status(transfer.answer.status) }
        address = next
      default: throw .status(transfer.answer.status)
      }
    }
    throw fail(.tooManyRedirects)
  }

  private func ask(
    _ address: HTTPAddress, _ request: HTTPRequest
  ) throws(HTTPFailure) -> HTTPTransfer {
    if let failure { throw failure }
    let isOwn = address.isSameServer(as: first)
    guard isOwn || allowsRedirects else {
      throw fail(.leadsElsewhere(VideoInput.redacted(address.request)))
    }
    do throws(HTTPFailure) { try budget.request() } catch { throw fail(error) }
    // The user's words are for the server that they were given for.
    let transfer = try HTTPTransfer(
      self, multi: multi, share: share, address, request,
      user: address.user ?? (isOwn ? first.user : nil),
      password: address.user != nil ? address.password : isOwn ? first.password : nil)
    try transfer.waitForAnswer()
    return transfer
  }

  /// The source is known for what it is, or gave a packet: bytes are counted anew.
  func gave() { budget.gave() }

  /// The container of what was asked for is known.
  func opened() { budget.opened() }

  /// Counts bytes that came; false where they are too many.
  func receive(_ count: Int, ofAnswer: Int) -> Bool {
    do throws(HTTPFailure) {
      try budget.receive(count, ofAnswer: ofAnswer)
      return true
    } catch {
      _ = fail(error)
      return false
    }
  }

  /// Remembers what ends the source for good; returns what is to be thrown.
  func fail(_ new: HTTPFailure) -> HTTPFailure {
    if failure == nil, new.isFinal { failure = new }
    return failure ?? new
  }

  /// Lets libcurl work until `isDone`.
  func run(until isDone: () -> Bool) throws(HTTPFailure) {
    while !isDone() {
      switch watch.verdict {
      case .interrupted: throw .interrupted
      case .expired: throw .timedOut
      case .goOn: break
      }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      noteEnds()
      if let failure { throw failure }
      if isDone() { return }
      curl_multi_poll(multi, nil, 0, Self.stepMilliseconds, nil)
    }
  }

  /// Waits until `seconds` of the monotonic clock.
  func wait(until seconds: Double) throws(HTTPFailure) {
    try run { Clocks.monotonicSeconds >= seconds }
  }

  private static let stepMilliseconds: Int32 = 50

  private func noteEnds() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let owner = landmarkd_curl_owner(easy)
      else { continue }
      Unmanaged<HTTPTransfer>.fromOpaque(owner).takeUnretainedValue()
        .end(landmarkd_curl_result(message))
    }
  }
}
