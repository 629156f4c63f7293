import Dispatch
import Logging
import Synchronization
import SystemSupport

/// Runs the streams of a configuration, each apart from the others, and changes over to another
/// configuration without touching those that stay the same. Thread-safe.
public final class Supervisor: StreamDirectory {
  /// What a change of configuration did, by the streams' names.
  public struct Change: Sendable, Equatable {
    public var started: [String] = []
    /// Closed and started anew with other settings, or with a model that has changed.
    public var restarted: [String] = []
    public var removed: [String] = []
    public var unchanged: [String] = []
  }

  private let models: ModelStore
  private let parts: StreamParts
  private let clock: ServiceClock
  private let logger: Logger
  private let workers = Mutex<[StreamWorker]>([])
  /// Held while the streams change: one change after another.
  private let changing = Condition()
  /// Whether all streams were stopped for good. Read and written while `changing` is held.
  private nonisolated(unsafe) var isOver = false
  /// Streams that are no more and ended without all of their rows. As `isOver`.
  private nonisolated(unsafe) var endedWithLoss: [String] = []
  /// What closing a stream may take: what an output may, and a little.
  private static let closeSeconds = 8.0

  init(models: ModelStore, parts: StreamParts, clock: ServiceClock = .monotonic, logger: Logger) {
    self.models = models
    self.parts = parts
    self.clock = clock
    self.logger = logger
  }

  /// Runs the streams of `configuration`: starts what is new, closes what it does not have, closes
  /// and starts again what it has otherwise. Streams that are the same go on undisturbed.
  ///
  /// Blocks until what is closed is closed, 8 s at most. After `stop` it does nothing.
  /// - Throws: `ServiceError.model`; everything is then as before.
  @discardableResult
  public func run(_ configuration: ServiceConfiguration) throws(ServiceError) -> Change {
    changing.lock()
    defer { changing.unlock() }
    guard !isOver else { return Change() }
    let plans = try makePlans(configuration)
    let present = workers.withLock { $0 }
    var change = Change()
    var kept: [String: StreamWorker] = [:]
    for worker in present {
      guard let plan = plans.first(where: { $0.name == worker.name }) else {
        change.removed.append(worker.name)
        continue
      }
      if worker.plan.isSame(as: plan) {
        change.unchanged.append(worker.name)
        kept[worker.name] = worker
      } else {
        change.restarted.append(worker.name)
      }
    }
    // A stream that starts may write the files of one that ends.
    let closed = present.filter { kept[$0.name] == nil }
    warn(Self.close(closed, within: Self.closeSeconds))
    endedWithLoss += closed.filter(\.endedWithLoss).map(\.name)
    let next = plans.map { plan in
      kept[plan.name] ?? makeWorker(plan, of: present.first { $0.name == plan.name })
    }
    workers.withLock { $0 = next }
    for worker in next where kept[worker.name] == nil {
      if !change.restarted.contains(worker.name) { change.started.append(worker.name) }
      worker.start()
    }
    models.keepOnly(Set(configuration.streams.compactMap(\.model)))
    return change
  }

  /// Closes all streams for good, every file whole. Blocks, 8 s at most.
  /// - Throws: `ServiceError.notClosed` with the streams that were not closed by then, `rowsLost` with
  ///   those that were, now or at an earlier change, without all of their rows.
  public func stop() throws(ServiceError) {
    changing.lock()
    defer { changing.unlock() }
    isOver = true
    let open = Self.close(workers.withLock { $0 }, within: Self.closeSeconds)
    guard open.isEmpty else { throw .notClosed(open) }
    let lossy = endedWithLoss + workers.withLock { $0 }.filter(\.endedWithLoss).map(\.name)
    guard lossy.isEmpty else { throw .rowsLost(lossy) }
  }

  public var streams: [StreamStatus] { workers.withLock { $0 }.map(\.status) }

  public var isReady: Bool {
    let workers = workers.withLock { $0 }
    return !workers.isEmpty && workers.allSatisfy(\.hasSettled)
  }

  /// Whether the first stream is open or known to be retrying.
  var hasSettled: Bool { workers.withLock { $0 }.contains(where: \.hasSettled) }

  /// The streams whose own threads hang.
  var stuck: [String] {
    workers.withLock { $0 }.filter { !$0.isProgressing }.map(\.name)
  }

  public func pictures(of stream: String) -> PictureFeed? {
    workers.withLock { $0 }.first { $0.name == stream }?.pictures
  }

  private func makePlans(
    _ configuration: ServiceConfiguration
  ) throws(ServiceError) -> [StreamPlan] {
    var plans: [StreamPlan] = []
    for stream in configuration.streams {
      do {
        plans.append(StreamPlan(configuration: stream, model: try models.model(at: stream.model)))
      } catch {
        throw .model(stream: stream.name, error)
      }
    }
    return plans
  }

  /// Who looks at a stream goes on to look at it when it is started again.
  private func makeWorker(_ plan: StreamPlan, of old: StreamWorker?) -> StreamWorker {
    StreamWorker(
      plan, pictures: old?.pictures ?? PictureFeed(), parts: parts, clock: clock, logger: logger)
  }

  private func warn(_ open: [String]) {
    if !open.isEmpty { logger.error("\(ServiceError.notClosed(open))") }
  }

  /// Closes workers beside each other. Returns the names of those that did not in time.
  private static func close(_ workers: [StreamWorker], within seconds: Double) -> [String] {
    let open = Mutex<Set<String>>(Set(workers.map(\.name)))
    let group = DispatchGroup()
    for worker in workers {
      group.enter()
      SystemThread.start("closing") {
        if worker.close(within: seconds) { open.withLock { _ = $0.remove(worker.name) } }
        group.leave()
      }
    }
    group.wait()
    return workers.map(\.name).filter { name in open.withLock { $0.contains(name) } }
  }
}
