import CLNF
import FaceFinding

/// Fits one face in frame after frame: from where it was found, then from where it was. What looks for faces,
/// and when one is given up, is decided above.
///
/// After the first frames it allocates nothing. One thread at a time; followers on one model are independent.
package final class FaceFollower {
  package let settings: TrackingSettings
  /// Fits of the frame in order, by the windows they used.
  package private(set) var fits: [FaceTracker.Activity.Windows] = []
  private let fitter: Fitter
  private let judge: (any LandmarkJudge)?
  private var current: Fit
  private var saved: Fit
  /// The best of several starts so far.
  private var bestStart: Fit
  private var template = FaceTemplate()
  private let glance = FaceGlance()
  /// Judges landmarks, where that is asked for.
  private let landmarkJudge: LandmarkConfidence?
  private var history = LikelihoodHistory()
  /// How far the face moved to the last frame, as `stillMovement` says; infinite where that is not
  /// known.
  private var movement = Double.infinity

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

  /// - Parameter judge: believes or doubts fits; without one every fit that ends is believed.
  /// - Throws: `ModelDataError` for settings that cannot be used.
  package init(
    _ fitter: Fitter, _ judge: (any LandmarkJudge)?, _ settings: TrackingSettings
  ) throws(ModelDataError) {
    try settings.validate()
    self.fitter = fitter
    self.judge = judge
    self.settings = settings
    let model = fitter.model
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
  }

  // MARK: What there is

  /// Whether the frame's fit is believed.
  package var isBelieved: Bool { current.success }

  /// 2n px, stacked: of the frame's fit.
  package var landmarks: [Double] { current.landmarks }

  package var rotation: EulerAngles { current.parameters.global.rotation }
  package var confidence: Double { current.word.confidence }

  /// Fills `frame`, all but its number and times. `hasFit`: whether the frame has a fit; without one nothing
  /// of an earlier frame is told.
  package func fill(
    _ frame: inout TrackedFrame, _ image: borrowing GreyImage, hasFit: Bool, isGivenUp: Bool
  ) {
    if hasFit, !isGivenUp, settings.matchesTemplate {
      template.remember(image, current.landmarks, scale: current.parameters.global.scale)
    }
    frame.hasFit = hasFit
    frame.judge(current.word)
    if isGivenUp { frame.state = .lost }
    guard hasFit else {
      frame.confidence = 0
      frame.landmarkConfidences.removeAll(keepingCapacity: true)
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
    judgeLandmarks(image, &frame)
  }

  private func judgeLandmarks(_ image: borrowing GreyImage, _ frame: inout TrackedFrame) {
    guard let landmarkJudge else {
      frame.landmarkConfidences.removeAll(keepingCapacity: true)
      return
    }
    landmarkJudge.judge(
      current.figures, image: image, landmarks: current.landmarks,
      rotation: current.parameters.global.rotation, confidence: current.word.confidence,
      into: &frame.landmarkConfidences)
  }

  // MARK: A frame

  /// Before each frame.
  package func begin() { fits.removeAll(keepingCapacity: true) }

  /// Forgets how the face looked and how likely its fits were.
  package func forget() {
    template.forget()
    history = LikelihoodHistory()
  }

  /// Fits a found face from scratch: from its points, and from other starts where that is not enough.
  package func start(on face: DetectedFace, in image: borrowing GreyImage) {
    movement = .infinity
    history = LikelihoodHistory()
    fitFirst(image, face)
  }

  /// Fits a found face in the place of the frame's own failed fit, and keeps it only where it is believed.
  /// Returns whether it is.
  package func startAgain(on face: DetectedFace, in image: borrowing GreyImage) -> Bool {
    saved = current
    movement = .infinity
    fitFirst(image, face)
    guard current.success else {
      current = saved
      return false
    }
    history = LikelihoodHistory()
    return true
  }

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

  /// Fits the frame from the frame before; `wide`: with the first fit's windows.
  package func follow(_ image: borrowing GreyImage, wide: Bool) {
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

  /// The box of the landmarks; nil where they are no numbers.
  package func place() -> FaceBox? { FaceBox(around: current.landmarks) }

  /// The box of the frame before's landmarks, which this frame's failed fit began from; nil where they
  /// are no numbers.
  package func lastPlace() -> FaceBox? { FaceBox(around: saved.landmarks) }

  /// A first fit: looked at where it ended, for the verdict.
  private func fit(
    _ image: borrowing GreyImage, _ windows: FaceTracker.Activity.Windows, anchor: LandmarkEstimate?
  ) {
    run(image, windows, anchor: anchor)
    if fitter.settings.anchorWeight > 0 {
      glance.look(at: current.landmarks, afresh: true, in: image)
    } else {
      glance.forget()
    }
    judge(image)
  }

  /// A fit of a frame that was looked at before, where the settings ask for it.
  private func fitAhead(_ image: borrowing GreyImage, _ windows: FaceTracker.Activity.Windows) {
    run(image, windows, anchor: glance.anchor)
    judge(image)
  }

  private func run(
    _ image: borrowing GreyImage, _ windows: FaceTracker.Activity.Windows, anchor: LandmarkEstimate?
  ) {
    fits.append(windows)
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
}
