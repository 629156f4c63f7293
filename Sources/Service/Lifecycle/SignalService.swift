import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Waits for signals: SIGTERM and SIGINT end the service, another one more than a second later ends the
/// process at once; SIGHUP asks for a reload.
struct SignalService: Service {
  /// As of a command that was interrupted.
  static let secondSignalStatus: Int32 = 130

  let reloads: AsyncStream<Void>.Continuation
  let clock: ServiceClock
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
      var requests = EndRequests()
      for await signal in signals {
        guard signal != .sighup else {
          reloads.yield()
          continue
        }
        switch requests.hear(at: clock.now()) {
        case .begin:
          logger.notice("\(signal): closing all outputs; once more, in a second, ends at once")
          await end()
        case .same: break
        case .atOnce: _exit(Self.secondSignalStatus)
        }
      }
    }
  }
}
