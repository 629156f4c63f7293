import Glibc
import Synchronization
import SystemSupport

/// Looks up host names on threads of their own, so that who asks can give up.
///
/// The C library's resolver waits for each name server in turn, for half a minute and more, and
/// nothing can end it. Who waits for the same name waits for the same thread. Answers are not kept:
/// the resolver's own caches are. Thread-safe.
final class NameResolver: Sendable {
  /// nil for a name that has an address, else why it has none.
  typealias LookUp = @Sendable (_ name: String) -> String?

  /// The C library's, for the whole process.
  static let system = NameResolver(limit: 16, lookUp: systemLookUp)

  private final class Question: Sendable {
    /// nil while it is open.
    let answer = Mutex<Answer?>(nil)
  }

  private enum Answer { case found, failed(String) }

  /// How often an answer is looked for, seconds.
  private static let lookSeconds = 0.01

  private let limit: Int
  private let lookUp: LookUp
  private let open = Mutex<[String: Question]>([:])

  /// - Parameter limit: names that can be looked up at a time: each holds a thread.
  init(limit: Int, lookUp: @escaping LookUp) {
    self.limit = limit
    self.lookUp = lookUp
  }

  /// Waits until `name` is known to have an address. Throws `.lost` where it has none, `.timedOut`
  /// and `.interrupted` as `watch` says.
  func resolve(_ name: String, for address: LiveAddress, _ watch: IOWatch) throws(VideoInputError) {
    func failed(_ kind: VideoInputError.Kind, _ problem: String, _ text: String? = nil)
      -> VideoInputError
    {
      VideoInputError(
        kind, operation: "open", source: address.shown, problem: problem, libraryText: text)
    }
    guard let question = ask(name) else {
      throw failed(.lost, "no name server answers: \(limit) other names are waited for")
    }
    while true {
      switch question.answer.withLock({ $0 }) {
      case .found: return
      case .failed(let reason): throw failed(.lost, "the name \(name) does not resolve", reason)
      case nil: break
      }
      switch watch.verdict {
      case .goOn: usleep(UInt32(Self.lookSeconds * 1e6))
      case .interrupted: throw failed(.interrupted, "interrupted")
      case .expired:
        throw failed(.timedOut, "no name server answered before the deadline: \(name)")
      }
    }
  }

  /// The question that is open for a name, or a new one; nil where there are too many.
  private func ask(_ name: String) -> Question? {
    open.withLock { open in
      if let question = open[name] { return question }
      guard open.count < limit else { return nil }
      let question = Question()
      open[name] = question
      SystemThread.start("resolver") { [self] in
        let reason = lookUp(name)
        _ = self.open.withLock { $0.removeValue(forKey: name) }
        question.answer.withLock { $0 = reason.map { .failed($0) } ?? .found }
      }
      return question
    }
  }

  private static let systemLookUp: LookUp = { name in
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &found)
    if let found { freeaddrinfo(found) }
    guard code != 0 else { return nil }
    return code == EAI_SYSTEM ? systemText(errno) : String(cString: gai_strerror(code))
  }
}

extension LiveAddress {
  /// Schemes whose addresses have a host as addresses of the web have.
  private static let hostSchemes: Set<String> = [
    "rtsp", "rtsps", "satip", "rtp", "srtp", "udp", "udplite", "tcp", "tls", "rtmp", "rtmps",
    "rtmpt", "rtmpts", "rtmpe", "rtmpte", "http", "https", "srt", "ftp", "gopher", "gophers",
    "mmsh", "mmst", "rist", "sctp",
  ]

  /// The name that has to be looked up before the source can be opened; nil where its host is a
  /// number, or none.
  var hostName: String? {
    guard case .network(let url, let scheme) = place, Self.hostSchemes.contains(scheme),
      let separator = url.firstRange(of: "://")
    else { return nil }
    // A proxy looks names up itself.
    if scheme.hasPrefix("http"), getenv("http_proxy") != nil { return nil }
    var host = url[separator.upperBound...].prefix { !"/?#".contains($0) }
    if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
    guard !host.hasPrefix("[") else { return nil }
    host = host.prefix { $0 != ":" }
    var number = in_addr()
    guard !host.isEmpty, inet_pton(AF_INET, String(host), &number) != 1 else { return nil }
    return String(host)
  }
}
