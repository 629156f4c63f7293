import Synchronization

/// What the parts of the service say to each other. Thread-safe.
final class ServiceState: Sendable {
  private struct Notes {
    var reload: String?
    var http: String?
  }

  private let notes = Mutex(Notes())
  let supervisor: Supervisor
  let notifier: ServiceNotifier

  init(supervisor: Supervisor, notifier: ServiceNotifier) {
    self.supervisor = supervisor
    self.notifier = notifier
  }

  /// Why the last reload came to nothing; nil after a good one.
  func note(reload: String?) { notes.withLock { $0.reload = reload } }

  /// Why HTTP is not served; nil while it is.
  func note(http: String?) { notes.withLock { $0.http = http } }

  var status: String {
    let notes = notes.withLock { [$0.reload, $0.http].compactMap { $0 } }
    return StatusText(
      supervisor.streams, notes: notes, now: ServiceClock.monotonic.now()
    ).text
  }
}
