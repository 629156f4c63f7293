import ArgumentParser
import CLNF
import Foundation
import Synchronization
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
  private let state: Mutex<State>

  private struct State {
    var next = 0
    var wasInterrupted = false
    /// By input; nil where none was begun.
    var outcomes: [TrackSession.Outcome?]
  }

  /// - Parameter outputs: where what is made of each input of `command` goes.
  init(
    _ command: TrackCommand, outputs: [TrackOutputs], model: FaceModel, interruption: Interruption
  ) {
    self.command = command
    self.outputs = outputs
    self.model = model
    self.interruption = interruption
    progress = command.jobCount > 1 ? SharedProgress(inputs: outputs.count) : nil
    state = Mutex(State(outcomes: Array(repeating: nil, count: outputs.count)))
  }

  /// Tracks every input, or up to an interruption. Throws the exit status where it is not 0, and what
  /// keeps any tracking from beginning.
  func run() throws {
    // The first job is this thread's: what its session throws would be thrown by all.
    let session = try makeSession()
    let others = DispatchGroup()
    for number in 1..<max(1, command.jobCount) {
      others.enter()
      let thread = Thread { [self] in
        defer { others.leave() }
        do {
          work(try makeSession())
        } catch {
          // The inputs are left to the other jobs.
          Terminal.complain("job \(number + 1) cannot begin: \(error)")
        }
      }
      thread.name = "job \(number + 1)"
      thread.start()
    }
    work(session)
    others.wait()
    try finish()
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
      guard !state.wasInterrupted, state.next < outputs.count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// The exit status of all, and, after several inputs, what went wrong, again, where it is not lost
  /// among other lines.
  private func finish() throws(ExitCode) {
    let (outcomes, wasInterrupted) = state.withLock {
      ($0.outcomes.compactMap(\.self), $0.wasInterrupted)
    }
    if wasInterrupted { throw Terminal.interrupted }
    let failures = outcomes.compactMap(\.failure)
    if outputs.count > 1, !failures.isEmpty {
      Terminal.complain("\(failures.count) of \(outputs.count) inputs could not be used:")
      for failure in failures { Terminal.say("  \(failure)") }
    }
    let statuses = outcomes.map(\.status)
    if statuses.contains(Terminal.unusable) { throw Terminal.unusable }
    if let other = statuses.first(where: { $0 != .success }) { throw other }
  }
}
