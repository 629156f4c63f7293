import Glibc

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
  /// How the three figures above change with the scale.
  public var refinement: Refinement
  /// Most iterations of a pass, >= 1.
  public var iterationLimit: Int
  public var densityKernel: DensityKernel
  public var stopRule: StopRule
  /// Over-relaxation: every step of the mean shift is taken this many times as long, 0 < factor < 2.
  /// Above 1 slow pulls between two peaks fade in fewer iterations; where steps vanish is the same.
  public var stepFactor: Double
  /// Experts see the face at no more than this many px/mm: finer images are reduced to it by area
  /// means first. nil samples the image as it is, as the reference does.
  public var largestPixelDensity: Double?

  /// Whether tracking moves only the pose at all scales but the last: the coarse scales catch motion,
  /// the shape is left to the finest. Less jitter and time than full passes everywhere.
  public var tracksPoseOnlyWhenCoarse: Bool
  /// Every how many landmarks one looks where only the pose moves, 1 to 8: six figures do not need all.
  public var poseLandmarkStep = 1
  /// Beyond 40 degrees the experts of a fit that follows a frame are those of the view nearest to its pose with
  /// its yaw taken so many times, 1 to 2: it lags behind a head that turns away.
  public var farYawFactor: Double = 1
  /// Responses are raised to this power before the mean shift, > 0: above 1 peaks stand out more
  /// against broad slopes. 1 leaves them as they are; 1 and 2 cost nothing.
  public var responseExponent: Double = 1
  /// What tells the best of several starts.
  public var startChoice: StartChoice = .likelihood

  /// Whether mean shifts of a face that is finer than `largestPixelDensity` weigh as those of one that is
  /// not: the prior then holds large faces as it holds small ones. Without it the prior fades with the
  /// square of the face's size, as in the reference.
  public var weighsAsSeen = false
  /// How much more the landmarks of the lids' edges weigh than others of the 68-point markup, above 0 to
  /// 100, straight on; less with yaw, 1 from 30 degrees on. Experts see lids well, and a prior that knows
  /// few blinks holds them open.
  public var lidWeight: Double = 1
  /// The same of the jaw's outline, landmarks 0 to 16: its experts say little each, and seventeen of them a
  /// lot together, against a prior that knows few people.
  public var jawWeight: Double = 1
  /// The same of the nose, landmarks 27 to 35: its experts are the surest beside the lids', and a prior that
  /// knows few people holds their noses' lengths and turns.
  public var noseWeight: Double = 1
  /// How much a fit is held to an estimate of its landmarks, where it is given one: the weight of
  /// sum |x_i - e_i|^2 / s_i^2 beside the shape prior's sum, >= 0; below 1 as estimates are off
  /// together. Of first fits, and of fits that follow a frame.
  public var anchorWeight: Double = 0
  public var trackingAnchorWeight: Double = 0
  /// A last pass for lids and lips of fits that do not reach the finest scale; nil: none.
  public var detail: DetailPass?

  /// How fits from several starts are compared.
  public enum StartChoice: String, Sendable, Codable {
    /// By the model's likelihood, as the reference does.
    case likelihood
    /// By the probability that the fit is right, where the model has learned verdicts: responses that
    /// were raised to a power make likelihoods of different views hard to compare.
    case verdict
  }

  /// How kernel width, regularisation and weight factor change with the scale.
  public enum Refinement: Sendable, Equatable, Codable {
    /// Not at all: parts.
    case none
    /// With the scale's distance from 0.25 px/mm in octaves (docs/reference/clnf.md section 5).
    case byOctave
    /// As listed by scale; the settings' own three figures are not used.
    case listed([ScaleSettings])
  }

  /// When a pass has come to rest.
  public enum StopRule: Sendable, Equatable, Codable {
    /// The landmarks moved less than this, the L2 norm over all coordinates, image px. The
    /// reference's rule, with 0.01.
    case imageDistance(Double)
    /// The landmarks moved less than this, root mean square over landmarks, reference px: the same
    /// for faces of every size.
    case referenceStep(Double)

    var distance: Double {
      switch self {
      case .imageDistance(let distance), .referenceStep(let distance): distance
      }
    }
  }

  public init(
    firstFitWindows: [Int], trackingWindows: [Int], kernelWidth: Double, regularisation: Double,
    weightFactor: Double
  ) {
    self.firstFitWindows = firstFitWindows
    self.trackingWindows = trackingWindows
    self.kernelWidth = kernelWidth
    self.regularisation = regularisation
    self.weightFactor = weightFactor
    refinement = .byOctave
    iterationLimit = 5
    densityKernel = .exact
    stopRule = .imageDistance(0.01)
    stepFactor = 1
    largestPixelDensity = nil
    tracksPoseOnlyWhenCoarse = false
  }

  /// For models trained for video (docs/reference/clnf.md section 5, "video").
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

  /// The reference toolkit's set for a model: `image` where the experts reach 1 px/mm, else `video`.
  public static func classic(for model: FaceModel) -> FitSettings {
    let finest = model.scales.map(\.patchScaling).max() ?? 0
    return finest >= 0.999 ? .image : .video
  }

  /// The default for OpenFace models: wide windows, a stronger prior, area-averaged pixels, and as
  /// many iterations as it takes to come to rest.
  ///
  /// Chosen on the London and Canada faces of the training material, two seeded boxes each, among
  /// a few sets around one that a prototype study had found
  /// (docs/results/2026-11-25-openface-models.md).
  public static func landmarkd(for model: FaceModel) -> FitSettings {
    // By scale, coarse to fine; a model with fewer scales leaves out those before the last.
    let windows = [21, 13, 11, 9]
    let kernelWidths = [2, 1.75, 1.75, 1.75]
    let regularisations = [40.0, 30, 25, 20]
    let count = model.scales.count
    func perScale<Value>(_ values: [Value]) -> [Value] {
      (0..<count).map { index in
        index == count - 1 ? values[values.count - 1] : values[min(index, values.count - 2)]
      }
    }
    var settings = FitSettings(
      firstFitWindows: perScale(windows),
      trackingWindows: count > 1 ? [0] + perScale(windows).dropFirst() : [windows[0]],
      kernelWidth: kernelWidths[0], regularisation: regularisations[0], weightFactor: 0)
    settings.refinement = .listed(
      zip(perScale(kernelWidths), perScale(regularisations)).map {
        ScaleSettings(kernelWidth: $0, regularisation: $1)
      })
    settings.iterationLimit = 20
    settings.stopRule = .referenceStep(0.01)
    settings.stepFactor = 1.5
    settings.largestPixelDensity = 1
    settings.tracksPoseOnlyWhenCoarse = true
    return settings
  }

  /// The same with everything as the reference toolkit does it: the tabulated kernel, responses as
  /// they are. Frozen.
  public var asReference: FitSettings {
    var settings = self
    settings.densityKernel = .tabulated
    settings.responseExponent = 1
    settings.startChoice = .likelihood
    (settings.anchorWeight, settings.trackingAnchorWeight) = (0, 0)
    settings.weighsAsSeen = false
    settings.detail = nil
    settings.farYawFactor = 1
    settings.poseLandmarkStep = 1
    (settings.lidWeight, settings.jawWeight, settings.noseWeight) = (1, 1, 1)
    return settings
  }

  static func isWindow(_ size: Int) -> Bool {
    size >= 3 && size <= ExpertScale.largestWindow && size % 2 == 1
  }

  /// - Throws: `ModelDataError` naming the setting, its value and what was expected.
  public func validate() throws(ModelDataError) {
    for windows in [firstFitWindows, trackingWindows] {
      for size in windows where size != 0 && !Self.isWindow(size) {
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
    guard stopRule.distance.isFinite, stopRule.distance >= 0 else {
      throw ModelDataError("a stop distance of \(stopRule.distance) px; expected 0 or more")
    }
    guard stepFactor > 0, stepFactor < 2 else {
      throw ModelDataError("a step factor of \(stepFactor); expected above 0 and below 2")
    }
    if case .listed(let scales) = refinement {
      for scale in scales where !scale.isUsable {
        throw ModelDataError(
          "settings of a scale: kernel width \(scale.kernelWidth), regularisation \(scale.regularisation), weight factor \(scale.weightFactor); expected above 0, 0 or more, 0 or more"
        )
      }
    }
    guard responseExponent.isFinite, responseExponent > 0 else {
      throw ModelDataError("a response exponent of \(responseExponent); expected above 0")
    }
    guard anchorWeight.isFinite, anchorWeight >= 0, trackingAnchorWeight.isFinite,
      trackingAnchorWeight >= 0
    else { throw ModelDataError("a weight of an estimate below 0 or not finite") }
    for (name, weight) in [("lids", lidWeight), ("the jaw", jawWeight), ("the nose", noseWeight)] {
      guard weight > 0, weight <= 100 else {
        throw ModelDataError("a weight of \(name) of \(weight); expected above 0 to 100")
      }
    }
    try detail?.validate()
    guard (1...2).contains(farYawFactor) else {
      throw ModelDataError("a factor of far yaws of \(farYawFactor); expected 1 to 2")
    }
    guard (1...8).contains(poseLandmarkStep) else {
      throw ModelDataError(
        "every \(poseLandmarkStep)th landmark for the pose; expected 1 to 8")
    }
    if let density = largestPixelDensity, !(density.isFinite && density > 0) {
      throw ModelDataError("a largest pixel density of \(density) px/mm; expected above 0")
    }
  }
}

extension FitSettings {
  /// Every setting must be there but those that older files do not have: they are as they were then.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      firstFitWindows: try values.decode([Int].self, forKey: .firstFitWindows),
      trackingWindows: try values.decode([Int].self, forKey: .trackingWindows),
      kernelWidth: try values.decode(Double.self, forKey: .kernelWidth),
      regularisation: try values.decode(Double.self, forKey: .regularisation),
      weightFactor: try values.decode(Double.self, forKey: .weightFactor))
    refinement = try values.decode(Refinement.self, forKey: .refinement)
    iterationLimit = try values.decode(Int.self, forKey: .iterationLimit)
    densityKernel = try values.decode(DensityKernel.self, forKey: .densityKernel)
    stopRule = try values.decode(StopRule.self, forKey: .stopRule)
    stepFactor = try values.decode(Double.self, forKey: .stepFactor)
    largestPixelDensity = try values.decodeIfPresent(Double.self, forKey: .largestPixelDensity)
    tracksPoseOnlyWhenCoarse = try values.decode(Bool.self, forKey: .tracksPoseOnlyWhenCoarse)
    responseExponent = try values.decodeIfPresent(Double.self, forKey: .responseExponent) ?? 1
    startChoice =
      try values.decodeIfPresent(StartChoice.self, forKey: .startChoice) ?? .likelihood
    weighsAsSeen = try values.decodeIfPresent(Bool.self, forKey: .weighsAsSeen) ?? false
    lidWeight = try values.decodeIfPresent(Double.self, forKey: .lidWeight) ?? 1
    jawWeight = try values.decodeIfPresent(Double.self, forKey: .jawWeight) ?? 1
    noseWeight = try values.decodeIfPresent(Double.self, forKey: .noseWeight) ?? 1
    anchorWeight = try values.decodeIfPresent(Double.self, forKey: .anchorWeight) ?? 0
    trackingAnchorWeight =
      try values.decodeIfPresent(Double.self, forKey: .trackingAnchorWeight) ?? 0
    farYawFactor = try values.decodeIfPresent(Double.self, forKey: .farYawFactor) ?? 1
    poseLandmarkStep = try values.decodeIfPresent(Int.self, forKey: .poseLandmarkStep) ?? 1
    detail = try values.decodeIfPresent(DetailPass.self, forKey: .detail)
  }
}

