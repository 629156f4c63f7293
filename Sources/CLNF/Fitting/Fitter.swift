import CLNFKernels
import Foundation

/// Fits a model to an image: non-uniform regularised landmark mean shift, scale after scale.
///
/// Holds all memory that a fit needs: after the first fit with a window list nothing is allocated.
/// One thread at a time; fitters on one model share its experts.
///
/// Source: Saragih et al. 2011, section 4; Baltrušaitis et al., ICCVW 2013, section 4;
/// docs/clnf.md section 5.
public final class Fitter {
  public let model: FaceModel
  public let settings: FitSettings
  /// How the last fit went.
  public private(set) var report = FitReport()
  /// Called after every iteration, for tests and reports; nil in normal use.
  var observer: ((IterationRecord) -> Void)?

  let kernels: UnsafePointer<clnf_kernels>
  /// The pose during a fit, and the memory around it.
  var global = GlobalParameters(scale: 1, tx: 0, ty: 0)
  let workspace: FitWorkspace
  var maps: ResponseMaps

  /// - Parameter settings: validated; windows larger than any expected make more memory.
  /// - Throws: `ModelDataError` for settings that cannot be used.
  public init(
    model: FaceModel, settings: FitSettings, instructionSet: InstructionSet = .best
  ) throws(ModelDataError) {
    try settings.validate()
    self.model = model
    self.settings = settings
    kernels = instructionSet.kernels
    let largestWindow = (settings.firstFitWindows + settings.trackingWindows).max() ?? 3
    let largestKernel = model.preparedScales.map(\.kernelSize).max() ?? 1
    workspace = FitWorkspace(model: model, largestWindow: largestWindow)
    maps = ResponseMaps(
      landmarkCount: model.landmarkCount, largestWindow: largestWindow,
      largestKernel: largestKernel)
  }

  /// Fits from `parameters` and writes the result there; on failure `parameters` hold where the fit
  /// stopped.
  /// - Parameters:
  ///   - windows: by scale, one of the settings' lists.
  public func fit(
    image: borrowing GreyImage, parameters: inout FaceParameters, windows: [Int]
  ) {
    precondition(
      parameters.local.count == model.shapeModel.modeCount,
      "expected \(model.shapeModel.modeCount) coefficients")
    report = FitReport()
    global = parameters.global
    workspace.setLocal(parameters.local)
    fitScales(image, windows)
    parameters.global = global
    workspace.copyLocal(into: &parameters.local)
  }

  /// The landmarks of the last fit, 2n pixels, stacked, into an array that is reused.
  public func copyLandmarks(into landmarks: inout [Double]) {
    workspace.updateShape(model.shapeModel, global)
    workspace.copyLandmarks(into: &landmarks)
  }

  /// The landmarks' densities at the last fit's end, n; -1e8 where not visible. Allocates.
  public var landmarkLikelihoods: [Double] { workspace.likelihoods.array }

