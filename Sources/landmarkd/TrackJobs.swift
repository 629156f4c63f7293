import ArgumentParser
import CLNF
import Dispatch
import Synchronization
import SystemNames
import SystemSupport
import VideoInput

/// Tracks the inputs of a command, several side by side.
///
/// Every job is a thread with a tracker and a detector of its own; the model is shared. An input's
/// rows do not depend on how many jobs there are.
final class TrackJobs: Sendable {
  private let command: TrackCommand
  private let outputs: [TrackOutputs]
  private let model: FaceModel
  private let interruption: Interruption
  private let progress: SharedProgress?
  private let begin = ContinuousClock.now
  /// Inputs of this shard.
  private let own: [Int]
  private let state: Mutex<State>

  private struct State {
    /// What is still to be begun in this round: inputs by number, the last first.
    var queue: [Int] = []
    var wasInterrupted = false
    /// By input; nil where none was begun.
    var outcomes: [TrackSession.Outcome?]
    var attempts: [Int]
  }

  /// - Parameter outputs: where what is made of each input of `command` goes.
  init(
    _ command: TrackCommand, outputs: [TrackOutputs], model: FaceModel, interruption: Interruption
  ) {
    self.command = command
    self.outputs = outputs
    self.model = model
    self.interruption = interruption
    own = command.ownInputs
    progress = command.jobCount > 1 ? SharedProgress(inputs: own.count) : nil
    state = Mutex(
      State(
        outcomes: Array(repeating: nil, count: outputs.count),
        attempts: Array(repeating: 0, count: outputs.count)))
  }

  /// Tracks every input, or up to an interruption. Throws the exit status where it is not 0, and what
  /// keeps any tracking from beginning.
  func run() throws {
    var left = own
    for round in 0...command.batch.retries {
      state.withLock { $0.queue = left.reversed() }
      try track()
      left = state.withLock { state in
        state.wasInterrupted ? [] : left.filter { state.outcomes[$0]?.mayPass == true }
      }
      guard !left.isEmpty, round < command.batch.retries else { break }
      Terminal.complain(
        "\(left.count) input\(left.count == 1 ? "" : "s") failed with errors that may pass: "
          + "try \(round + 1) of \(command.batch.retries) again")
    }
    try finish()
  }

  /// A round: every input of the queue once.
  private func track() throws {
    // The first job is this thread's: what its session throws would be thrown by all.
    let session = try makeSession()
    let others = DispatchGroup()
    let count = state.withLock { min(command.jobCount, $0.queue.count) }
    for number in 1..<max(1, count) {
      others.enter()
      SystemThread.start("job \(number + 1)") { [self] in
        defer { others.leave() }
        do {
          work(try makeSession())
        } catch {
          // The inputs are left to the other jobs.
          Terminal.complain("job \(number + 1) cannot begin: \(error)")
        }
      }
    }
    work(session)
    others.wait()
  }

  private func makeSession() throws -> TrackSession {
    try TrackSession(command, model: model, interruption: interruption, progress: progress)
  }

  private func work(_ session: TrackSession) {
    while let index = takeNext() {
      let outcome = session.track(command.input[index], to: outputs[index])
      state.withLock { state in
        state.outcomes[index] = outcome
        if outcome.status == Terminal.interrupted { state.wasInterrupted = true }
      }
    }
  }

  private func takeNext() -> Int? {
    state.withLock { state in
      // What is left out does not ask the sources, which else hear of an interruption.
      if interruption.isInterrupted { state.wasInterrupted = true }
      guard !state.wasInterrupted, let index = state.queue.popLast() else { return nil }
      state.attempts[index] += 1
      return index
    }
  }

  /// The exit status of all, and, after several inputs, what went wrong, again, where it is not lost
  /// among other lines.
  private func finish() throws {
    let (outcomes, wasInterrupted) = state.withLock { ($0.outcomes, $0.wasInterrupted) }
    let problems = command.expanded.value.problems.map(\.text)
    let failures = problems + outcomes.compactMap { $0?.failure }
    let count = outputs.count + problems.count
    let isWritten = say(count)
    if count > 1, !wasInterrupted, !failures.isEmpty {
      Terminal.complain("\(failures.count) of \(count) inputs could not be used:")
      for failure in failures { Terminal.say("  \(failure)") }
    }
    if wasInterrupted { throw Terminal.interrupted }
    let statuses = outcomes.compactMap { $0?.status }
    if !failures.isEmpty || !isWritten || statuses.contains(Terminal.unusable) {
      throw Terminal.unusable
    }
    if let other = statuses.first(where: { $0 != .success }) { throw other }
  }

  /// Says what became of several inputs, and writes it where that is asked for; false where it cannot
  /// be written.
  private func say(_ count: Int) -> Bool {
    guard count > 1 || command.batch.summary != nil else { return true }
    let summary = BatchSummary(entries(), wallSeconds: (ContinuousClock.now - begin).seconds)
    if !command.quiet, count > 1 {
      for line in summary.lines { Terminal.say(line) }
    }
    guard let path = command.batch.summary else { return true }
    do {
      try summary.write(to: path, force: true)
      return true
    } catch {
      Terminal.complain(error)
      return false
    }
  }

  private func entries() -> [BatchSummary.Input] {
    let own = Set(own)
    let (outcomes, attempts) = state.withLock { ($0.outcomes, $0.attempts) }
    let inputs = outcomes.indices.map { index in
      var entry = BatchSummary.Input(
        input: SystemName.shown(VideoInput.redacted(command.input[index])), status: .notBegun,
        output: SystemName.shown(outputs[index].rows))
      guard own.contains(index) else {
        entry.status = .otherShard
        return entry
      }
      guard let outcome = outcomes[index] else { return entry }
      outcome.tell(&entry)
      if entry.wallSeconds != nil { entry.attempts = attempts[index] }
      return entry
    }
    return inputs
      + command.expanded.value.problems.map { problem in
        BatchSummary.Input(
          input: SystemName.shown(VideoInput.redacted(problem.input)), status: .failed,
          error: SystemName.shown(VideoInput.redacted(message: problem.text)))
      }
  }
}

extension TrackSession.Outcome {
  fileprivate func tell(_ entry: inout BatchSummary.Input) {
    entry.status = kind
    entry.rows = rows
    entry.frames = frames
    entry.mediaSeconds = mediaSeconds
    entry.wallSeconds = kind == .done || kind == .elsewhere ? nil : wallSeconds
    entry.endedEarly = endedEarly ? true : nil
    entry.changed = changed ? true : nil
    entry.error = failure.map { SystemName.shown(VideoInput.redacted(message: $0)) }
  }
}
