import Logging
import ServiceLifecycle

/// Serves HTTP as the present configuration says. An address that is taken stops nothing else; it
/// is tried again.
struct HTTPService: Service {
  private static let retry = Duration.seconds(5)

  let configurations: AsyncStream<HTTPConfiguration>
  let state: ServiceState
  let logger: Logger
  /// Serves until it is cancelled or fails.
  let serve: @Sendable (HTTPConfiguration, Int) async throws -> Void

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
    while !Task.isCancelled {
      do {
        try await serve(configuration, port)
      } catch {
        let reason = "no HTTP on \(configuration.address), port \(port): \(error)"
        if !Task.isCancelled, reason != last {
          logger.error("\(singleLine(reason)); it is tried again")
          state.note(http: "no HTTP")
        }
        last = reason
      }
      try? await Task.sleep(for: Self.retry)
    }
  }
}
