import FoundationEssentials
import Synchronization

/// What is known of the service beside its streams. It outlives every change of the configuration.
/// Thread-safe.
public final class ServiceRecord: Sendable {
  /// How the last reading of the configuration went. Times are seconds since 1970.
  struct Reload: Sendable, Equatable {
    /// Why it was not taken; nil where it was.
    var problem: String?
    /// When it was read last, taken or not.
    var lastSeconds: Double
    /// When the one in force was read.
    var lastSuccessSeconds: Double
  }

  let version: String
  /// Tells a page that the service has started anew.
  let instance = UUID().uuidString
  /// Callers who were turned away.
  let refusals = HTTPRefusalCounts()
  private let clock: ServiceClock
  private let utcSeconds: @Sendable () -> Double
  private let beginSeconds: Double
  private let reload: Mutex<Reload>

  /// The service starts, with a configuration that was taken.
  /// - Parameters:
  ///   - version: the program's.
  ///   - utcSeconds: since 1970.
  public init(
    version: String, clock: ServiceClock = .monotonic,
    utcSeconds: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) {
    self.version = version
    self.clock = clock
    self.utcSeconds = utcSeconds
    beginSeconds = clock.now()
    let now = utcSeconds()
    reload = Mutex(Reload(lastSeconds: now, lastSuccessSeconds: now))
  }

  var uptimeSeconds: Double { clock.now() - beginSeconds }

  /// Since the configuration was read last, taken or not.
  var reloadAgeSeconds: Double { max(0, utcSeconds() - lastReload.lastSeconds) }

  var lastReload: Reload { reload.withLock { $0 } }

  /// The configuration was read anew; `problem`: why it was not taken, in one line.
  func note(reload problem: String?) {
    let now = utcSeconds()
    reload.withLock { reload in
      reload.problem = problem
      reload.lastSeconds = now
      if problem == nil { reload.lastSuccessSeconds = now }
    }
  }

  /// What is wrong with the configuration that was read last, and since when; nil where nothing is.
  var reloadTrouble: String? {
    lastReload.problem.map {
      "the configuration \($0) and was not taken (\(StatusText.age(reloadAgeSeconds)) ago)"
    }
  }
}
