import SystemSupport
import VideoInput

/// What a run tells of how far it is.
protocol RunProgress: AnyObject {
  func show(_ run: TrackRun)
  func end()
}

/// The line on a terminal that says how far a run is: frames, speed, tracked share, time left.
final class ProgressLine: RunProgress {
  private let total: Int?
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var last: ContinuousClock.Instant?
  /// Often enough to look alive, seldom enough to cost nothing.
  static let interval = Duration.milliseconds(200)
  /// A year at 1000 frames/s and more; what states more is not believed.
  private static let largestCount = 100_000_000_000

  convenience init(_ description: SourceDescription, settings: VideoSettings) {
    self.init(frames: Self.frameCount(description, settings))
  }

  /// - Parameter frames: how many will come; nil where nobody knows.
  init(frames: Int?) {
    begin = clock.now
    total = frames
  }

  /// Frames that will come, if that can be known.
  static func frameCount(
    _ description: SourceDescription, _ settings: VideoSettings
  ) -> Int? {
    guard let count = description.frameCountEstimate, count > 0 else { return nil }
    var share = 1.0
    if let seconds = description.durationSeconds, seconds > 0 {
      let left = max(0, seconds - settings.startSeconds)
      share = min(left, settings.durationSeconds ?? left) / seconds
    }
    // A damaged header may state any number.
    let frames = (Double(count) * share / Double(settings.everyNthFrame)).rounded(.up)
    return frames < Double(largestCount) ? max(1, Int(frames)) : nil
  }

  func show(_ run: TrackRun) {
    let now = clock.now
    if let last, now - last < Self.interval { return }
    last = now
    let elapsed = (now - begin).seconds
    let rate = elapsed > 0 ? Double(run.tally.frames) / elapsed : 0
    let tracked = 100 * Double(run.tally.tracked) / Double(max(1, run.tally.frames))
    var line = "\(run.input): frame \(run.tally.frames)"
    if let total { line += " of \(max(total, run.tally.frames))" }
    line += String(printf: ", %.0f frames/s, tracked %.1f %%", rate, tracked)
    if let total, rate > 0 {
      line += ", \(Self.left(Double(max(0, total - run.tally.frames)) / rate))"
    }
    Terminal.progress(line)
  }

  /// "3:07 left", with hours "1:03:07 left".
  static func left(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    let end = String(printf: "%02d left", whole % 60)
    return hours > 0 ? String(printf: "%d:%02d:", hours, minutes) + end : "\(minutes):" + end
  }

  func end() {
    if last != nil { Terminal.clearProgress() }
  }
}
