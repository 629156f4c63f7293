import Logging
import ServiceLifecycle

/// Tells the service manager that the service is ready, how it does, and that it is alive.
struct NotifyService: Service {
  /// Before the first stream has settled.
  private static let settlingPoll = Duration.milliseconds(20)
  /// A source that may take minutes to open must not make the manager give the service up: after so
  /// long it is known to be trying, too.
  private static let longestSettling = Duration.seconds(30)
  /// The status line is for people.
  private static let statusSeconds = 5.0

  let state: ServiceState
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      let deadline = ContinuousClock.now + Self.longestSettling
      while !state.supervisor.hasSettled, ContinuousClock.now < deadline {
        try await Task.sleep(for: Self.settlingPoll)
      }
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

  /// Says that the service is alive unless a stream's own thread hangs: that is ours, and only a new
  /// process mends it. A source that hangs is its stream's loss alone. Returns which hang.
  private func watch(before: [String]) -> [String] {
    let stuck = state.supervisor.stuck
    if stuck.isEmpty {
      if state.notifier.watchdogSeconds != nil { state.notifier.alive() }
    } else if stuck != before {
      logger.critical(
        "threads of the service hang; the watchdog is not fed: \(stuck.joined(separator: ", "))"
      )
    }
    return stuck
  }
}
