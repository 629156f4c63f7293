import CLNF
import FaceFinding

/// Judges from an image whether landmarks are right: -1 surely, 1 surely not.
public protocol LandmarkJudge: AnyObject {
  /// - Parameters:
  ///   - landmarks: 2n pixels, stacked.
  ///   - rotation: the head's, radians.
  func certainty(
    image: borrowing GreyImage, landmarks: UnsafePointer<Double>, rotation: EulerAngles
  ) -> Double
}

extension ValidatorEvaluation: LandmarkJudge {}

/// Follows one face from frame to frame.
///
/// Give it every frame in order. After the first frames it allocates nothing but what the detector
/// does when it runs. One thread at a time.
///
/// With a detector on the path a frame that needs one waits for it; with one beside the path
/// (`BackgroundDetector`, for live sources) the frame goes on without, and the box that is found in
/// its copy is brought forward to a later frame.
public final class FaceTracker {
  /// What a frame took, for statistics and tests.
  public struct Activity: Sendable, Equatable {
    /// Whether a search was made, or begun beside the path.
    public var detectorRan = false
    public var detectorFound = false
    /// Fits of the frame in order, by the windows they used.
    public var fits: [Windows] = []

    public enum Windows: String, Sendable {
      case first, tracking
      /// The tracking windows, the finest scale only.
      case still
    }
  }

  public let settings: TrackingSettings
  public private(set) var activity = Activity()
  private let follower: FaceFollower
  private let search: Search
  private var machine: TrackingStateMachine
  /// Why the last search could not be run; nil where it was. Its frame has no face then, whatever is in it.
  public private(set) var searchError: FaceDetectionError?
  /// How long this frame may wait for a search beside the path.
  private var spareSeconds = 0.0
  /// Faces in a row that were found and not wanted.
  private var refusals = 0

  private enum Search {
    case onPath(any FaceDetector)
    case beside(BackgroundDetector)
  }

  /// - Parameters:
  ///   - judge: believes or doubts fits; without one every fit that ends is believed.
  /// - Throws: `ModelDataError` for settings that cannot be used.
  public convenience init(
    fitter: Fitter, detector: any FaceDetector, judge: (any LandmarkJudge)?,
    settings: TrackingSettings
  ) throws(ModelDataError) {
    try self.init(fitter, .onPath(detector), judge, settings)
  }

  /// For live sources: no frame waits for the detector. What comes of a frame then depends on how
  /// fast it is; everything else is as with the other initialiser.
  public convenience init(
    fitter: Fitter, besides detector: BackgroundDetector, judge: (any LandmarkJudge)?,
    settings: TrackingSettings
  ) throws(ModelDataError) {
    try self.init(fitter, .beside(detector), judge, settings)
  }

  private init(
    _ fitter: Fitter, _ search: Search, _ judge: (any LandmarkJudge)?, _ settings: TrackingSettings
  ) throws(ModelDataError) {
    follower = try FaceFollower(fitter, judge, settings)
    self.search = search
    self.settings = settings
    machine = TrackingStateMachine(settings)
  }

  /// Forgets the face, as at the beginning of a video.
  public func reset() {
    machine = TrackingStateMachine(settings)
    searchError = nil
    refusals = 0
    follower.forget()
    if case .beside(let detector) = search { detector.discard() }
  }

  /// The face that was found in the last frame is not wanted: it is forgotten, and the next search gives
  /// another one where it finds several.
  package func refuse() {
    let count = refusals + 1
    reset()
    refusals = count
  }

  /// Looks at the next frame and fills `frame`, all but its number and times.
  ///
  /// - Parameter spareSeconds: how long a frame without a face may wait for a search beside the path:
  ///   above 0 for sources so slow that the next frame is far, and the face elsewhere by then.
  public func track(
    _ image: borrowing GreyImage, into frame: inout TrackedFrame, spareSeconds: Double = 0
  ) {
    self.spareSeconds = spareSeconds
    activity.detectorRan = false
    activity.detectorFound = false
    follower.begin()
    var hasFit = true
    switch machine.begin() {
    case .search(let detect):
      hasFit = false
      if let face = searched(image, isDue: detect) {
        follower.start(on: face, in: image)
        hasFit = true
      }
      machine.searched(success: hasFit ? follower.isBelieved : nil)
    case .follow(let wide):
      refusals = 0
      follower.follow(image, wide: wide)
      redetect(image, isDue: machine.followed(success: follower.isBelieved))
    }
    follower.fill(&frame, image, hasFit: hasFit, isGivenUp: machine.end())
    activity.fits.removeAll(keepingCapacity: true)
    activity.fits.append(contentsOf: follower.fits)
  }

  /// The chosen face of a search of the image; nil where none is due or none is there.
  ///
  /// - Parameter place: where the face was last, if that is known.
  private func searched(
    _ image: borrowing GreyImage, isDue: Bool, lastAt place: FaceBox? = nil
  ) -> DetectedFace? {
    let face: DetectedFace?
    switch search {
    case .onPath(let detector):
      guard isDue else { return nil }
      activity.detectorRan = true
      if let place, settings.preferredPoint == nil {
        face = detector.detectFaces(in: image, lastAt: place).first
      } else {
        face = chosen(of: detector.detectFaces(in: image))
      }
      searchError = detector.lastError
    case .beside(let detector):
      face = spareSeconds > 0 ? faceWaitedFor(detector, image) : faceBeside(detector, image, isDue)
    }
    activity.detectorFound = face != nil
    return face
  }

  /// What an earlier search found, where it is now; a search begins where there is none.
  private func faceBeside(
    _ detector: BackgroundDetector, _ image: borrowing GreyImage, _ isDue: Bool
  ) -> DetectedFace? {
    let answer = detector.take { copy, faces in
      chosen(of: faces).flatMap { FaceTemplate.carry($0, from: copy, to: image) }
    }
    if answer != nil { searchError = detector.lastError }
    let face = answer ?? nil
    if face == nil, isDue { activity.detectorRan = detector.submit(image) }
    return face
  }

  /// What a search of this very picture finds, where it ends in the time that there is.
  private func faceWaitedFor(
    _ detector: BackgroundDetector, _ image: borrowing GreyImage
  ) -> DetectedFace? {
    // An answer about the picture before is old; a search that still runs is all that there will be.
    if detector.hasAnswer { detector.discard() }
    if !detector.isBusy { activity.detectorRan = detector.submit(image) }
    detector.waitForAnswer(atMost: spareSeconds)
    return faceBeside(detector, image, false)
  }

  private func chosen(of faces: [DetectedFace]) -> DetectedFace? {
    guard !faces.isEmpty else { return nil }
    let place = refusals % faces.count
    guard let point = settings.preferredPoint else { return faces[place] }
    func distance(_ face: DetectedFace) -> Double {
      let (dx, dy) = (face.box.center.x - point.x, face.box.center.y - point.y)
      return dx * dx + dy * dy
    }
    if place == 0 { return faces.min { distance($0) < distance($1) } }
    return faces.sorted { distance($0) < distance($1) }[place]
  }

  /// After a failed frame: fits a detected face and keeps it only where it is believed.
  private func redetect(_ image: borrowing GreyImage, isDue: Bool) {
    guard !follower.isBelieved else {
      // What was found for an earlier failure is about a face that is not followed any more.
      if case .beside(let detector) = search { detector.discard() }
      return
    }
    if case .onPath = search, !isDue { return }
    let face = searched(image, isDue: isDue, lastAt: follower.lastPlace())
    if case .beside = search, face == nil { return }
    machine.redetected(success: face.map { follower.startAgain(on: $0, in: image) } ?? false)
  }
}
