import ArgumentParser
import CLNF
import FaceFinding
import Measurement
import Recording
import Session
import Tracking
import VideoInput

/// Which model is fitted, and how.
struct ModelOptions: ParsableArguments {
  @Option(setting: Settings.model) var model: String?
  @Option(setting: Settings.fitSettings) var givenFitSettings: FitSettingsName?

  var fitSettings: FitSettingsName { Settings.fitSettings.value(givenFitSettings) }

  /// The model's name in messages and reports.
  var name: String { model ?? FaceModel.defaultName }

  /// The model's file where there is one.
  var files: [String] { model.map { [$0] } ?? [] }

  func load() throws -> FaceModel {
    do {
      guard let model else { return try FaceModel.default() }
      return try FaceModel.load(model, withParts: false)
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
  }

  var greyConversion: VideoSettings.GreyConversion {
    fitSettings == .reference ? .reference : .luma
  }

  /// Every setting that has a say in a fit.
  func report(fit: FitSettings) -> [String: ReportValue] {
    [
      "fit-settings": .text(fitSettings.rawValue),
      "first-fit-windows": .list(fit.firstFitWindows.map { .number(Double($0)) }),
      "tracking-windows": .list(fit.trackingWindows.map { .number(Double($0)) }),
      "detail-window": .number(Double(fit.detail?.window ?? 0)),
      "kernel-width": .number(fit.kernelWidth), "regularisation": .number(fit.regularisation),
      "weight-factor": .number(fit.weightFactor),
      "iteration-limit": .number(Double(fit.iterationLimit)),
      "density-kernel": .text(fit.densityKernel.rawValue),
      "response-exponent": .number(fit.responseExponent),
      "instruction-set": .text(InstructionSet.best.rawValue),
      "grey": .text(greyConversion.rawValue),
    ]
  }
}

/// When a fit is believed.
struct BeliefOptions: ParsableArguments {
  @Option(setting: Settings.minConfidence) var minConfidence: Double?
  @Option(setting: Settings.maxMeanShift) var maxMeanShift: Double?
  @Option(setting: Settings.maxPeakOffset) var maxPeakOffset: Double?
  @Option(setting: Settings.maxStep) var maxStep: Double?
  @Option(setting: Settings.maxShapeDistance) var maxShapeDistance: Double?
  @Option(setting: Settings.maxLikelihoodDrop) var maxLikelihoodDrop: Double?
  @Option(setting: Settings.maxMovement) var maxMovement: Double?

  /// What was given.
  var limits: [BeliefLimit: Double] {
    [
      .minConfidence: minConfidence, .maxMeanShift: maxMeanShift, .maxPeakOffset: maxPeakOffset,
      .maxStep: maxStep, .maxShapeDistance: maxShapeDistance,
      .maxLikelihoodDrop: maxLikelihoodDrop, .maxMovement: maxMovement,
    ].compactMapValues(\.self)
  }

  /// The reference's rules are frozen: options that would change them are refused.
  func check(with settings: FitSettingsName) throws {
    guard settings == .reference else { return }
    for limit in BeliefLimit.allCases where limits[limit] != nil {
      throw ValidationError(
        "--fit-settings reference believes the validator alone; --\(limit.rawValue) does not go with it"
      )
    }
  }

  func report(_ belief: Belief) -> [String: ReportValue] {
    guard belief.verdicts != nil else {
      return ["belief": "validator", "validation-boundary": .number(belief.validationBoundary)]
    }
    var values: [String: ReportValue] = ["belief": "learned"]
    for limit in BeliefLimit.allCases {
      if let value = belief[limit] { values[limit.rawValue] = .number(value) }
    }
    return values
  }
}

/// How faces are found.
struct DetectorOptions: ParsableArguments {
  @Option(setting: Settings.minFace) var minFace: Double?
  @Option(setting: Settings.enlarge) var enlarge: Double?

  func give(to configuration: inout TrackingConfiguration) {
    configuration.enlargement = enlarge
    configuration.minimumFaceWidth = minFace ?? configuration.minimumFaceWidth
  }

  var report: [String: ReportValue] {
    [
      Settings.minFace.key: .number(Settings.minFace.value(minFace)),
      Settings.enlarge.key: enlarge.map(ReportValue.number) ?? "default",
    ]
  }
}

/// The camera's intrinsics and which head pose is written.
struct CameraOptions: ParsableArguments {
  @Option(setting: Settings.fx) var fx: Double?
  @Option(setting: Settings.fy) var fy: Double?
  @Option(setting: Settings.cx) var cx: Double?
  @Option(setting: Settings.cy) var cy: Double?
  @Option(setting: Settings.pose) var pose: PoseAxes?

  var overrides: CameraIntrinsics.Overrides {
    CameraIntrinsics.Overrides(fx: fx, fy: fy, cx: cx, cy: cy)
  }
}

/// Which columns are written.
struct ColumnOptions: ParsableArguments {
  @Option(
    setting: Settings.columns, help: "\(Settings.columns.description.summary) (default: standard)")
  var columns: Set<ColumnGroup>?

  var groups: Set<ColumnGroup> { columns ?? ColumnGroup.standard }

  /// "all", "standard", or the groups in the schema's order.
  var text: String {
    if groups == Set(ColumnGroup.allCases) { return "all" }
    if groups == ColumnGroup.standard { return "standard" }
    return ColumnGroup.allCases.filter(groups.contains).map(\.rawValue).joined(separator: ",")
  }
}

/// What the options of a command that follows or fits faces come to.
struct PlanOptions {
  let model: ModelOptions
  let configuration: TrackingConfiguration

  init(
    _ model: ModelOptions, _ detector: DetectorOptions, _ belief: BeliefOptions,
    _ camera: CameraOptions? = nil
  ) {
    var configuration = TrackingConfiguration()
    configuration.fitSettings = model.fitSettings
    configuration.belief = belief.limits
    if let camera {
      configuration.camera = camera.overrides
      configuration.pose = camera.pose ?? configuration.pose
    }
    detector.give(to: &configuration)
    self.init(model, configuration)
  }

  init(_ model: ModelOptions, _ configuration: TrackingConfiguration) {
    self.model = model
    self.configuration = configuration
  }

  func plan(_ faceModel: FaceModel, isLive: Bool = false) -> TrackingPlan {
    TrackingPlan(faceModel, configuration, isLive: isLive)
  }

  /// Makes what a model may refuse; says why it does.
  func made<Result>(_ make: () throws -> Result) throws -> Result {
    do {
      return try make()
    } catch {
      Terminal.complain(error is ModelDataError ? "\(model.name): \(error)" : "\(error)")
      throw Terminal.unusable
    }
  }

  /// - Parameter followsOne: whether the largest face will do; nil: where one face is followed.
  func makeDetector(followsOne: Bool?) throws -> sending any FaceDetector {
    do {
      return try configuration.makeDetector(followsOne: followsOne)
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
  }
}
