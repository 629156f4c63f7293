import Logging
import SystemSupport

/// The HTTP side of the service: health, metrics, the streams as JSON, their pictures, and the live
/// page. Thread-safe.
public final class HTTPFront: Sendable {
  private let settings: HTTPSettings
  private let routes: HTTPRoutes
  private let record: ServiceRecord
  private let logger: Logger

  /// - Parameters:
  ///   - record: what is told of the service; it also counts who was turned away.
  public init(
    settings: HTTPSettings, directory: any StreamDirectory, record: ServiceRecord, logger: Logger
  ) {
    self.settings = settings
    self.record = record
    self.logger = logger
    routes = HTTPRoutes(settings: settings, directory: directory, record: record)
  }

  /// Serves until the task is cancelled; then closes all connections and returns.
  ///
  /// The work is done by a thread of its own. The streams' figures are looked at once a second, for
  /// the curves; they go on where a cancelled run is followed by another.
  /// - Parameters:
  ///   - onListening: called once with the port, on any thread, when callers can connect.
  /// - Throws: `HTTPError`: at once where the address cannot be listened on.
  public func run(onListening: (@Sendable (UInt16) -> Void)? = nil) async throws {
    let bounds = HTTPBounds.ofThisProcess()
    let server = try makeServer(bounds)
    logger.notice("HTTP on \(Self.location(settings, server.port))\(Self.words(bounds))")
    onListening?(server.port)
    try await withTaskCancellationHandler {
      try await onOwnThread("http") { try server.run() }
    } onCancel: {
      server.stop()
    }
  }

  /// A server that listens; `run` is yet to be called, on a thread that may block.
  func makeServer(_ bounds: HTTPBounds = HTTPBounds()) throws(HTTPError) -> HTTPServer {
    let routes = routes
    return try HTTPServer(
      try HTTPListener(settings), bounds: bounds, refusals: record.refusals, logger: logger,
      everySecond: { routes.observe() },
      answer: { routes.reply(to: $0) })
  }

  /// What is to be said of bounds that are not the usual ones.
  private static func words(_ bounds: HTTPBounds) -> String {
    bounds.most < HTTPBounds().most
      ? ", \(bounds.most) connections at most: a quarter of the limit of open files" : ""
  }

  private static func location(_ settings: HTTPSettings, _ port: UInt16) -> String {
    settings.address.contains(":")
      ? "http://[\(settings.address)]:\(port)/" : "http://\(settings.address):\(port)/"
  }
}
