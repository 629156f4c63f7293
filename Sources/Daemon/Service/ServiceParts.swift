import Foundation
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs the streams until the service is to end, then closes every output whole.
struct StreamsService: Service {
  let supervisor: Supervisor
  let configuration: ServiceConfiguration

  func run() async throws {
    _ = try await onOwnThread("start") { try supervisor.run(configuration) }
    try? await gracefulShutdown()
    try await onOwnThread("stop") { try supervisor.stop() }
  }
}

/// Waits for signals: SIGTERM and SIGINT end the service, a second one ends the process at once;
/// SIGHUP asks for a reload.
struct SignalService: Service {
  /// As of a command that was interrupted.
  static let secondSignalStatus: Int32 = 130

  let reloads: AsyncStream<Void>.Continuation
  let logger: Logger
  let end: @Sendable () async -> Void

  /// Keeps the signals from ending the process before they are waited for. To be called before any
  /// thread is started: threads take over what their maker blocks.
  static func block() {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    await cancelWhenGracefulShutdown {
      // The service that ends last, so that a second signal is heard while others close.
      var isEnding = false
      for await signal in signals {
        if signal == .sighup {
          reloads.yield()
        } else if isEnding {
          _exit(Self.secondSignalStatus)
        } else {
          isEnding = true
          logger.notice("\(signal): closing all outputs; once more ends at once")
          await end()
        }
      }
    }
  }
}

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
      let change = try await onOwnThread("reload") { try state.supervisor.run(configuration) }
      http.yield(configuration.http)
      state.note(reload: nil)
      logger.notice("\(path) was read anew: \(Self.words(change))")
    } catch let error as ConfigurationError {
      for mistake in error.mistakes { logger.error("\(mistake)") }
      refuse("\(error.mistakes.count == 1 ? "a mistake" : "\(error.mistakes.count) mistakes")")
    } catch {
      logger.error("\(error)")
      refuse("it cannot be run")
    }
  }

  private func refuse(_ reason: String) {
    logger.error("\(path) has \(reason); the configuration that was read before goes on")
    state.note(reload: "the configuration has \(reason) and was not taken")
  }

  private static func words(_ change: Supervisor.Change) -> String {
    let parts = [
      ("unchanged", change.unchanged), ("started", change.started),
      ("restarted", change.restarted), ("removed", change.removed),
    ].filter { !$0.1.isEmpty }
    return parts.map { "\($0.0) \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
  }
}

/// Tells the service manager that the service is ready, how it does, and that it is alive.
struct NotifyService: Service {
  /// Before the first stream has settled.
  private static let settlingPoll = Duration.milliseconds(20)
  /// The status line is for people.
  private static let statusSeconds = 5.0

  let state: ServiceState
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !state.supervisor.hasSettled { try await Task.sleep(for: Self.settlingPoll) }
      logger.info("ready")
      state.notifier.ready(status: state.status)
      let seconds = min(Self.statusSeconds, (state.notifier.watchdogSeconds ?? .infinity) / 2)
      var stuck: [String] = []
      while true {
        stuck = watch(before: stuck)
        state.notifier.say(state.status)
        try await Task.sleep(for: .seconds(seconds))
      }
    }
    state.notifier.stopping()
  }

  /// Says that the service is alive unless a stream hangs. Returns which do.
  private func watch(before: [String]) -> [String] {
    let stuck = state.supervisor.stuck
    if stuck.isEmpty {
      if state.notifier.watchdogSeconds != nil { state.notifier.alive() }
    } else if stuck != before {
      logger.critical(
        "no frames come and no reason is known; the watchdog is not fed: \(stuck.joined(separator: ", "))"
      )
    }
    return stuck
  }
}

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
