import CLNFKernels
import Glibc

/// Fits a model to an image: non-uniform regularised landmark mean shift, scale after scale.
///
/// Holds all memory that a fit needs: after the first fit with a window list nothing is allocated.
/// One thread at a time; fitters on one model share its experts.
///
/// Source: Saragih et al. 2011, section 4; Baltrušaitis et al., ICCVW 2013, section 4;
/// docs/reference/clnf.md section 5.
public final class Fitter {
  public let model: FaceModel
  public let settings: FitSettings
  /// How the last fit went.
  public private(set) var report = FitReport()
  /// Whether `scaleReports` are kept; they allocate.
  public var keepsScaleReports = false
  /// What the last fit saw at each scale that was fitted, in order, where they are kept.
  public internal(set) var scaleReports: [ScaleReport] = []
  var passReports: [PassReport] = []
  /// Called after every iteration, for tests and reports; nil in normal use.
  var observer: ((IterationRecord) -> Void)?

  let kernels: UnsafePointer<clnf_kernels>
  /// The pose during a fit, and the memory around it.
  var global = GlobalParameters(scale: 1, tx: 0, ty: 0)
  let workspace: FitWorkspace
  var maps: ResponseMaps
  var region = FaceRegion()
  /// Whether this fit follows the frame before.
  var isTracking = false
  /// Whether this fit looks at the image at one scale only.
  var fitsOneScale = false

  /// - Parameters:
  ///   - settings: validated; windows larger than any expected make more memory.
  ///   - sharesMaps: whether a thread of the fitter's own computes response maps as well: less time
  ///     a frame where a core is free, the same results.
  /// - Throws: `ModelDataError` for settings that cannot be used.
  public init(
    model: FaceModel, settings: FitSettings, instructionSet: InstructionSet = .best,
    sharesMaps: Bool = false
  ) throws(ModelDataError) {
    try settings.validate()
    self.model = model
    self.settings = settings
    kernels = instructionSet.kernels
    let windows = settings.firstFitWindows + settings.trackingWindows
    let largestWindow = max(windows.max() ?? 3, settings.detail?.window ?? 0)
    workspace = FitWorkspace(model: model)
    maps = ResponseMaps(
      landmarkCount: model.landmarkCount, largestWindow: largestWindow,
      scales: model.preparedScales, isShared: sharesMaps)
  }

  /// Fits from `parameters` and writes the result there; on failure `parameters` hold where the fit
  /// stopped.
  /// - Parameters:
  ///   - windows: by scale, one of the settings' lists.
  ///   - isTracking: whether `parameters` are those of the frame before; then coarse scales may
  ///     move the pose only, as the settings say.
  ///   - anchor: where the landmarks are thought to be; the fit is held to it as far as the settings say.
  ///     One that is not of this model's landmarks, or not usable, is none.
  ///   - skipsCoarse: whether only the last scale that the face is large enough for is fitted, for
  ///     faces that have hardly moved.
  public func fit(
    image: borrowing GreyImage, parameters: inout FaceParameters, windows: [Int],
    isTracking: Bool = false, skipsCoarse: Bool = false, anchor: LandmarkEstimate? = nil
  ) {
    precondition(
      parameters.local.count == model.shapeModel.modeCount,
      "expected \(model.shapeModel.modeCount) coefficients")
    report = FitReport()
    scaleReports.removeAll()
    region.forget()
    fitsOneScale = skipsCoarse
    self.isTracking = isTracking
    global = parameters.global
    workspace.setLocal(parameters.local)
    workspace.hold(
      to: anchor, weight: isTracking ? settings.trackingAnchorWeight : settings.anchorWeight)
    let coarse: CoarsePass =
      if skipsCoarse {
        .none
      } else if isTracking && settings.tracksPoseOnlyWhenCoarse { .pose } else { .full }
    fitScales(image, windows, coarse)
    fitDetails(image)
    parameters.global = global
    workspace.copyLocal(into: &parameters.local)
  }

  /// The landmarks of the last fit, 2n pixels, stacked, into an array that is reused.
  public func copyLandmarks(into landmarks: inout [Double]) {
    workspace.updateShape(model.shapeModel, global, kernels: kernels)
    workspace.copyLandmarks(into: &landmarks)
  }

