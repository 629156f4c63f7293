import Logging
import ServiceLifecycle

/// Reads the configuration anew when it is asked to. What cannot be used is logged, and what runs
/// goes on.
struct ReloadService: Service {
  let path: String
  let models: ModelStore
  let state: ServiceState
  let threshold: LogThreshold
  let clock: ServiceClock
  let logger: Logger
  let requests: AsyncStream<Void>
  /// Where the HTTP side hears of its configuration.
  let http: AsyncStream<HTTPConfiguration>.Continuation

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in requests {
        state.notifier.reloading(now: clock.now())
        await reload()
        state.notifier.ready(status: state.status)
      }
    }
  }

  private func reload() async {
    do {
      let configuration = try await onOwnThread("reload") {
        try ServiceConfiguration.load(path, models: models)
      }
      threshold.value = configuration.logLevel
      for warning in configuration.warnings { logger.warning("\(warning)") }
      let change = try await onOwnThread("reload") { try state.supervisor.run(configuration) }
      http.yield(configuration.http)
      state.record.note(reload: nil)
      logger.notice("\(path) was read anew: \(Self.words(change))")
    } catch let error as ConfigurationError {
      for mistake in error.mistakes { logger.error("\(mistake)") }
      refuse("has \(error.mistakes.count == 1 ? "a mistake" : "\(error.mistakes.count) mistakes")")
    } catch {
      logger.error("\(error)")
      refuse("cannot be run")
    }
  }

  private func refuse(_ reason: String) {
    logger.error("\(path) \(reason); the configuration that was read before goes on")
    state.record.note(reload: reason)
  }

  private static func words(_ change: Supervisor.Change) -> String {
    let parts = [
      ("unchanged", change.unchanged), ("started", change.started),
      ("restarted", change.restarted), ("removed", change.removed),
    ].filter { !$0.1.isEmpty }
    return parts.map { "\($0.0) \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
  }
}