/// The figures of `FitSettings` at one scale.
public struct ScaleSettings: Sendable, Equatable, Codable {
  /// sigma, reference px.
  public var kernelWidth: Double
  public var regularisation: Double
  public var weightFactor: Double

  public init(kernelWidth: Double, regularisation: Double, weightFactor: Double = 0) {
    self.kernelWidth = kernelWidth
    self.regularisation = regularisation
    self.weightFactor = weightFactor
  }

  var isUsable: Bool {
    kernelWidth.isFinite && kernelWidth > 0 && regularisation.isFinite && regularisation >= 0
      && weightFactor.isFinite && weightFactor >= 0
  }

  /// The figures of `settings` at the scale with this index.
  init(_ settings: FitSettings, scaleIndex: Int, patchScaling: Double) {
    kernelWidth = settings.kernelWidth
    regularisation = settings.regularisation
    weightFactor = settings.weightFactor
    switch settings.refinement {
    case .none: break
    case .byOctave:
      let octaves = log2(patchScaling / 0.25)
      regularisation = max(settings.regularisation - 15 * octaves, 0.001)
      kernelWidth = settings.kernelWidth + 0.25 * octaves
      weightFactor = settings.weightFactor * (1 + 2 * octaves)
    case .listed(let scales):
      if let last = scales.last { self = scaleIndex < scales.count ? scales[scaleIndex] : last }
    }
  }
}
