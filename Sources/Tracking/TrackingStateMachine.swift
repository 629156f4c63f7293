/// The rules of following one face, without images: what to do with a frame, given how the frames
/// before it went (docs/reference/clnf.md section 6).
///
/// A frame goes `begin`, then what that asks for, reported back through `searched` or `followed`
/// (and `redetected` where that was asked).
struct TrackingStateMachine: Equatable {
  /// What to do first with a frame.
  enum Step: Equatable {
    /// No face is known. `detect`: run the detector and fit what it finds.
    case search(detect: Bool)
    /// Fit from the frame before; `wide`: with the first fit's windows.
    case follow(wide: Bool)
  }

  private enum Phase: Equatable {
    /// Frames looked at since the face was given up or the video began.
    case searching(frames: Int)
    case following(lastSucceeded: Bool)
  }

  private let settings: TrackingSettings
  private var phase = Phase.searching(frames: 0)
  /// Failed frames in a row.
  private(set) var failures = 0

  init(_ settings: TrackingSettings) { self.settings = settings }

  var isFollowing: Bool {
    if case .following = phase { return true }
    return false
  }

  func begin() -> Step {
    switch phase {
    case .searching(let frames): .search(detect: frames % settings.searchInterval == 0)
    case .following(let lastSucceeded): .follow(wide: !lastSucceeded)
    }
  }

  /// After a search: `success` is nil where no face was found, else whether the first fit is
  /// believed. A first fit is kept either way and is no failure.
  mutating func searched(success: Bool?) {
    if let success {
      phase = .following(lastSucceeded: success)
      failures = 0
    } else if case .searching(let frames) = phase {
      phase = .searching(frames: frames + 1)
    }
  }

  /// After following. Returns whether the detector is to run on this same frame.
  mutating func followed(success: Bool) -> Bool {
    phase = .following(lastSucceeded: success)
    failures = success ? 0 : failures + 1
    return !success && (failures - 1) % settings.redetectionInterval == 0
  }

  /// After the detector ran on a failed frame: whether a face was found whose fit is believed.
  mutating func redetected(success: Bool) {
    if success {
      phase = .following(lastSucceeded: true)
      failures = 0
    }
  }

  /// At the frame's end: a face that failed too often is given up. Returns whether it was.
  mutating func end() -> Bool {
    guard isFollowing, failures > settings.failureLimit else { return false }
    self = TrackingStateMachine(settings)
    return true
  }
}
