import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The figures of docs/reference/clnf.md section 5: the table of sets and what refinement makes of
/// them.
struct FitSettingsTests {
  @Test func theSetsAreThoseOfTheTable() {
    let video = FitSettings.video
    #expect(video.firstFitWindows == [11, 9, 7] && video.trackingWindows == [0, 9, 7])
    #expect(video.kernelWidth == 1.5 && video.regularisation == 25 && video.weightFactor == 0)
    #expect(
      video.iterationLimit == 5 && video.refinement == .byOctave && video.densityKernel == .exact)
    #expect(video.stopRule == .imageDistance(0.01) && video.largestPixelDensity == nil)
    let image = FitSettings.image
    #expect(image.firstFitWindows == [15, 13, 11, 9])
    #expect(image.kernelWidth == 1.25 && image.regularisation == 35 && image.weightFactor == 2.5)
    #expect(image.iterationLimit == 10)
    #expect(video.asReference.densityKernel == .tabulated)
  }

  /// o = log2(p / 0.25): 0 at 0.25, 1 at 0.5, 2 at 1.0; 0.35 is 0.48543 octaves up.
  @Test func refinementByScale() {
    let cases: [(FitSettings, Double, sigma: Double, reg: Double, weight: Double)] = [
      (.video, 0.25, 1.5, 25, 0), (.video, 0.5, 1.75, 10, 0), (.video, 1.0, 2.0, 0.001, 0),
      (.image, 0.25, 1.25, 35, 2.5), (.image, 0.5, 1.5, 20, 7.5), (.image, 1.0, 1.75, 5, 12.5),
    ]
    for (settings, scale, sigma, reg, weight) in cases {
      let refined = ScaleSettings(settings, scaleIndex: 0, patchScaling: scale)
      #expect(abs(refined.kernelWidth - sigma) < 1e-12, "\(scale)")
      #expect(abs(refined.regularisation - reg) < 1e-12, "\(scale)")
      #expect(abs(refined.weightFactor - weight) < 1e-12, "\(scale)")
    }
    let between = ScaleSettings(.image, scaleIndex: 1, patchScaling: 0.35)
    #expect(abs(between.kernelWidth - 1.371357) < 1e-6)
    #expect(abs(between.regularisation - 27.718598) < 1e-5)
    #expect(abs(between.weightFactor - 4.927134) < 1e-5)
  }

  @Test func withoutRefinementEveryScaleIsAlike() {
    var settings = FitSettings.image
    settings.refinement = .none
    for scale in [0.25, 0.35, 1.5] {
      let same = ScaleSettings(settings, scaleIndex: 0, patchScaling: scale)
      #expect(same.kernelWidth == 1.25 && same.regularisation == 35 && same.weightFactor == 2.5)
    }
  }

  @Test func settingsThatCannotBeUsedAreRefused() throws {
    try FitSettings.video.validate()
    try FitSettings.image.validate()
    let damage: [(inout FitSettings) -> Void] = [
      { $0.firstFitWindows = [11, 8] }, { $0.firstFitWindows = [1] },
      { $0.trackingWindows = [65] }, { $0.firstFitWindows = [-3] },
      { $0.firstFitWindows = [0, 0] }, { $0.firstFitWindows = [] },
      { $0.kernelWidth = 0 }, { $0.kernelWidth = .nan }, { $0.regularisation = -1 },
      { $0.regularisation = .infinity }, { $0.weightFactor = -0.1 }, { $0.iterationLimit = 0 },
      { $0.iterationLimit = 1001 }, { $0.stopRule = .imageDistance(-1) },
      { $0.stopRule = .referenceStep(.nan) }, { $0.largestPixelDensity = 0 },
      { $0.responseExponent = 0 }, { $0.responseExponent = -1 },
      { $0.responseExponent = .infinity }, { $0.stepFactor = 0 }, { $0.stepFactor = 2 },
      { $0.stepFactor = .nan },
      { $0.refinement = .listed([ScaleSettings(kernelWidth: 0, regularisation: 1)]) },
      { $0.detail = DetailPass(window: 8, regularisation: 1, iterationLimit: 5) },
      { $0.detail = DetailPass(window: 65, regularisation: 1, iterationLimit: 5) },
      { $0.detail = DetailPass(window: 9, regularisation: -1, iterationLimit: 5) },
      { $0.detail = DetailPass(window: 9, regularisation: 0, iterationLimit: 5) },
      { $0.detail = DetailPass(window: 9, regularisation: .nan, iterationLimit: 5) },
      { $0.detail = DetailPass(window: 9, regularisation: 1, iterationLimit: 0) },
      { $0.poseLandmarkStep = 0 }, { $0.poseLandmarkStep = 9 },
      { $0.farYawFactor = 0.9 }, { $0.farYawFactor = 2.1 }, { $0.farYawFactor = .nan },
    ]
    for (index, change) in damage.enumerated() {
      var settings = FitSettings.video
      change(&settings)
      let error = #expect(throws: ModelDataError.self, "case \(index)") {
        try settings.validate()
      }
      #expect(error.map { !$0.description.contains("\n") } ?? false)
    }
  }

  /// The synthetic model ends at 0.5 px/mm, its part at 1.0.
  @Test func theClassicSetFollowsTheFinestExperts() throws {
    let model = try SyntheticFixture.model(withParts: true)
    #expect(FitSettings.classic(for: model) == .video)
    #expect(FitSettings.classic(for: try #require(model.parts.first).model) == .image)
  }

  /// By scale, coarse to fine; with three scales the middle one of the four is left out.
  @Test func ourSetIsListedByScale() throws {
    let model = try SyntheticFixture.model()
    let settings = FitSettings.landmarkd(for: model)
    try settings.validate()
    #expect(settings.firstFitWindows == [21, 13, 9] && settings.trackingWindows == [0, 13, 9])
    let sizes = (0..<3).map {
      ScaleSettings(settings, scaleIndex: $0, patchScaling: 1)
    }
    #expect(sizes.map(\.kernelWidth) == [2, 1.75, 1.75])
    #expect(sizes.map(\.regularisation) == [40, 30, 20])
    #expect(settings.largestPixelDensity == 1 && settings.stopRule == .referenceStep(0.01))
  }

  @Test func settingsSurviveJSON() throws {
    var settings = FitSettings.image.asReference
    settings.stopRule = .referenceStep(0.25)
    settings.refinement = .listed([ScaleSettings(kernelWidth: 2, regularisation: 3)])
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(FitSettings.self, from: data) == settings)
  }

  @Test(arguments: [\FitSettings.lidWeight, \.jawWeight, \.noseWeight])
  func weightsOfPartsAreChecked(_ part: WritableKeyPath<FitSettings, Double> & Sendable) throws {
    var settings = FitSettings.image
    for bad in [0, -1, 101, Double.nan, .infinity] {
      settings[keyPath: part] = bad
      #expect(throws: ModelDataError.self) { try settings.validate() }
    }
    settings[keyPath: part] = 4
    try settings.validate()
    #expect(settings.asReference[keyPath: part] == 1)
  }

  @Test func weightsOfEstimatesAreChecked() {
    for bad in [-0.1, .nan, .infinity] {
      for key in [\FitSettings.anchorWeight, \.trackingAnchorWeight] {
        var settings = FitSettings.image
        settings[keyPath: key] = bad
        #expect(throws: ModelDataError.self) { try settings.validate() }
      }
    }
    var settings = FitSettings.image
    (settings.anchorWeight, settings.trackingAnchorWeight) = (1, 1)
    #expect(settings.asReference.anchorWeight == 0)
    #expect(settings.asReference.trackingAnchorWeight == 0)
  }

  /// Settings written before there were a response exponent, a choice of starts and weights of
  /// estimates; every other setting must be there.
  @Test func olderJSONLacksLaterSettings() throws {
    var settings = FitSettings.image
    settings.responseExponent = 2
    settings.largestPixelDensity = 1
    (settings.anchorWeight, settings.trackingAnchorWeight) = (0.25, 0.5)
    settings.weighsAsSeen = true
    (settings.lidWeight, settings.jawWeight, settings.noseWeight) = (3, 2, 5)
    settings.detail = DetailPass(window: 9, regularisation: 5, iterationLimit: 4)
    (settings.poseLandmarkStep, settings.farYawFactor) = (2, 1.5)
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(FitSettings.self, from: data) == settings)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for key in object.keys {
      var rest = object
      rest[key] = nil
      let without = try JSONSerialization.data(withJSONObject: rest)
      switch key {
      case "responseExponent":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        settings.responseExponent = 1
        #expect(older == settings)
        settings.responseExponent = 2
      case "anchorWeight", "trackingAnchorWeight":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.anchorWeight == (key == "anchorWeight" ? 0 : 0.25))
        #expect(older.trackingAnchorWeight == (key == "anchorWeight" ? 0.5 : 0))
      case "lidWeight":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.lidWeight == 1 && older.jawWeight == 2)
      case "jawWeight":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.jawWeight == 1 && older.lidWeight == 3)
      case "noseWeight":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.noseWeight == 1 && older.jawWeight == 2)
      case "detail":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.detail == nil && older.asReference == settings.asReference)
      case "poseLandmarkStep":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.poseLandmarkStep == 1 && older.farYawFactor == 1.5)
      case "farYawFactor":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(older.farYawFactor == 1 && older.poseLandmarkStep == 2)
      case "weighsAsSeen":
        let older = try JSONDecoder().decode(FitSettings.self, from: without)
        #expect(!older.weighsAsSeen)
      case "startChoice":
        #expect(try JSONDecoder().decode(FitSettings.self, from: without) == settings)
      case "largestPixelDensity": continue
      default:
        #expect(throws: DecodingError.self, "\(key)") {
          try JSONDecoder().decode(FitSettings.self, from: without)
        }
      }
    }
  }

  @Test func theReferenceLeavesResponsesAsTheyAre() {
    var settings = FitSettings.video
    settings.responseExponent = 2
    #expect(settings.asReference.responseExponent == 1)
    #expect(FitSettings.video.responseExponent == 1)
  }
}
