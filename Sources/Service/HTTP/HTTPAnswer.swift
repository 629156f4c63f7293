import FoundationEssentials
import Glibc

/// The statuses of RFC 9110 that are answered with.
enum HTTPStatus: Int, Sendable {
  case ok = 200
  case badRequest = 400
  case unauthorised = 401
  case forbidden = 403
  case notFound = 404
  case methodNotAllowed = 405
  case contentTooLarge = 413
  case headTooLarge = 431
  case unavailable = 503

  var phrase: String {
    switch self {
    case .ok: "OK"
    case .badRequest: "Bad Request"
    case .unauthorised: "Unauthorized"
    case .forbidden: "Forbidden"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .contentTooLarge: "Content Too Large"
    case .headTooLarge: "Request Header Fields Too Large"
    case .unavailable: "Service Unavailable"
    }
  }
}

/// An answer to a request.
struct HTTPAnswer: Sendable {
  var status: HTTPStatus
  var contentType: String
  /// Names and values beside those that every answer has.
  var headers: [(name: String, value: String)] = []
  /// The body's pieces in their order. Answers share them: nothing is copied for a caller.
  var body: [[UInt8]]

  init(_ status: HTTPStatus = .ok, _ contentType: String, _ body: [UInt8]) {
    self.init(status, contentType, pieces: [body])
  }

  init(_ status: HTTPStatus = .ok, _ contentType: String, pieces: [[UInt8]]) {
    self.status = status
    self.contentType = contentType
    body = pieces
  }

  /// Bytes of the body.
  var bodyCount: Int { body.reduce(0) { $0 + $1.count } }

  static let json = "application/json; charset=utf-8"

  /// Values as JSON, one line; numbers that JSON does not have become text.
  init(_ status: HTTPStatus = .ok, json value: some Encodable) {
    self.init(status, Self.json, JSONLine.encode(value) + [UInt8(ascii: "\n")])
  }

  /// What is wrong, as one line of JSON.
  init(_ refusal: HTTPRefusal) {
    self.init(refusal.status, json: ["error": refusal.reason])
    if refusal.status == .unavailable { headers = [("Retry-After", "1")] }
  }

  /// The pieces that go over the line.
  /// - Parameters:
  ///   - bodyIsLeftOut: as HEAD asks; everything else is as with it.
  ///   - isLast: whether the connection is closed afterwards.
  func encoded(bodyIsLeftOut: Bool, isLast: Bool) -> [[UInt8]] {
    var head = "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n"
    let fields =
      [
        ("Date", Self.date(time(nil))), ("Content-Type", contentType),
        ("Content-Length", "\(bodyCount)"), ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        // Nothing here is to be shown as a part of other sites' pages.
        ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ("Connection", isLast ? "close" : "keep-alive"),
      ] + headers.map { ($0.name, $0.value) }
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    head += "\r\n"
    return [Array(head.utf8)] + (bodyIsLeftOut ? [] : body)
  }

  /// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
  static func date(_ seconds: time_t) -> String {
    var (seconds, parts) = (seconds, tm())
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
      + "\(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):"
      + "\(two(parts.tm_sec)) GMT"
  }
}

/// An answer that is not there yet. Used by the server's thread only, but for `wake`.
protocol HTTPWait: AnyObject {
  /// Seconds after which `answer` gives one in any case.
  var longestSeconds: Double { get }
  /// Begins to wait; `wake` is called, on any thread, whenever it is worth asking `answer`.
  func begin(wake: @escaping @Sendable () -> Void)
  /// The answer, or nil where it is not there yet.
  func answer(isOver: Bool) -> HTTPAnswer?
  /// The caller has its answer, or has gone.
  func end()
}

/// What the routes make of a request.
enum HTTPReply {
  case answer(HTTPAnswer)
  case wait(any HTTPWait)
}
