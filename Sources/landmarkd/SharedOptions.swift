import ArgumentParser
import CLNF
import FaceFinding
import Foundation
import Measurement
import Recording
import Session
import Tracking
import VideoInput

extension FitSettingsName: ExpressibleByArgument {}

/// Which model is fitted, and how.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The model: a .landmarkd file, an OpenFace main_*.txt or clnf_*.txt, or a folder with one; without it the one that landmarkd brings.",
      valueName: "file"))
  var model: String?

  @Option(help: "Parts of the face to fit beside the 68 landmarks; none so far.")
  var parts: Parts = .none

  @Option(help: "How to fit: landmarkd, or reference (the reference toolkit's rules, frozen).")
  var fitSettings: FitSettingsName = .landmarkd

  @Option(help: .hidden)
  var instructionSet: InstructionSetName = .best

  enum Parts: String, CaseIterable, ExpressibleByArgument { case none }

  enum InstructionSetName: String, CaseIterable, ExpressibleByArgument {
    case best, portable

    var set: InstructionSet { self == .best ? .best : .portable }
  }

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
      "kernel-width": .number(fit.kernelWidth), "regularisation": .number(fit.regularisation),
      "weight-factor": .number(fit.weightFactor),
      "iteration-limit": .number(Double(fit.iterationLimit)),
      "density-kernel": .text(fit.densityKernel.rawValue),
      "response-exponent": .number(fit.responseExponent),
      "instruction-set": .text(instructionSet.set.rawValue),
      "grey": .text(greyConversion.rawValue),
    ]
  }
}

/// When a fit is believed.
struct BeliefOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Confidence from which on a fit is believed, 0 to 1; default 0.5.", valueName: "share"))
  var minConfidence: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Doubt fits with a longer mean shift on average (model px at the finest scale).",
      valueName: "px"))
  var maxMeanShift: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Doubt fits whose landmarks lie further from their response peaks on average (model px).",
      valueName: "px"))
  var maxPeakOffset: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Doubt fits whose last iteration moved the landmarks further (model px, root mean square).",
      valueName: "px"))
  var maxStep: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Doubt faces further from the mean shape (1: as far as training faces on average).",
      valueName: "n"))
  var maxShapeDistance: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Doubt frames whose log density falls this far below the last frames'; default 2.",
      valueName: "n"))
  var maxLikelihoodDrop: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Doubt frames in which landmarks moved by this share of the face's width; default 0.5.",
      valueName: "share"))
  var maxMovement: Double?

  func validate() throws {
    do {
      try configuration.applied(to: Belief()).validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  var configuration: BeliefConfiguration {
    var belief = BeliefConfiguration()
    belief.minimumConfidence = minConfidence
    belief.maximumMeanShift = maxMeanShift
    belief.maximumPeakOffset = maxPeakOffset
    belief.maximumStep = maxStep
    belief.maximumShapeDistance = maxShapeDistance
    belief.maximumLikelihoodDrop = maxLikelihoodDrop
    belief.maximumMovement = maxMovement
    return belief
  }

  /// The reference's rules are frozen: options that would change them are refused.
  func check(with settings: FitSettingsName) throws {
    let given = [
      minConfidence, maxMeanShift, maxPeakOffset, maxStep, maxShapeDistance, maxLikelihoodDrop,
      maxMovement,
    ]
    if settings == .reference, given.contains(where: { $0 != nil }) {
      throw ValidationError(
        "--fit-settings reference believes the validator alone; --min-confidence and the --max options do not go with it"
      )
    }
  }

  func report(_ belief: Belief) -> [String: ReportValue] {
    guard belief.verdicts != nil else {
      return ["belief": "validator", "validation-boundary": .number(belief.validationBoundary)]
    }
    var values: [String: ReportValue] = [
      "belief": "learned", "min-confidence": .number(belief.minimumConfidence),
    ]
    for (name, limit) in [
      ("max-mean-shift", belief.maximumMeanShift), ("max-peak-offset", belief.maximumPeakOffset),
      ("max-step", belief.maximumStep), ("max-shape-distance", belief.maximumShapeDistance),
      ("max-likelihood-drop", belief.maximumLikelihoodDrop),
      ("max-movement", belief.maximumMovement),
    ] {
      if let limit { values[name] = .number(limit) }
    }
    return values
  }
}

/// How faces are found.
struct DetectorOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Search the image enlarged by this factor: faces below about 70 px need more than 1.",
      valueName: "factor"))
  var enlarge: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Width in pixels from which on faces are wanted.", valueName: "pixels"))
  var minimumFace: Double = 0

  func validate() throws {
    var configuration = TrackingConfiguration()
    give(to: &configuration)
    do {
      _ = try configuration.detectorSettings()
    } catch {
      guard case .invalidSetting(let name, let value, let allowed) = error else {
        throw ValidationError("\(error)")
      }
      let option = name == "enlargement" ? "--enlarge" : "--minimum-face"
      throw ValidationError("\(option) is \(value); expected \(allowed)")
    }
  }

  func give(to configuration: inout TrackingConfiguration) {
    configuration.enlargement = enlarge
    configuration.minimumFaceWidth = minimumFace
  }

  var report: [String: ReportValue] {
    ["minimum-face": .number(minimumFace), "enlarge": enlarge.map(ReportValue.number) ?? "default"]
  }
}