  /// The landmarks' densities at the last fit's end, n; -1e8 where not visible. Allocates.
  public var landmarkLikelihoods: [Double] { workspace.likelihoods.array }

  /// What is done at scales before the last that a face is large enough for.
  private enum CoarsePass { case none, pose, full }

  private func fitScales(_ image: borrowing GreyImage, _ windows: [Int], _ coarse: CoarsePass) {
    guard image.count > 0, isFinite else {
      report.failure = image.count > 0 ? .diverged : .nothingFitted
      return
    }
    for (index, scale) in model.preparedScales.enumerated() where index < windows.count {
      // A face smaller than the experts' scale has nothing for them to see.
      guard windows[index] > 0, 0.9 * scale.patchScaling <= global.scale else { continue }
      // The last scale that this face is large enough for gets the full pass.
      let isLast = !model.preparedScales.indices.contains { later in
        later > index && later < windows.count && windows[later] > 0
          && 0.9 * model.preparedScales[later].patchScaling <= global.scale
      }
      if !isLast, coarse == .none { continue }
      fit(
        image, scaleIndex: index, windowSize: windows[index], poseOnly: !isLast && coarse == .pose)
      guard isFinite else {
        report.failure = .diverged
        return
      }
      if global.scale < 0.25 {
        report.failure = .faceTooSmall
        return
      }
    }
    if report.lastScale < 0 { report.failure = .nothingFitted }
  }

  /// The pass for lids and lips, after those of a fit that succeeded and has not seen the finest scale.
  private func fitDetails(_ image: borrowing GreyImage) {
    guard let detail = settings.detail, report.succeeded, model.landmarkCount == 68,
      let finest = model.preparedScales.indices.last, report.lastScale < finest,
      DetailPass.leastShare * model.preparedScales[finest].patchScaling <= global.scale
    else { return }
    let last = ScaleSettings(
      settings, scaleIndex: report.lastScale,
      patchScaling: model.preparedScales[report.lastScale].patchScaling)
    guard last.regularisation > 0 else { return }
    // What is said of the fit stays that of the pass before.
    let kept = report
    workspace.holdToLastPass(regularisation: last.regularisation, free: DetailPass.landmarks)
    let pass = prepare(
      image, scaleIndex: finest, windowSize: detail.window,
      looking: .within(DetailPass.landmarks), regularisation: detail.regularisation)
    run(pass, rigid: false, iterationLimit: detail.iterationLimit)
    let iterations = report.iterations
    report = kept
    report.iterations = iterations
    passReports.removeAll()
    if !isFinite { report.failure = .diverged }
  }

  private var isFinite: Bool {
    global.scale.isFinite && global.rotation.x.isFinite && global.rotation.y.isFinite
      && global.rotation.z.isFinite && global.tx.isFinite && global.ty.isFinite
      && workspace.localIsFinite
  }

  private func fit(
    _ image: borrowing GreyImage, scaleIndex: Int, windowSize: Int, poseOnly: Bool
  ) {
    let pass = prepare(
      image, scaleIndex: scaleIndex, windowSize: windowSize,
      looking: poseOnly ? .every(settings.poseLandmarkStep) : .all)
    run(pass, rigid: true, iterationLimit: settings.iterationLimit)
    if !poseOnly { run(pass, rigid: false, iterationLimit: settings.iterationLimit) }
    report.lastScale = scaleIndex
    report.view = maps.view
    finish(pass)
  }

  /// The rigid or the full pass, up to the iteration limit or until the landmarks rest.
  private func run(_ pass: ScalePass, rigid: Bool, iterationLimit: Int) {
    var trace = PassTrace()
    var passReport = keepsScaleReports ? startPassReport(pass, rigid) : nil
    for iteration in 0..<iterationLimit {
      workspace.updateShape(model.shapeModel, global, kernels: kernels)
      if iteration > 0 {
        let step = stepSincePrevious(pass)
        trace.add(step)
        passReport?.steps.append(step)
        if rests(step, pass) {
          trace.cameToRest = true
          break
        }
      }
      workspace.rememberPrevious()
      guard iterate(pass, rigid: rigid, iteration: iteration) else { break }
      passReport?.meanShifts.append(meanShiftLength())
    }
    if !trace.cameToRest {
      workspace.updateShape(model.shapeModel, global, kernels: kernels)
      let step = stepSincePrevious(pass)
      trace.add(step)
      trace.cameToRest = rests(step, pass)
      passReport?.steps.append(step)
    }
    passReport?.cameToRest = trace.cameToRest
    if let passReport { passReports.append(passReport) }
    report.lastStep = trace.last
    report.contraction = trace.contraction
    report.cameToRest = trace.cameToRest
  }

