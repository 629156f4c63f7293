import Synchronization
import Testing

@testable import Service

/// Which front serves when, with fronts that only say so.
@Suite struct HTTPServiceTests {
  struct Taken: Error, CustomStringConvertible {
    let description = "address in use"
  }

  /// What the fronts did, in order.
  final class Diary: Sendable {
    private let lines = Mutex<[String]>([])
    /// Whether the address is somebody else's.
    private let taken = Mutex(true)

    var all: [String] { lines.withLock { $0 } }

    func write(_ line: String) { lines.withLock { $0.append(line) } }

    var isTaken: Bool { taken.withLock { $0 } }

    func free() { taken.withLock { $0 = false } }
  }

  private let world = FakeWorld()

  private func configuration(_ port: Int?) -> HTTPConfiguration {
    HTTPConfiguration(address: "127.0.0.1", port: port, token: nil)
  }

  private func waitUntil(_ what: Comment, _ condition: () -> Bool) async throws {
    // Turns, not time: tests that block may have all the threads that tasks run on for minutes.
    var turns = 0
    while !condition() {
      turns += 1
      try #require(turns < 10_000, what)
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  @Test("a front at a time; failures are tried again, other settings take its place")
  func fronts() async throws {
    let diary = Diary()
    let state = ServiceState(
      supervisor: world.supervisor(), notifier: ServiceNotifier([:]),
      record: ServiceRecord(version: "1"))
    let (configurations, told) = AsyncStream<HTTPConfiguration>.makeStream()
    let service = HTTPService(
      configurations: configurations, state: state, logger: world.logger,
      retry: .milliseconds(20)
    ) { _, port in
      diary.write("made \(port)")
      return { onListening in
        guard !diary.isTaken else { throw Taken() }
        onListening()
        diary.write("serving \(port)")
        try? await Task.sleep(for: .seconds(1000))
        diary.write("ended \(port)")
      }
    }
    let run = Task { try await service.run() }
    told.yield(configuration(80))
    try await waitUntil("trouble") { state.status == "no HTTP" }
    diary.free()
    try await waitUntil("a front") { diary.all.last == "serving 80" }
    #expect(state.status == "")
    // One front, however often it failed; one message.
    #expect(diary.all == ["made 80", "serving 80"])
    #expect(
      world.messages.all == [
        "error: no HTTP on 127.0.0.1, port 80: address in use; it is tried again"
      ])
    told.yield(configuration(80))
    told.yield(configuration(81))
    try await waitUntil("the other front") { diary.all.last == "serving 81" }
    told.yield(configuration(nil))
    try await waitUntil("none") { diary.all.last == "ended 81" }
    told.yield(configuration(82))
    try await waitUntil("another") { diary.all.last == "serving 82" }
    run.cancel()
    try await run.value
    #expect(
      diary.all == [
        "made 80", "serving 80", "ended 80", "made 81", "serving 81", "ended 81", "made 82",
        "serving 82", "ended 82",
      ])
  }
}
