import Logging
import ServiceLifecycle

/// Serves HTTP as the present configuration says. An address that is taken stops nothing else; it
/// is tried again.
struct HTTPService: Service {
  /// Serves until it is cancelled or fails; calls its argument once callers can connect.
  typealias Front = @Sendable (_ onListening: @escaping @Sendable () -> Void) async throws -> Void

  let configurations: AsyncStream<HTTPConfiguration>
  let state: ServiceState
  let logger: Logger
  /// Between attempts at an address that cannot be listened on.
  var retry = Duration.seconds(5)
  /// Makes what serves a configuration with its port. It is run again after a failure and may keep
  /// what it has learned of the streams.
  let makeFront: @Sendable (HTTPConfiguration, Int) throws -> Front

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var present: HTTPConfiguration?
      var task: Task<Void, Never>?
      for await configuration in configurations where configuration != present {
        task?.cancel()
        await task?.value
        present = configuration
        task = Task { await keepServing(configuration) }
      }
      task?.cancel()
      await task?.value
    }
  }

  private func keepServing(_ configuration: HTTPConfiguration) async {
    state.note(http: nil)
    guard let port = configuration.port else { return }
    var last = ""
    var front: Front?
    while !Task.isCancelled {
      do {
        let serve = try front ?? makeFront(configuration, port)
        front = serve
        try await serve { state.note(http: nil) }
      } catch {
        let reason = "no HTTP on \(configuration.address), port \(port): \(error)"
        if !Task.isCancelled, reason != last {
          logger.error("\(singleLine(reason)); it is tried again")
          state.note(http: "no HTTP")
        }
        last = reason
      }
      try? await Task.sleep(for: retry)
    }
  }
}
