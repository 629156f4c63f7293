/// What is answered to whom. Used by the server's thread, but thread-safe.
final class HTTPRoutes: Sendable {
  private let admission: Admission
  private let directory: any StreamDirectory
  private let record: ServiceRecord
  private let history = StatusHistory()

  init(settings: HTTPSettings, directory: any StreamDirectory, record: ServiceRecord) {
    admission = Admission(settings)
    self.directory = directory
    self.record = record
  }

  /// Takes the streams' figures for the curves; once a second.
  func observe() { history.add(directory.streams) }

  func reply(to request: HTTPRequest) -> HTTPReply {
    if let refusal = admission.refusal(request) {
      if let cause = refusal.cause { record.refusals.add(cause) }
      var answer = HTTPAnswer(refusal)
      if refusal.status == .unauthorised { answer.headers = [("WWW-Authenticate", "Bearer")] }
      return .answer(answer)
    }
    guard let route = route(request.path) else {
      return .answer(
        HTTPAnswer(HTTPRefusal(.notFound, "there is no such path; / is the live page")))
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      var answer = HTTPAnswer(HTTPRefusal(.methodNotAllowed, "expected GET or HEAD"))
      answer.headers = [("Allow", "GET, HEAD")]
      return .answer(answer)
    }
    do throws(HTTPRefusal) {
      return try route(request)
    } catch {
      return .answer(HTTPAnswer(error))
    }
  }

  /// Whether a request is answered to however many callers there are: those who look after the
  /// service ask these.
  static func isVital(_ request: HTTPRequest) -> Bool {
    [["healthz"], ["readyz"], ["metrics"]].contains(request.path)
  }

  private typealias Route = (HTTPRequest) throws(HTTPRefusal) -> HTTPReply

  private func route(_ path: [String]) -> Route? {
    switch path {
    case []: { _ in .answer(LivePage.answer()) }
    case ["healthz"]: { _ in .answer(HTTPAnswer(json: ["status": "ok"])) }
    case ["readyz"]: { [directory] _ in .answer(Self.readiness(directory.isReady)) }
    case ["metrics"]: { _ in .answer(self.metrics()) }
    case ["api", "streams"]: { _ in .answer(self.streams()) }
    case ["api", "history"]:
      { [history] request throws(HTTPRefusal) in
        .answer(HTTPAnswer(json: history.since(try Self.number(request, "after", 0...Int.max))))
      }
    case ["api", "pictures"]: { request throws(HTTPRefusal) in try self.pictures(request) }
    default:
      path.count == 4 && path[0] == "api" && path[1] == "streams" && path[3] == "picture"
        ? { request throws(HTTPRefusal) in try self.picture(request, of: path[2]) } : nil
    }
  }

  private static func readiness(_ isReady: Bool) -> HTTPAnswer {
    isReady
      ? HTTPAnswer(json: ["status": "ready"])
      : HTTPAnswer(.unavailable, json: ["status": "starting"])
  }

  private func metrics() -> HTTPAnswer {
    let page = MetricsPage(
      directory.streams, isReady: directory.isReady, record: record,
      now: ServiceClock.monotonic.now(), process: ProcessFigures.now())
    return HTTPAnswer(.ok, MetricsText.contentType, Array(page.text.utf8))
  }

  private func streams() -> HTTPAnswer {
    let now = ServiceClock.monotonic.now()
    return HTTPAnswer(
      json: ServiceReport(
        version: record.version, instance: record.instance, isReady: directory.isReady,
        uptimeSeconds: record.uptimeSeconds, configuration: ReloadReport(record),
        streams: directory.streams.map { StreamReport($0, now: now) }))
  }

  /// /api/streams/NAME/picture: the next JPEG after the number `after`.
  private func picture(
    _ request: HTTPRequest, of name: String
  ) throws(HTTPRefusal) -> HTTPReply {
    guard let feed = directory.pictures(of: name) else {
      throw HTTPRefusal(.notFound, "there is no stream \(name)")
    }
    let after = try Self.number(request, "after", 0...Int.max)
    return .wait(
      SinglePictureWait(feed, after: after, longestSeconds: try Self.longestSeconds(request)))
  }

  /// /api/pictures?of=AFTER:NAME&of=...: the next pictures of several streams in one answer, so
  /// that a page of many streams needs one connection.
  private func pictures(_ request: HTTPRequest) throws(HTTPRefusal) -> HTTPReply {
    var wanted: [PicturesWait.Wanted] = []
    var names: Set<String> = []
    for (name, value) in request.query where name == "of" {
      let halves = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, let after = Int(halves[0]), after >= 0 else {
        throw HTTPRefusal(.badRequest, "expected of=NUMBER:STREAM")
      }
      // A stream that is asked for again is in the answer already.
      guard names.insert(String(halves[1])).inserted else { continue }
      guard names.count <= PicturesWait.mostStreams else {
        throw HTTPRefusal(
          .badRequest, "expected at most \(PicturesWait.mostStreams) streams in a request")
      }
      // A page may ask for a stream that has just been taken out.
      if let feed = directory.pictures(of: String(halves[1])) {
        wanted.append(
          PicturesWait.Wanted(name: String(halves[1]), feed: feed, after: after))
      }
    }
    return .wait(PicturesWait(wanted, longestSeconds: try Self.longestSeconds(request)))
  }

  /// How long the caller waits: `wait` in seconds.
  private static func longestSeconds(_ request: HTTPRequest) throws(HTTPRefusal) -> Double {
    Double(try number(request, "wait", 0...20, default: 10))
  }

  private static func number(
    _ request: HTTPRequest, _ name: String, _ range: ClosedRange<Int>, default standard: Int = 0
  ) throws(HTTPRefusal) -> Int {
    guard let text = request.first(name) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      let expected =
        range.upperBound == Int.max
        ? "a number from \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw HTTPRefusal(.badRequest, "expected \(name)= with \(expected)")
    }
    return number
  }
}
