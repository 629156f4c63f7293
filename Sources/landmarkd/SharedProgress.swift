import Synchronization
import SystemSupport

/// The line on a terminal that says how far several runs side by side are: inputs done, frames,
/// speed, tracked share.
final class SharedProgress: Sendable {
  private struct State {
    var inputsDone = 0
    /// Frames of the inputs that were begun, where they could be known.
    var framesKnown = 0
    var inputsKnown = 0
    var frames = 0
    var tracked = 0
    var shown: ContinuousClock.Instant?
  }

  private let inputs: Int
  private let begin = ContinuousClock.now
  private let state = Mutex(State())

  /// - Parameter inputs: how many there are in all.
  init(inputs: Int) { self.inputs = inputs }

  func add(frames: Int, tracked: Int) {
    let line: String? = state.withLock { state in
      state.frames += frames
      state.tracked += tracked
      let now = ContinuousClock.now
      if let shown = state.shown, now - shown < ProgressLine.interval { return nil }
      state.shown = now
      return text(state, (now - begin).seconds)
    }
    if let line { Terminal.progress(line) }
  }

  /// An input is begun that has so many frames; nil where nobody knows.
  func begin(frames: Int?) {
    guard let frames else { return }
    state.withLock { state in
      state.framesKnown += frames
      state.inputsKnown += 1
    }
  }

  func finishInput() { state.withLock { $0.inputsDone += 1 } }

  private func text(_ state: State, _ seconds: Double) -> String {
    let rate = seconds > 0 ? Double(state.frames) / seconds : 0
    let share = 100 * Double(state.tracked) / Double(max(1, state.frames))
    var text = String(
      printf: "%d of %d inputs done, %d frames, %.0f frames/s, tracked %.1f %%",
      state.inputsDone, inputs, state.frames, rate, share)
    if rate > 0, state.inputsKnown > 0 {
      // What is not begun yet is taken for as long as the others are on average.
      let all = Double(state.framesKnown) / Double(state.inputsKnown) * Double(inputs)
      text += ", about \(ProgressLine.left(max(0, all - Double(state.frames)) / rate))"
    }
    return text
  }
}

/// One run's part in a `SharedProgress`.
final class ShareOfProgress: RunProgress {
  private let whole: SharedProgress
  private var frames = 0
  private var tracked = 0

  /// - Parameter frames: how many will come; nil where nobody knows.
  init(of whole: SharedProgress, frames: Int?) {
    self.whole = whole
    whole.begin(frames: frames)
  }

  func show(_ run: TrackRun) {
    whole.add(frames: run.tally.frames - frames, tracked: run.tally.tracked - tracked)
    (frames, tracked) = (run.tally.frames, run.tally.tracked)
  }

  func end() {
    whole.finishInput()
    Terminal.clearProgress()
  }
}
