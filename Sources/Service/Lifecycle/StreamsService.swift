import ServiceLifecycle

/// Keeps the streams, which run already, until the service is to end, then closes every output
/// whole.
struct StreamsService: Service {
  let supervisor: Supervisor

  func run() async throws {
    try? await gracefulShutdown()
    try await onOwnThread("stop") { try supervisor.stop() }
  }
}
