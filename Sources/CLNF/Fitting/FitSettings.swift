import Foundation

/// How a model is fitted. Immutable in use; `validate` says what is wrong with a set.
///
/// Lists by scale follow the model's scales, position by position; entries past the last scale are
/// not used, scales past the last entry are skipped.
public struct FitSettings: Sendable, Equatable, Codable {
  /// The mean shift's kernel.
  public enum DensityKernel: String, Sendable, Codable {
    /// The Gaussian at the landmark's own place.
    case exact
    /// The Gaussian at the nearest node of a 0.1 px grid, as the reference toolkit tables it.
    case tabulated
  }

  /// Window width and height by scale for a fit that starts from a face box; 0 skips the scale.
  public var firstFitWindows: [Int]
  /// The same for a fit that starts from the frame before.
  public var trackingWindows: [Int]
  /// sigma0: width of the mean shift's kernel at scale 0.25, reference px, > 0.
  public var kernelWidth: Double
  /// reg0: weight of the shape prior at scale 0.25, >= 0.
  public var regularisation: Double
  /// weight0: how much the experts' confidences weigh landmarks at scale 0.25; 0 weighs all alike.
  public var weightFactor: Double
  /// Whether the three figures above change with the scale (docs/clnf.md section 5).
  public var refines: Bool
  /// Most iterations of a pass, >= 1.
  public var iterationLimit: Int
  public var densityKernel: DensityKernel
  /// A pass ends when the landmarks moved less than this, the L2 norm over all coordinates, px.
  public var stopDistance: Double

  public init(
    firstFitWindows: [Int], trackingWindows: [Int], kernelWidth: Double, regularisation: Double,
    weightFactor: Double
  ) {
    self.firstFitWindows = firstFitWindows
    self.trackingWindows = trackingWindows
    self.kernelWidth = kernelWidth
    self.regularisation = regularisation
    self.weightFactor = weightFactor
    refines = true
    iterationLimit = 5
    densityKernel = .exact
    stopDistance = 0.01
  }

  /// For models trained for video (docs/clnf.md section 5, "video").
  public static let video = FitSettings(
    firstFitWindows: [11, 9, 7], trackingWindows: [0, 9, 7], kernelWidth: 1.5,
    regularisation: 25, weightFactor: 0)

  /// For models trained on images in the wild (section 5, "images in the wild"). The reference has
  /// no tracking windows for it; ours leave out the coarsest scale, as the video set does.
  public static let image: FitSettings = {
    var settings = FitSettings(
      firstFitWindows: [15, 13, 11, 9], trackingWindows: [0, 13, 11, 9], kernelWidth: 1.25,
      regularisation: 35, weightFactor: 2.5)
    settings.iterationLimit = 10
    return settings
  }()

  /// The set for a model: `image` where the experts reach 1 px/mm, else `video`.
  public static func standard(for model: FaceModel) -> FitSettings {
    let finest = model.scales.map(\.patchScaling).max() ?? 0
    return finest >= 0.999 ? .image : .video
  }

  /// The same with everything as the reference toolkit does it: the tabulated kernel. Frozen.
  public var asReference: FitSettings {
    var settings = self
    settings.densityKernel = .tabulated
    return settings
  }

  /// - Throws: `ModelDataError` naming the setting, its value and what was expected.
  public func validate() throws(ModelDataError) {
    for windows in [firstFitWindows, trackingWindows] {
      for size in windows
      where size != 0 && (size < 3 || size > ExpertScale.largestWindow || size % 2 == 0) {
        throw ModelDataError(
          "a window of \(size); expected 0 or an odd number from 3 to \(ExpertScale.largestWindow)")
      }
    }
    guard firstFitWindows.contains(where: { $0 > 0 }) else {
      throw ModelDataError("no window for the first fit; expected at least one above 0")
    }
    guard kernelWidth.isFinite, kernelWidth > 0 else {
      throw ModelDataError("a kernel width of \(kernelWidth) px; expected above 0")
    }
    guard regularisation.isFinite, regularisation >= 0, weightFactor.isFinite, weightFactor >= 0
    else {
      throw ModelDataError("a regularisation or weight factor below 0 or not finite")
    }
    guard (1...1000).contains(iterationLimit) else {
      throw ModelDataError("an iteration limit of \(iterationLimit); expected 1 to 1000")
    }
    guard stopDistance.isFinite, stopDistance >= 0 else {
      throw ModelDataError("a stop distance of \(stopDistance) px; expected 0 or more")
    }
  }
}

/// The figures of `FitSettings` at one scale.
struct ScaleSettings: Equatable {
  /// sigma, reference px.
  var kernelWidth: Double
  var regularisation: Double
  var weightFactor: Double

  init(_ settings: FitSettings, patchScaling: Double) {
    guard settings.refines else {
      kernelWidth = settings.kernelWidth
      regularisation = settings.regularisation
      weightFactor = settings.weightFactor
      return
    }
    let octaves = log2(patchScaling / 0.25)
    regularisation = max(settings.regularisation - 15 * octaves, 0.001)
    kernelWidth = settings.kernelWidth + 0.25 * octaves
    weightFactor = settings.weightFactor * (1 + 2 * octaves)
  }
}
