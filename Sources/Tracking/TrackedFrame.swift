import CLNF

/// What the tracker thinks of its face after a frame.
public enum TrackingState: String, Sendable, CaseIterable {
  /// No face: looking for one.
  case searching
  /// A face is followed and the fit is believed.
  case tracking
  /// A face is followed; this frame's fit is not believed.
  case doubtful
  /// The face was followed and has gone.
  case lost
}

/// One face in one frame: the times of the frame, the fit and what was made of it.
///
/// A tracker fills the same value for frame after frame; its arrays then keep their memory.
public struct TrackedFrame: Sendable {
  /// The source's frame number, from 1.
  public var frameNumber = 0
  /// Seconds from the source's first time stamp.
  public var timestampSeconds = 0.0
  /// The source's presentation time stamp in its own time base; nil where it gave none.
  public var presentationTimestamp: Int64?
  /// Seconds since 1970-01-01T00:00:00Z, where the source knows when the frame was taken.
  public var utcSeconds: Double?
  /// When a live source took the picture, in seconds of the system's monotonic clock.
  public var captureSeconds: Double?
  /// Which face: from 0, stable while it is followed.
  public var faceID = 0
  public var state = TrackingState.searching
  /// Whether this frame's landmarks are believed.
  public var success = false
  /// 0 (surely wrong) to 1 (surely right).
  public var confidence = 0.0
  /// Whether the fields below hold a fit of this frame; without a fit their values mean nothing.
  public var hasFit = false
  /// Pixels, stacked [x0 ... x(n-1), y0 ... y(n-1)].
  public var landmarks: [Double] = []
  public var global = GlobalParameters(scale: 1, tx: 0, ty: 0)
  /// The shape modes' coefficients q.
  public var local: [Double] = []
  /// Mean length of the final mean shifts over visible landmarks, reference px of the last scale.
  public var meanShift = 0.0
  /// Mean distance from landmark to response peak, reference px of the last scale.
  public var peakOffset = 0.0
  /// Length of each landmark's final mean shift, n, reference px of the last scale; not a number
  /// where a landmark is not visible.
  public var residuals: [Double] = []
  /// How likely each landmark is seen and right, n, 0 to 1 (`LandmarkVerdict`); empty where that was
  /// not asked for or not learned.
  public var landmarkConfidences: [Double] = []
  /// Mean over visible landmarks of the log kernel density (docs/reference/clnf.md section 5).
  public var likelihood = 0.0
  /// Iterations of all passes and scales of this frame's fit.
  public var iterations = 0

  public init() {}
}

extension TrackedFrame {
  /// Sets success, confidence and state of a fit from what is thought of it.
  public mutating func judge(_ word: Belief.Word) {
    success = hasFit && word.isBelieved
    confidence = word.confidence
    state = !hasFit ? .searching : success ? .tracking : .doubtful
  }

  /// Makes it a frame without a face.
  package mutating func withdraw() {
    hasFit = false
    judge(Belief.Word(isBelieved: false, confidence: 0))
    landmarkConfidences.removeAll(keepingCapacity: true)
  }
}
