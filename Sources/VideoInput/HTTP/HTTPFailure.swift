import CFFmpeg
import CFFmpegShims
import Glibc

/// Why an HTTP answer could not be had or read. None of the texts holds an address's secrets.
enum HTTPFailure: Error, Equatable {
  case interrupted
  case timedOut
  /// It is no http or https address.
  case notAnAddress
  /// The server said no.
  case status(Int)
  /// libcurl's words for what went wrong.
  case transfer(String)
  /// The source leads to another server, which nobody allowed; the address as it may be shown.
  case leadsElsewhere(String)
  case tooManyRedirects
  /// A bound was met; what was too much, as a clause.
  case tooMuch(String)
  /// Something else than was asked for, as a clause.
  case unexpected(String)

  /// Whether the source itself is at fault, so that nothing more is fetched for it.
  var isFinal: Bool {
    switch self {
    case .leadsElsewhere, .tooManyRedirects, .tooMuch: true
    default: false
    }
  }

  /// FFmpeg's number for it.
  var code: Int32 {
    switch self {
    case .interrupted, .leadsElsewhere, .tooManyRedirects, .tooMuch: landmarkd_averror_exit
    case .timedOut: landmarkd_averror_etimedout
    case .notAnAddress: landmarkd_averror(EINVAL)
    case .status(401): landmarkd_averror_http_unauthorized
    case .status(403): landmarkd_averror_http_forbidden
    case .status, .transfer, .unexpected: landmarkd_averror(EIO)
    }
  }

  /// The same for users.
  func error(_ operation: String, _ source: String) -> VideoInputError {
    func made(
      _ kind: VideoInputError.Kind, _ problem: String, _ text: String? = nil,
      expected: String? = nil
    ) -> VideoInputError {
      VideoInputError(
        kind, operation: operation, source: source, problem: problem, libraryText: text,
        expected: expected)
    }
    let isOpening = operation == "open"
    switch self {
    case .interrupted: return made(.interrupted, "interrupted")
    case .timedOut: return made(.timedOut, "no data came before the deadline")
    case .notAnAddress:
      return made(
        .lost, "it is no address that can be asked",
        expected: "http://host/path with reserved characters escaped, such as %40 for @")
    case .status(let status) where status == 401 || status == 403:
      return made(
        .credentialsRefused, "the user name or password is refused", Self.text(ofStatus: status))
    case .status(let status):
      return made(
        .lost, isOpening ? "it does not open" : "it broke off", Self.text(ofStatus: status))
    case .transfer(let text):
      return made(.lost, isOpening ? "it does not open" : "it broke off", text)
    case .leadsElsewhere(let place):
      return made(
        .lost, "it leads to another server, \(place), and was not followed",
        expected: "one server for each source, or allow-redirects")
    case .tooManyRedirects: return made(.lost, "it leads from address to address without an end")
    case .tooMuch(let problem), .unexpected(let problem): return made(.lost, problem)
    }
  }

  private static func text(ofStatus status: Int) -> String {
    switch status {
    case 401: "HTTP 401 Unauthorized"
    case 403: "HTTP 403 Forbidden"
    case 404: "HTTP 404 Not Found"
    default: "HTTP \(status)"
    }
  }
}
