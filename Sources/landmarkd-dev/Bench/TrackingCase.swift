import CAllocationCount
import CLNF
import FaceFinding
import Tracking
import VideoInput

/// A way of tracking that is measured.
struct TrackingCase {
  var name: String
  var model: FaceModel
  var settings: FitSettings
  var tracking: TrackingSettings
  var usesValidator: Bool

  /// What tracking a set of frames took.
  struct Figures {
    /// Median over the frames that were followed without the detector, of each frame's fastest
    /// run, ms.
    var milliseconds: Double
    /// Calls of the allocator a followed frame, in the last run.
    var allocations: Double
    /// The first frame: detector and first fit, ms.
    var firstMilliseconds: Double
    var iterations: Double
  }

  /// - Parameter detector: of a first frame.
  func makeTracker(detector: any FaceDetector) throws -> FaceTracker {
    let judge =
      usesValidator
      ? model.validator.map { ValidatorEvaluation($0, landmarkCount: model.landmarkCount) } : nil
    return try FaceTracker(
      fitter: Fitter(model: model, settings: settings), detector: detector,
      judge: judge, settings: tracking)
  }

  /// Tracks the frames in order, `runs` times.
  func measure(_ set: FrameSet, runs: Int) throws -> Figures {
    let tracker = try makeTracker(detector: FaceFinder())
    var tracked = TrackedFrame()
    var best = [Double](repeating: .infinity, count: set.frames.count)
    var followed = [Bool](repeating: true, count: set.frames.count)
    var (allocations, iterations) = (0.0, 0)
    for run in 0..<runs {
      tracker.reset()
      for (index, frame) in set.frames.enumerated() {
        let before = allocation_count()
        let time = Timing.milliseconds { tracker.track(frame.image, into: &tracked) }
        let count = allocation_count() - before
        best[index] = min(best[index], time)
        followed[index] =
          !tracker.activity.fits.contains(.first) && !tracker.activity.detectorRan
        if run == runs - 1, followed[index] {
          allocations += Double(count)
          iterations += tracked.iterations
        }
      }
    }
    let times = zip(best, followed).filter(\.1).map(\.0)
    let number = Double(max(1, times.count))
    return Figures(
      milliseconds: times.median, allocations: allocations / number,
      firstMilliseconds: best.first ?? .nan, iterations: Double(iterations) / number)
  }

  /// The names of the cases of docs/results/2026-11-27-zen1.md.
  enum Name: String, CaseIterable {
    case shipped = "default model"
    case classic = "general model, classic"
    case validated = "general model, classic, validator"
    case reference = "general model, reference, validator"
    case landmarkd = "general model, landmarkd"

    static let ofGeneralModel: [Name] = [.classic, .validated, .reference, .landmarkd]
  }

  /// The default model as it is shipped.
  static func shipped() throws -> TrackingCase {
    let model = try FaceModel.default()
    return TrackingCase(
      name: Name.shipped.rawValue, model: model,
      settings: model.fitSettings ?? .landmarkd(for: model), tracking: .landmarkd(for: model),
      usesValidator: false)
  }

  /// A case of OpenFace's general model.
  static func general(_ name: Name, _ model: FaceModel) -> TrackingCase {
    let classic = FitSettings.classic(for: model)
    return switch name {
    case .shipped, .classic, .validated:
      TrackingCase(
        name: name.rawValue, model: model, settings: classic, tracking: .reference,
        usesValidator: name == .validated)
    case .reference:
      TrackingCase(
        name: name.rawValue, model: model, settings: classic.asReference, tracking: .reference,
        usesValidator: true)
    case .landmarkd:
      TrackingCase(
        name: name.rawValue, model: model, settings: .landmarkd(for: model),
        tracking: .landmarkd(for: model), usesValidator: false)
    }
  }

  /// All of them; those of the general model where its folder is given.
  static func all(generalModel folder: String?) throws -> [TrackingCase] {
    var cases = [try shipped()]
    if let folder {
      let model = try FaceModel.load(folder, withParts: false)
      cases += Name.ofGeneralModel.map { general($0, model) }
    }
    return cases
  }
}
