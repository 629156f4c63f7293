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
  private let fitter: Fitter
  private let search: Search
  private let judge: (any LandmarkJudge)?
  private var machine: TrackingStateMachine
  private var current: Fit
  private var saved: Fit
  /// The best of several starts so far.
  private var bestStart: Fit
  private var template: FaceTemplate
  private let glance: FaceGlance
  /// Judges landmarks, where that is asked for.
  private let landmarkJudge: LandmarkConfidence?
  private var history = LikelihoodHistory()
  /// How far the face moved to the last frame, as `stillMovement` says; infinite where that is not
  /// known.
  private var movement = Double.infinity
  /// Why the last search could not be run; nil where it was. Its frame has no face then, whatever is in it.
  public private(set) var searchError: FaceDetectionError?
  /// How long this frame may wait for a search beside the path.
  private var spareSeconds = 0.0

  private enum Search {
    case onPath(any FaceDetector)
    case beside(BackgroundDetector)
  }

  /// A fit and what is thought of it.
  private struct Fit {
    var parameters: FaceParameters
    var landmarks: [Double]
    var residuals: [Double]
    var report = FitReport()
    /// Where landmarks are judged.
    var figures = LandmarkFigures()
    var word = Belief.Word(isBelieved: false, confidence: 0)
    var success: Bool { word.isBelieved }
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
    try settings.validate()
    self.fitter = fitter
    self.search = search
    self.judge = judge
    self.settings = settings
    machine = TrackingStateMachine(settings)
    let model = fitter.model
    let glance = FaceGlance()
    self.glance = glance
    landmarkJudge =
      settings.judgesLandmarks ? LandmarkConfidence(model, regressor: glance.regressor) : nil
    let empty = Fit(
      parameters: FaceParameters(
        global: GlobalParameters(scale: 1, tx: 0, ty: 0),
        local: [Double](repeating: 0, count: model.shapeModel.modeCount)),
      landmarks: [Double](repeating: 0, count: 2 * model.landmarkCount),
      residuals: [Double](repeating: 0, count: model.landmarkCount))
    current = empty
    saved = empty
    bestStart = empty
    template = FaceTemplate()
  }

  /// Forgets the face, as at the beginning of a video.
  public func reset() {
    machine = TrackingStateMachine(settings)
    searchError = nil
    template.forget()
    if case .beside(let detector) = search { detector.discard() }
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
    activity.fits.removeAll(keepingCapacity: true)
    var hasFit = true
    switch machine.begin() {
    case .search(let detect):
      hasFit = detectAndFit(image, isDue: detect)
      if hasFit { history = LikelihoodHistory() }
      machine.searched(success: hasFit ? current.success : nil)
    case .follow(let wide):
      follow(image, wide: wide)
      redetect(image, isDue: machine.followed(success: current.success))
    }
    let givenUp = machine.end()
    if hasFit, !givenUp, settings.matchesTemplate {
      template.remember(image, current.landmarks, scale: current.parameters.global.scale)
    }
    fill(&frame, hasFit: hasFit, givenUp: givenUp)
    judgeLandmarks(image, &frame)
  }

  private func judgeLandmarks(_ image: borrowing GreyImage, _ frame: inout TrackedFrame) {
    guard let landmarkJudge, frame.hasFit else {
      frame.landmarkConfidences.removeAll(keepingCapacity: true)
      return
    }
    landmarkJudge.judge(
      current.figures, image: image, landmarks: current.landmarks,
      rotation: current.parameters.global.rotation, confidence: current.word.confidence,
      into: &frame.landmarkConfidences)
  }

  /// Fits the chosen face of the detector from scratch. Returns whether there was one.
  ///
  /// - Parameter place: where the face was last, if that is known.
  private func detectAndFit(
    _ image: borrowing GreyImage, isDue: Bool, lastAt place: FaceBox? = nil
  ) -> Bool {
    let face: DetectedFace?
    switch search {
    case .onPath(let detector):
      guard isDue else { return false }
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
    guard let face else { return false }
    activity.detectorFound = true
    movement = .infinity
    fitFirst(image, face)
    return true
  }

  /// Fits from the face's points, and from other starts where that is not enough.
  private func fitFirst(_ image: borrowing GreyImage, _ face: DetectedFace) {
    let starts = FaceStarts(
      of: face, in: fitter.model.shapeModel, image: image, regressor: glance.regressor)
    var best: StartWord?
    for start in starts.all {
      current.parameters.global = start.parameters.global
      current.parameters.local.replaceElements(with: start.parameters.local)
      fit(image, .first, anchor: start.anchor)
      let word = StartWord(
        word: current.word, agrees: starts.agree(with: current.landmarks),
        likelihood: current.report.likelihood)
      if word.suffices { return }
      if let best, !word.isBetter(than: best) { continue }
      best = word
      swap(&current, &bestStart)
    }
    swap(&current, &bestStart)
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
    guard let point = settings.preferredPoint else { return faces.first }
    func distance(_ face: DetectedFace) -> Double {
      let (dx, dy) = (face.box.center.x - point.x, face.box.center.y - point.y)
      return dx * dx + dy * dy
    }
    return faces.min { distance($0) < distance($1) }
  }

  private func follow(_ image: borrowing GreyImage, wide: Bool) {
    saved.parameters.global = current.parameters.global
    saved.parameters.local.replaceElements(with: current.parameters.local)
    saved.landmarks.replaceElements(with: current.landmarks)
    let shift =
      settings.matchesTemplate
      ? template.shift(in: image, scale: current.parameters.global.scale) : nil
    begin(at: shift)
    if fitter.settings.trackingAnchorWeight > 0 {
      glance.look(at: saved.landmarks, movedBy: shift, in: image)
    } else {
      glance.forget()
    }
    if wide {
      fitAhead(image, .first)
    } else if !staysStill(image) {
      begin(at: shift)
      fitAhead(image, .tracking)
    }
    doubtChange()
    if settings.retriesWide, !wide, !current.success {
      restoreParameters()
      fitAhead(image, .first)
      doubtChange()
    }
    if current.report.failure == .diverged {
      // Nothing can start from what is not a number: start again from the frame before.
      restoreParameters()
      current.landmarks = fitter.model.shapeModel.landmarks(current.parameters)
    }
    movement = current.success ? movementInMillimetres() : .infinity
    if current.success { history.add(current.report.likelihood) }
  }

  /// The frame before's parameters, moved by a shift in pixels.
  private func begin(at shift: (x: Double, y: Double)?) {
    restoreParameters()
    current.parameters.global.tx += shift?.x ?? 0
    current.parameters.global.ty += shift?.y ?? 0
  }

  /// A fit at the finest scale that is believed less is tried again with all: they see more.
  private static let stillConfidence = 0.9

  /// Fits a face that hardly moved to the last frame at its finest scale. Returns whether that was
  /// enough; if not, all scales have to be fitted.
  private func staysStill(_ image: borrowing GreyImage) -> Bool {
    guard let limit = settings.stillMovement, movement < limit,
      fitter.settings.tracksPoseOnlyWhenCoarse
    else { return false }
    fitAhead(image, .still)
    // Without learned rules there is no confidence.
    return current.success && !(current.word.confidence < Self.stillConfidence)
      && movementInMillimetres() < limit
  }

  /// Root mean square movement of the landmarks since the frame before, mm at the head: pixels over
  /// the fit's px/mm.
  private func movementInMillimetres() -> Double {
    var sum = 0.0
    for i in current.landmarks.indices {
      let difference = current.landmarks[i] - saved.landmarks[i]
      sum += difference * difference
    }
    let pixels = (sum / Double(fitter.model.landmarkCount)).squareRoot()
    return pixels / current.parameters.global.scale
  }

  private func restoreParameters() {
    current.parameters.global = saved.parameters.global
    current.parameters.local.replaceElements(with: saved.parameters.local)
  }

  /// Doubts a followed face whose likelihood fell or whose landmarks jumped.
  private func doubtChange() {
    guard current.success else { return }
    var isDoubted = false
    if let drop = settings.belief.maximumLikelihoodDrop, let mean = history.mean {
      isDoubted = mean - current.report.likelihood > drop
    }
    if let movement = settings.belief.maximumMovement {
      isDoubted = isDoubted || movementShare() > movement
    }
    guard isDoubted else { return }
    current.word.isBelieved = false
    current.word.confidence = min(
      current.word.confidence, settings.belief.minimumConfidence / 2)
  }

  /// Mean movement of the landmarks since the frame before, as a share of the face's width.
  private func movementShare() -> Double {
    let n = fitter.model.landmarkCount
    let (new, old) = (current.landmarks, saved.landmarks)
    var (sum, low, high) = (0.0, Double.infinity, -Double.infinity)
    for i in 0..<n {
      let (dx, dy) = (new[i] - old[i], new[n + i] - old[n + i])
      sum += (dx * dx + dy * dy).squareRoot()
      low = min(low, old[i])
      high = max(high, old[i])
    }
    return high > low ? sum / Double(n) / (high - low) : .infinity
  }

  /// After a failed frame: fits a detected face and keeps it only where it is believed.
  private func redetect(_ image: borrowing GreyImage, isDue: Bool) {
    guard !current.success else {
      // What was found for an earlier failure is about a face that is not followed any more.
      if case .beside(let detector) = search { detector.discard() }
      return
    }
    if case .onPath = search, !isDue { return }
    let place = lastPlace()
    saved = current
    let found = detectAndFit(image, isDue: isDue, lastAt: place)
    if case .beside = search, !found { return }
    machine.redetected(success: found && current.success)
    if found, current.success { history = LikelihoodHistory() }
    if found, !current.success { current = saved }
  }

  /// The box of the frame before's landmarks, which this frame's failed fit began from; nil where they
  /// are no numbers.
  private func lastPlace() -> FaceBox? {
    let n = fitter.model.landmarkCount
    let landmarks = saved.landmarks
    guard n > 0, landmarks.allSatisfy(\.isFinite) else { return nil }
    var (low, high) = (SIMD2(landmarks[0], landmarks[n]), SIMD2(landmarks[0], landmarks[n]))
    for i in 0..<n {
      low = pointwiseMin(low, SIMD2(landmarks[i], landmarks[n + i]))
      high = pointwiseMax(high, SIMD2(landmarks[i], landmarks[n + i]))
    }
    return FaceBox(x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y)
  }

  /// A first fit: looked at where it ended, for the verdict.
  private func fit(
    _ image: borrowing GreyImage, _ windows: Activity.Windows, anchor: LandmarkEstimate?
  ) {
    run(image, windows, anchor: anchor)
    if fitter.settings.anchorWeight > 0 {
      glance.look(at: current.landmarks, in: image)
    } else {
      glance.forget()
    }
    judge(image)
  }

  /// A fit of a frame that was looked at before, where the settings ask for it.
  private func fitAhead(_ image: borrowing GreyImage, _ windows: Activity.Windows) {
    run(image, windows, anchor: glance.anchor)
    judge(image)
  }

  private func run(
    _ image: borrowing GreyImage, _ windows: Activity.Windows, anchor: LandmarkEstimate?
  ) {
    activity.fits.append(windows)
    let list =
      windows == .first ? fitter.settings.firstFitWindows : fitter.settings.trackingWindows
    fitter.fit(
      image: image, parameters: &current.parameters, windows: list,
      isTracking: windows != .first, skipsCoarse: windows == .still, anchor: anchor)
    fitter.copyLandmarks(into: &current.landmarks)
    fitter.copyResiduals(into: &current.residuals)
    if landmarkJudge != nil { fitter.copyFigures(into: &current.figures) }
    current.report = fitter.report
  }

  private func judge(_ image: borrowing GreyImage) {
    glance.compare(&current.report, current.landmarks)
    var certainty: Double?
    if current.report.succeeded, let judge {
      certainty = judge.certainty(
        image: image, landmarks: current.landmarks,
        rotation: current.parameters.global.rotation)
    }
    current.word = settings.belief.judge(
      current.report, certainty: certainty, scaleCount: fitter.model.scales.count)
  }

  private func fill(_ frame: inout TrackedFrame, hasFit: Bool, givenUp: Bool) {
    frame.hasFit = hasFit
    frame.judge(current.word)
    if givenUp { frame.state = .lost }
    guard hasFit else {
      frame.confidence = 0
      return
    }
    frame.landmarks.replaceElements(with: current.landmarks)
    frame.residuals.replaceElements(with: current.residuals)
    frame.global = current.parameters.global
    frame.local.replaceElements(with: current.parameters.local)
    frame.meanShift = current.report.meanShift
    frame.peakOffset = current.report.peakOffset
    frame.likelihood = current.report.likelihood
    frame.iterations = current.report.iterations
  }
}
