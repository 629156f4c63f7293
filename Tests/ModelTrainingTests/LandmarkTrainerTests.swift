import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// Training as a whole, on a scene whose landmark can be found by its pixels.
struct LandmarkTrainerTests {
  static func small() -> NetTrainingSettings {
    var settings = NetTrainingSettings()
    settings.firstHidden = 16
    settings.secondHidden = 8
    settings.steps = 300
    settings.heldOut = 5
    return settings
  }

  /// Fails where gradients are wrong: a net that learns nothing finds no corner.
  @Test func trainingFindsTheCorner() throws {
    let crops = CropSet(SyntheticCrops.corners(count: 150))
    let trainer = LandmarkTrainer(crops: crops, settings: Self.small())
    let net = try #require(trainer.train(landmark: 0, seed: 5))
    let figures = net.figures
    #expect(figures.trainingCrops + figures.validationCrops == 150)
    #expect(figures.floor < figures.crossEntropy && figures.crossEntropy < figures.constant)
    #expect(figures.explained > 0.8, "\(figures)")
    // Whole px: a perfect expert is 0.4 px off.
    #expect(figures.medianDistance < 0.8, "\(figures)")
    #expect(figures.missShare < 0.1, "\(figures)")
    #expect(net.confidence == figures.explained)
    // Without steps the figures are those of no knowledge at all.
    var untrained = Self.small()
    untrained.firstRate = 0
    untrained.otherRate = 0
    let nothing = try #require(
      LandmarkTrainer(crops: crops, settings: untrained).train(landmark: 0, seed: 5))
    #expect(nothing.figures.explained < 0.1)
    #expect(nothing.figures.missShare > 0.3)
  }

  /// The same of fields, which are weaker but no worse than that.
  @Test func fieldsFindTheCorner() throws {
    var settings = Self.small()
    settings.kind = .field
    let crops = CropSet(SyntheticCrops.corners(count: 150))
    let field = try #require(
      LandmarkTrainer(crops: crops, settings: settings).train(landmark: 0, seed: 5))
    #expect(field.figures.explained > 0.7, "\(field.figures)")
    #expect(field.figures.medianDistance < 1, "\(field.figures)")
    #expect(field.expert.field?.neurons.count == 7)
  }

  /// Each net is drawn from its own seed, so the number of threads changes nothing.
  @Test func threadsDoNotMatter() {
    let crops = CropSet(SyntheticCrops.corners(count: 60, landmarks: 3))
    var settings = Self.small()
    settings.steps = 40
    let trainer = LandmarkTrainer(crops: crops, settings: settings)
    let one = WorkSharing.map(count: 3, threads: 1) { trainer.train(landmark: $0, seed: 9) }
    let two = WorkSharing.map(count: 3, threads: 2) { trainer.train(landmark: $0, seed: 9) }
    #expect(one.count == 3 && one == two)
    #expect(trainer.train(landmark: 0, seed: 10) != one[0], "another seed, another net")
  }

  @Test func landmarksSeldomSeenGetNoExpert() {
    var all = SyntheticCrops.corners(count: 60)
    for index in all.indices where index % 5 != 0 { all[index].visible[1] = false }
    var settings = Self.small()
    settings.steps = 2
    let trainer = LandmarkTrainer(crops: CropSet(all), settings: settings)
    #expect(trainer.train(landmark: 0, seed: 1) != nil)
    #expect(trainer.train(landmark: 1, seed: 1) == nil)
  }
}
