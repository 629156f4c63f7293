import SystemSupport

/// Does work that blocks on a thread made for it, so that Swift's own threads stay free.
func onOwnThread<Result: Sendable>(
  _ name: String, _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    SystemThread.start(name) { continuation.resume(with: Swift.Result { try work() }) }
  }
}