  /// The steps of a pass, without their list.
  private struct PassTrace {
    private var first = 0.0
    private(set) var last = 0.0
    private var count = 0
    var cameToRest = false

    mutating func add(_ step: Double) {
      if count == 0 { first = step }
      last = step
      count += 1
    }

    /// Geometric mean of the steps' ratios.
    var contraction: Double {
      guard count > 1, first > 0, last > 0 else { return count > 1 ? 0 : 1 }
      return pow(last / first, 1 / Double(count - 1))
    }
  }

  /// Root mean square movement of the landmarks since the last iteration's start, reference px.
  private func stepSincePrevious(_ pass: ScalePass) -> Double {
    workspace.distanceToPrevious() * pass.toReference.scale
      / Double(model.landmarkCount).squareRoot()
  }

  /// Whether a step is small enough for the settings' stop rule.
  private func rests(_ step: Double, _ pass: ScalePass) -> Bool {
    switch settings.stopRule {
    case .imageDistance(let limit): workspace.distanceToPrevious() < limit
    case .referenceStep(let limit): step < limit
    }
  }

  /// The figures of a scale's end.
  func finish(_ pass: ScalePass) {
    let n = model.landmarkCount
    let window = pass.meanShift.windowSize
    let area = window * window
    var (visibleCount, likelihood, peak, near, response) = (0, 0.0, 0.0, 0, 0.0)
    var (shift, largest) = (0.0, 0.0)
    for i in 0..<n {
      guard maps.visible.pointer[i] else {
        workspace.likelihoods.pointer[i] = -1e8
        workspace.finalShifts.pointer[i] = .nan
        continue
      }
      visibleCount += 1
      let map = maps.responses.pointer + i * area
      let (x, y) = (workspace.offsets.pointer[i], workspace.offsets.pointer[n + i])
      let density = pass.meanShift.density(map, x: x, y: y)
      workspace.likelihoods.pointer[i] = density
      likelihood += log(density + 1e-8)
      let ms = workspace.meanShiftReference.pointer
      let length = (ms[i] * ms[i] + ms[n + i] * ms[n + i]).squareRoot()
      workspace.finalShifts.pointer[i] = length
      shift += length
      largest = max(largest, length)
      let found = Self.peak(map, window, x, y)
      workspace.peaks.pointer[i] = Double(found.value)
      workspace.peakOffsets.pointer[i] = found.distance
      peak += found.distance
      response += Double(found.value)
      if found.distance <= 1 { near += 1 }
    }
    guard visibleCount > 0 else { return }
    let count = Double(visibleCount)
    report.likelihood = likelihood / count
    report.meanShift = shift / count
    report.largestMeanShift = largest
    report.peakOffset = peak / count
    report.peakResponse = response / count
    report.nearPeakShare = Double(near) / count
    let distance = workspace.mahalanobis(model.shapeModel.variances)
    report.shapeDistance = distance / Double(model.shapeModel.modeCount)
    report.objective = (likelihood - pass.settings.regularisation / 2 * distance) / count
    if keepsScaleReports { keepScaleReport(pass) }
  }

  /// The first highest response and its distance from (x, y), window px.
  private static func peak(
    _ map: UnsafePointer<Float>, _ window: Int, _ x: Double, _ y: Double
  ) -> (distance: Double, value: Float) {
    var best = 0
    for i in 1..<window * window where map[i] > map[best] { best = i }
    let (dx, dy) = (Double(best % window) - x, Double(best / window) - y)
    return ((dx * dx + dy * dy).squareRoot(), map[best])
  }

  func countIteration() { report.iterations += 1 }
}