/// The camera's intrinsics and which head pose is written.
struct CameraOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Focal length in pixels along x; default 500 for an image of 640 x 480, scaled.",
      valueName: "pixels"))
  var fx: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Focal length in pixels along y; default fx.", valueName: "pixels"))
  var fy: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Principal point in pixels, x; default the image's centre.", valueName: "pixels"))
  var cx: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Principal point in pixels, y; default the image's centre.", valueName: "pixels"))
  var cy: Double?

  @Option(help: "Head rotation against the camera's axes (world) or its line of sight (camera).")
  var pose: PoseAxes = .world

  func validate() throws {
    for (name, value) in [("--fx", fx), ("--fy", fy)] {
      if let value, !(value.isFinite && value > 0) {
        throw ValidationError("\(name) is \(value); expected a focal length above 0 px")
      }
    }
    for (name, value) in [("--cx", cx), ("--cy", cy)] {
      if let value, !value.isFinite { throw ValidationError("\(name) is not finite") }
    }
  }

  var overrides: CameraIntrinsics.Overrides {
    CameraIntrinsics.Overrides(fx: fx, fy: fy, cx: cx, cy: cy)
  }
}

extension PoseAxes: ExpressibleByArgument {}

/// Which columns are written.
struct ColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Groups of columns: any of pose,landmarks,landmarks3d,parameters,fit,times; default all.",
      valueName: "list"))
  var columns: String?

  func validate() throws { _ = try groups() }

  func groups() throws -> Set<ColumnGroup> {
    guard let columns else { return Set(ColumnGroup.allCases) }
    guard !columns.allSatisfy(\.isWhitespace) else {
      throw ValidationError(
        "--columns names no group; there are "
          + ColumnGroup.allCases.map(\.rawValue).joined(separator: ", "))
    }
    do {
      return try ColumnGroup.parse(columns)
    } catch {
      throw ValidationError("--columns: \(error)")
    }
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
    configuration.belief = belief.configuration
    if let camera {
      configuration.camera = camera.overrides
      configuration.pose = camera.pose
    }
    detector.give(to: &configuration)
    self.init(model, configuration)
  }

  init(_ model: ModelOptions, _ configuration: TrackingConfiguration) {
    self.model = model
    self.configuration = configuration
  }

  func plan(_ faceModel: FaceModel, isLive: Bool = false) -> TrackingPlan {
    var plan = TrackingPlan(faceModel, configuration, isLive: isLive)
    plan.instructionSet = model.instructionSet.set
    return plan
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

  /// - Parameter followsOne: whether the largest face will do.
  func makeDetector(followsOne: Bool) throws -> sending FrontalFaceDetector {
    do {
      return try FrontalFaceDetector(configuration.detectorSettings(followsOne: followsOne))
    } catch {
      Terminal.complain(error)
      throw Terminal.unusable
    }
  }
}
