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
    var settings = FitSettings(
      firstFitWindows: perScale([21, 17, 13, 11]), trackingWindows: perScale([0, 11, 9, 0]),
      kernelWidth: 2, regularisation: 40, weightFactor: 0)
    settings.refinement = .listed(
      zip(perScale([2, 2, 1.75, 1.75]), perScale([40.0, 30, 20, 15])).map {
        ScaleSettings(kernelWidth: $0, regularisation: $1)
      })
    settings.iterationLimit = 20
    settings.stopRule = .referenceStep(0.01)
    settings.stepFactor = 1.5
    settings.largestPixelDensity = 1
    settings.tracksPoseOnlyWhenCoarse = true
    settings.responseExponent = 2
    settings.startChoice = .verdict
    return settings
  }
}
