import Logging
import Recording
import Synchronization
import VideoInput

/// Logs what changes about a stream, once each: a source that is lost for a night is one line, not
/// one a second. Belongs to the stream's thread.
final class StreamJournal: Sendable {
  private struct State {
    var source = SourceState.opening
    var problem: String?
    var timesProblem: String?
    var size = ""
    /// By output.
    var outputProblems: [String?] = []
    var lost: [Int] = []
  }

  private let state = Mutex(State())
  private let name: String
  private let logger: Logger

  init(_ name: String, _ logger: Logger) {
    self.name = name
    self.logger = logger
  }

  /// How the source was seen to do.
  func note(_ snapshot: LiveSnapshot) {
    let line: (Logger.Level, String)? = state.withLock { state in
      let size = "\(snapshot.width) x \(snapshot.height)"
      let (source, problem) = (state.source, state.problem)
      let isNewSize = size != state.size
      state.source = snapshot.sourceState
      switch snapshot.sourceState {
      case .live:
        state.problem = nil
        state.size = size
        let note = snapshot.note.map { "; \($0)" } ?? ""
        return source != .live || isNewSize ? (.info, "live, \(size)\(note)") : nil
      case .waiting:
        state.problem = snapshot.problem
        guard source == .live || problem != snapshot.problem else { return nil }
        return (
          .warning, "no source, it is tried again: \(snapshot.problem ?? "it gave no reason")"
        )
      case .opening:
        // Attempts of a source that is lost are no news.
        if source == .waiting { state.source = .waiting }
        return nil
      case .stopped: return nil
      }
    }
    if let line { log(line.0, line.1) }
    noteTimes(snapshot)
  }

  private func noteTimes(_ snapshot: LiveSnapshot) {
    guard snapshot.state == .live else { return }
    let before = state.withLock { state in
      defer { state.timesProblem = snapshot.timesProblem }
      return state.timesProblem
    }
    // How fast its stamps run is measured again and again; the first figure will do.
    if let problem = snapshot.timesProblem, before == nil {
      log(.warning, problem)
    } else if snapshot.timesProblem == nil, before != nil {
      log(.info, "its time stamps are right again")
    }
  }

  /// How the outputs were seen to do, in the configuration's order.
  func note(_ outputs: [SinkStatus]) {
    let lines: [(Logger.Level, String)] = state.withLock { state in
      if state.outputProblems.count != outputs.count {
        state.outputProblems = outputs.map { _ in nil }
        state.lost = outputs.map { _ in 0 }
      }
      var lines: [(Logger.Level, String)] = []
      for (index, output) in outputs.enumerated() {
        let before = state.outputProblems[index]
        guard output.problem != before else { continue }
        state.outputProblems[index] = output.problem
        let lost = output.lost.values.reduce(0, +)
        if let problem = output.problem {
          lines.append((.warning, "\(output.kind) \(output.target): \(problem)"))
        } else {
          let gone = lost - state.lost[index]
          lines.append(
            (.info, "\(output.kind) \(output.target): well again, \(gone) rows were lost"))
          state.lost[index] = lost
        }
      }
      return lines
    }
    for line in lines { log(line.0, line.1) }
  }

  /// The stream's work ended with an error.
  func failed(_ reason: String, _ delay: Double) {
    log(.error, "failed, it is started again in \(Int(delay)) s: \(reason)")
  }

  private func log(_ level: Logger.Level, _ text: String) {
    logger.log(level: level, "stream \(name): \(singleLine(text))")
  }
}
