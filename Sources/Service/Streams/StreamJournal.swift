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
    /// By output, in the configuration's order.
    var outputs: [SinkNews] = []
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

  /// Outputs were made, as many as `count`; nothing is known of them yet.
  func begin(outputs count: Int) {
    state.withLock { $0.outputs = Array(repeating: SinkNews(), count: count) }
  }

  /// How the outputs were seen to do.
  func note(_ outputs: [SinkStatus]) { say(outputs) { $0.look($1) } }

  /// How the outputs were when they had been closed; once.
  func noteClosed(_ outputs: [SinkStatus]) { say(outputs) { $0.close($1) } }

  private func say(
    _ outputs: [SinkStatus], _ news: (inout SinkNews, SinkStatus) -> SinkNews.Item?
  ) {
    let items = state.withLock { state in
      zip(state.outputs.indices, outputs).compactMap { news(&state.outputs[$0], $1) }
    }
    for item in items { log(item.isTrouble ? .warning : .info, item.text) }
  }

  /// The stream's work ended with an error.
  func failed(_ reason: String, _ delay: Double) {
    log(.error, "failed, it is started again in \(Int(delay)) s: \(reason)")
  }

  private func log(_ level: Logger.Level, _ text: String) {
    logger.log(level: level, "stream \(name): \(singleLine(text))")
  }
}
