import CLNF

/// How the default model is fitted: chosen on drawn faces of held-out seeds and on the photos of the
/// training material (docs/results/2026-11-27-default-model.md).
public enum DefaultFitSettings {
  /// For a model with these scales, px/mm, coarse to fine.
  public static func make(patchScalings: [Double]) -> FitSettings {
    func perScale<Value>(_ values: [Value]) -> [Value] {
      patchScalings.map { scaling in
        switch scaling {
        case ..<0.3: values[0]
        case ..<0.45: values[1]
        case ..<0.75: values[2]
        default: values[3]
        }
      }
    }
    // Experts weigh by the square of the share that they explain: about 0.4, 0.3, 0.2 and 0.1.
    let weights = [4.0, 14, 30, 40]
    var settings = FitSettings(
      firstFitWindows: perScale([21, 17, 13, 11]), trackingWindows: perScale([0, 11, 7, 0]),
      kernelWidth: 2, regularisation: 40, weightFactor: weights[0])
    settings.refinement = .listed(
      zip(zip(perScale([2, 2.25, 2.25, 1.75]), perScale([40.0, 30, 20, 15])), perScale(weights))
        .map {
          ScaleSettings(kernelWidth: $0.0, regularisation: $0.1, weightFactor: $1)
        })
    settings.iterationLimit = 20
    settings.stopRule = .referenceStep(0.04)
    settings.stepFactor = 1.5
    settings.largestPixelDensity = 1
    settings.tracksPoseOnlyWhenCoarse = true
    settings.responseExponent = 2
    settings.startChoice = .verdict
    settings.weighsAsSeen = true
    (settings.lidWeight, settings.jawWeight, settings.noseWeight) = (8, 3, 3)
    settings.detail = DetailPass(window: 9, regularisation: 7, iterationLimit: 2)
    settings.poseLandmarkStep = 4
    settings.farYawFactor = 1.2
    (settings.anchorWeight, settings.trackingAnchorWeight) = (0.6, 0.6)
    return settings
  }
}
