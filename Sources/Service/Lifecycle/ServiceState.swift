import Synchronization

/// What the parts of the service say to each other. Thread-safe.
final class ServiceState: Sendable {
  private let http = Mutex<String?>(nil)
  let supervisor: Supervisor
  let notifier: ServiceNotifier
  let record: ServiceRecord
  private let clock: ServiceClock

  init(
    supervisor: Supervisor, notifier: ServiceNotifier, record: ServiceRecord,
    clock: ServiceClock = .monotonic
  ) {
    self.supervisor = supervisor
    self.notifier = notifier
    self.record = record
    self.clock = clock
  }

  /// Why HTTP is not served; nil while it is.
  func note(http problem: String?) { http.withLock { $0 = problem } }

  var status: String {
    let notes = [record.reloadTrouble, http.withLock { $0 }].compactMap { $0 }
    return StatusText(supervisor.streams, notes: notes, now: clock.now()).text
  }
}
