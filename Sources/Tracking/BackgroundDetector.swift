import CLNF
import FaceFinding
import FoundationEssentials
import SystemSupport

/// A face detector that works beside the frames' path, on a copy of one of them.
///
/// For live sources, whose next frame does not wait for a search of 20 ms and more. One search at a
/// time: a frame is submitted, and when the search is over its answer is taken, together with the
/// copy that it is about. `submit`, `take` and `discard` belong to one thread (the tracker's); the
/// search has a thread of its own, which ends with this object.
public final class BackgroundDetector {
  private let desk: Desk

  /// - Parameter detector: used by the search's thread only from now on.
  public init(_ detector: sending any FaceDetector) {
    desk = Desk(detector)
    let desk = desk
    SystemThread.start("face detector") { desk.work() }
  }

  deinit { desk.close() }

  /// Why the search could not be run whose answer was taken last; nil where it was.
  var lastError: FaceDetectionError? { desk.lastError }

  /// Whether a search runs or an answer waits.
  public var isBusy: Bool { desk.state != .idle }

  /// Whether an answer waits to be taken.
  public var hasAnswer: Bool { desk.state == .done }

  /// Begins a search of a copy of `image`; false, and nothing done, while busy. Cost: the copy, into
  /// memory that is kept.
  @discardableResult
  public func submit(_ image: borrowing GreyImage) -> Bool { desk.submit(image) }

  /// Gives the copy and what was found in it to `body`, and is then free for the next search. nil,
  /// and `body` not called, while there is no answer.
  func take<Result>(
    _ body: (_ copy: borrowing GreyImage, _ faces: [DetectedFace]) -> Result
  ) -> Result? {
    desk.answer(body)
  }

  /// Waits until no search runs; at most `seconds`.
  func waitForAnswer(atMost seconds: Double) { desk.wait(atMost: seconds) }

  /// Lets an answer that is there, or a search that still runs, come to nothing.
  public func discard() { desk.discard() }
}

/// What the two threads share. The copy and the faces belong to the search's thread while the state
/// is `searching` or `unwanted`, to the tracker's otherwise; the detector to the search's always.
private final class Desk: @unchecked Sendable {
  enum State { case idle, submitted, searching, unwanted, done, closed }

  private let condition = Condition()
  private var current = State.idle
  private let detector: any FaceDetector
  private var copy = GreyImage(width: 0, height: 0, repeating: 0)
  private var faces: [DetectedFace] = []
  private var failure: FaceDetectionError?
  /// Of the tracker's thread.
  private(set) var lastError: FaceDetectionError?

  init(_ detector: any FaceDetector) { self.detector = detector }

  var state: State { condition.withLock { current } }

  func submit(_ image: borrowing GreyImage) -> Bool {
    guard state == .idle else { return false }
    copy.resize(width: image.width, height: image.height, filler: 0)
    image.withSamples { from in
      copy.withMutableSamples { to in
        for i in 0..<from.count { to[i] = from[i] }
      }
    }
    condition.withLock {
      if current == .idle { current = .submitted }
      condition.broadcast()
    }
    return true
  }

  func answer<Result>(
    _ body: (_ copy: borrowing GreyImage, _ faces: [DetectedFace]) -> Result
  ) -> Result? {
    guard state == .done else { return nil }
    defer { condition.withLock { if current == .done { current = .idle } } }
    lastError = failure
    return body(copy, faces)
  }

  func wait(atMost seconds: Double) {
    let end = Clocks.monotonicSeconds + seconds
    condition.withLock {
      while current == .submitted || current == .searching || current == .unwanted {
        guard condition.wait(until: end) else { return }
      }
    }
  }

  func discard() {
    condition.withLock {
      switch current {
      case .submitted, .done: current = .idle
      case .searching: current = .unwanted
      case .idle, .unwanted, .closed: break
      }
    }
  }

  func close() {
    condition.withLock {
      current = .closed
      condition.broadcast()
    }
  }

  /// The search's thread.
  func work() {
    while true {
      condition.lock()
      while current != .submitted && current != .closed { condition.wait() }
      guard current != .closed else {
        condition.unlock()
        return
      }
      current = .searching
      condition.unlock()
      faces = detector.detectFaces(in: copy)
      failure = detector.lastError
      condition.withLock {
        switch current {
        case .searching: current = .done
        case .unwanted: current = .idle
        case .idle, .submitted, .done, .closed: break
        }
        // Whoever waits for the answer.
        condition.broadcast()
      }
    }
  }
}
