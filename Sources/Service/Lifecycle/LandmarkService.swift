import Dispatch
import Logging
import ServiceLifecycle
import Synchronization

/// The service: streams as a configuration file says, until a signal ends it.
public struct LandmarkService: Sendable {
  /// Status of the process for a configuration that cannot be used: EX_CONFIG of sysexits.h.
  public static let badConfigurationStatus: Int32 = 78

  private let path: String
  private let version: String

  /// - Parameters:
  ///   - path: the configuration file.
  ///   - version: the program's, for the log.
  public init(path: String, version: String) {
    self.path = path
    self.version = version
  }

  /// Reads the configuration as `run` would.
  /// - Throws: `ConfigurationError`.
  public static func check(_ path: String) throws(ConfigurationError) -> ServiceConfiguration {
    try ServiceConfiguration.load(path, models: ModelStore())
  }

  /// Runs the service on threads of its own until SIGTERM or SIGINT; blocks until everything is
  /// closed. To be called before the process has other threads, once.
  /// - Throws: `ConfigurationError` before anything is started; `ServiceError` where outputs did not
  ///   close in time.
  public func run() throws {
    SignalService.block()
    let models = ModelStore()
    let configuration = try ServiceConfiguration.load(path, models: models)
    let output = LogOutput()
    let result = Blocking { try await serve(configuration, models, output) }.result()
    if case .failure(let error) = result { Self.logger(output).critical("\(error)") }
    output.flush(within: 1)
    try result.get()
  }

  private static func logger(
    _ output: LogOutput, _ threshold: LogThreshold = LogThreshold(.info)
  ) -> Logger {
    Logger(label: "landmarkd", factory: { _ in ServiceLogHandler(output, threshold) })
  }

  private func serve(
    _ configuration: ServiceConfiguration, _ models: ModelStore, _ output: LogOutput
  ) async throws {
    let threshold = LogThreshold(configuration.logLevel)
    let logger = Self.logger(output, threshold)
    let clock = ServiceClock.monotonic
    let supervisor = Supervisor(models: models, parts: .live, clock: clock, logger: logger)
    let record = ServiceRecord(version: version)
    let state = ServiceState(
      supervisor: supervisor, notifier: ServiceNotifier(), record: record)
    let (requests, reloads) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let (https, http) = AsyncStream<HTTPConfiguration>.makeStream(
      bufferingPolicy: .bufferingNewest(1))
    http.yield(configuration.http)
    let ender = Ender()
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        // They end in the opposite order, each before the next.
        services: [
          SignalService(reloads: reloads, clock: clock, logger: logger) { await ender.end() },
          StreamsService(supervisor: supervisor),
          ReloadService(
            path: path, models: models, state: state, threshold: threshold, clock: clock,
            logger: logger, requests: requests, http: http),
          NotifyService(state: state, logger: logger),
          HTTPService(configurations: https, state: state, logger: logger) { http, port in
            let front = HTTPFront(
              settings: try HTTPSettings(
                address: http.address, port: port, token: http.token, hosts: http.hosts),
              directory: supervisor, record: record, logger: logger)
            return { listening in try await front.run { _ in listening() } }
          },
        ],
        // Its messages are of services ending as they should, and they would show the
        // configuration, passwords included.
        logger: Logger(label: "group", factory: { _ in SwiftLogNoOpLogHandler() })))
    ender.group.withLock { $0 = group }
    let names = configuration.streams.map(\.name).joined(separator: ", ")
    logger.notice("landmarkd \(version), \(path): \(names)")
    for warning in configuration.warnings { logger.warning("\(warning)") }
    _ = try await onOwnThread("start") { try supervisor.run(configuration) }
    try await group.run()
    logger.notice("all outputs are closed")
  }
}

/// Ends the group that the service which ends it is part of.
private final class Ender: Sendable {
  let group = Mutex<ServiceGroup?>(nil)

  func end() async { await group.withLock { $0 }?.triggerGracefulShutdown() }
}

/// Waits for asynchronous work from a thread that may block.
private final class Blocking: Sendable {
  private let work: @Sendable () async throws -> Void
  private let outcome = Mutex<Result<Void, any Error>>(.success(()))

  init(_ work: @escaping @Sendable () async throws -> Void) { self.work = work }

  func result() -> Result<Void, any Error> {
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      do {
        try await self.work()
      } catch {
        self.outcome.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    done.wait()
    return outcome.withLock { $0 }
  }
}