  private func fitScales(_ image: borrowing GreyImage, _ windows: [Int]) {
    guard image.count > 0, isFinite else {
      report.failure = image.count > 0 ? .diverged : .nothingFitted
      return
    }
    for (index, scale) in model.preparedScales.enumerated() where index < windows.count {
      // A face smaller than the experts' scale has nothing for them to see.
      guard windows[index] > 0, 0.9 * scale.patchScaling <= global.scale else { continue }
      fit(image, scaleIndex: index, windowSize: windows[index])
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

  private var isFinite: Bool {
    global.scale.isFinite && global.rotation.x.isFinite && global.rotation.y.isFinite
      && global.rotation.z.isFinite && global.tx.isFinite && global.ty.isFinite
      && workspace.localIsFinite
  }

  private func fit(_ image: borrowing GreyImage, scaleIndex: Int, windowSize: Int) {
    let pass = prepare(image, scaleIndex: scaleIndex, windowSize: windowSize)
    run(pass, rigid: true)
    run(pass, rigid: false)
    report.lastScale = scaleIndex
    report.view = maps.view
    finish(pass)
  }

  /// What both passes of a scale share.
  struct ScalePass {
    var scaleIndex: Int
    var settings: ScaleSettings
    var toReference: Similarity
    var toImage: Similarity
    var meanShift: MeanShift
  }

  /// Computes the response maps around the current landmarks, which become the base of offsets.
  func prepare(_ image: borrowing GreyImage, scaleIndex: Int, windowSize: Int) -> ScalePass {
    let scale = model.preparedScales[scaleIndex]
    let pdm = model.shapeModel
    workspace.updateShape(pdm, global)
    workspace.rememberBase()
    let reference = GlobalParameters(scale: scale.patchScaling, tx: 0, ty: 0)
    pdm.project(
      shape: workspace.shape.pointer, global: reference, into: workspace.reference.pointer)
    let toReference = Similarity(
      from: workspace.landmarks.pointer, to: workspace.reference.pointer, count: pdm.landmarkCount)
    let view = scale.viewCenters.nearestView(to: global.rotation)
    maps.compute(
      image: image, landmarks: workspace.landmarks.pointer,
      ResponseMaps.Request(
        scale: scale, view: view, windowSize: windowSize, toImage: toReference.inverse,
        kernels: kernels))
    let scaleSettings = ScaleSettings(settings, patchScaling: scale.patchScaling)
    workspace.setWeights(scale.views[view], factor: scaleSettings.weightFactor)
    return ScalePass(
      scaleIndex: scaleIndex, settings: scaleSettings, toReference: toReference,
      toImage: toReference.inverse,
      meanShift: MeanShift(
        windowSize: windowSize, kernelWidth: scaleSettings.kernelWidth,
        kernel: settings.densityKernel, scratch: workspace.kernelScratch.pointer))
  }

  /// The rigid or the full pass, up to the iteration limit or until the landmarks rest.
  private func run(_ pass: ScalePass, rigid: Bool) {
    for iteration in 0..<settings.iterationLimit {
      workspace.updateShape(model.shapeModel, global)
      if iteration > 0, workspace.distanceToPrevious() < settings.stopDistance { break }
      workspace.rememberPrevious()
      guard iterate(pass, rigid: rigid, iteration: iteration) else { break }
    }
  }

  private func finish(_ pass: ScalePass) {
    let n = model.landmarkCount
    let window = pass.meanShift.windowSize
    let area = window * window
    var (visibleCount, likelihood, shift, peak) = (0, 0.0, 0.0, 0.0)
    for i in 0..<n {
      guard maps.visible.pointer[i] else {
        workspace.likelihoods.pointer[i] = -1e8
        continue
      }
      visibleCount += 1
      let map = maps.responses.pointer + i * area
      let (x, y) = (workspace.offsets.pointer[i], workspace.offsets.pointer[n + i])
      let density = pass.meanShift.density(map, x: x, y: y)
      workspace.likelihoods.pointer[i] = density
      likelihood += log(density + 1e-8)
      let ms = workspace.meanShiftReference.pointer
      shift += (ms[i] * ms[i] + ms[n + i] * ms[n + i]).squareRoot()
      peak += Self.peakDistance(map, window, x, y)
    }
    guard visibleCount > 0 else { return }
    let count = Double(visibleCount)
    report.likelihood = likelihood / count
    report.meanShift = shift / count
    report.peakOffset = peak / count
  }

  /// Distance from (x, y) to the first highest response, window px.
  private static func peakDistance(
    _ map: UnsafePointer<Float>, _ window: Int, _ x: Double, _ y: Double
  ) -> Double {
    var best = 0
    for i in 1..<window * window where map[i] > map[best] { best = i }
    let (dx, dy) = (Double(best % window) - x, Double(best / window) - y)
    return (dx * dx + dy * dy).squareRoot()
  }

  func countIteration() { report.iterations += 1 }
}
