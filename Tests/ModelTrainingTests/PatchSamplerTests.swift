import CLNF
import Foundation
import Testing

@testable import ModelTraining

/// What patches the nets are shown.
struct PatchSamplerTests {
  static func sampler(_ crops: [ReferenceCrop], noise: Double = 0.04) -> PatchSampler {
    var settings = NetTrainingSettings()
    settings.inputNoise = noise
    return PatchSampler(
      crops: CropSet(crops), landmark: 0, settings: settings,
      tables: RandomTables(seed: 1, dropout: 0.1))
  }

  @Test func patchesHaveNoMeanAndUnitNorm() {
    let crops = SyntheticCrops.corners(count: 20)
    let sampler = Self.sampler(crops)
    let batch = PatchBatch(capacity: 512)
    var generator = SeededGenerator(seed: 1)
    sampler.draw(from: Array(0..<20), into: batch, using: &generator)
    for row in 0..<512 {
      let values = (0..<PatchBatch.stride).map { batch.row(row)[$0] }
      #expect(abs(values.reduce(0, +)) < 1e-4)
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
      #expect(values[121...].allSatisfy { $0 == 0 })
    }
    let targets = batch.targets.array
    #expect(targets.allSatisfy { $0 >= 0 && $0 <= 1 })
    // About half of the positions are near, and not all are.
    let near = Double(targets.count { $0 > 0.1 }) / 512
    #expect(near > 0.3 && near < 0.7, "\(near)")
  }

  @Test func plainPatchesAreThePixels() {
    var crop = SyntheticCrops.corners(count: 1)[0]
    crop.landmarks[0] = [20.25, 17.5]
    let sampler = Self.sampler([crop])
    let batch = PatchBatch(capacity: 1)
    sampler.gather(0, x: 22, y: 16, noise: nil, amount: 0, into: batch.row(0))
    var expected: [Double] = []
    for y in 11...21 {
      for x in 17...27 { expected.append(Double(crop.pixels[y * crop.side + x])) }
    }
    let mean = expected.reduce(0, +) / 121
    let norm = expected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    for (index, value) in expected.enumerated() {
      #expect(abs(Double(batch.row(0)[index]) - (value - mean) / norm) < 1e-6)
    }
    #expect(abs(sampler.target(0, x: 22, y: 16) - exp(-(1.75 * 1.75 + 1.5 * 1.5) / 2)) < 1e-6)
  }

  @Test func flatPatchesAreZeros() {
    var crop = SyntheticCrops.corners(count: 1)[0]
    crop.pixels = [UInt8](repeating: 255, count: crop.pixels.count)
    let sampler = Self.sampler([crop])
    let batch = PatchBatch(capacity: 512)
    var generator = SeededGenerator(seed: 1)
    sampler.draw(from: [0], into: batch, using: &generator)
    #expect(batch.inputs.array.allSatisfy { $0 == 0 })
  }

  @Test func positionsStayInsideTheCrop() {
    var crops = SyntheticCrops.corners(count: 3)
    crops[0].landmarks[0] = [-30, 2]
    crops[1].landmarks[0] = [47, 900]
    let sampler = Self.sampler(crops)
    #expect(sampler.inside(-30) == 5 && sampler.inside(900) == 42 && sampler.inside(6.6) == 7)
    let batch = PatchBatch(capacity: 512)
    var generator = SeededGenerator(seed: 1)
    sampler.draw(from: [0, 1, 2], into: batch, using: &generator)
    #expect(batch.inputs.array.allSatisfy { $0.isFinite })
  }

  @Test func personsAreHeldOutAsAWhole() {
    var crops = SyntheticCrops.corners(count: 120)
    for index in crops.indices { crops[index].identity = index / 2 }
    crops[7].visible[0] = false
    let (training, validation) = CropSet(crops).split(landmark: 0, heldOut: 4)
    #expect(training.count + validation.count == 119 && !(training + validation).contains(7))
    let (learned, judged) = (Set(training.map { $0 / 2 }), Set(validation.map { $0 / 2 }))
    #expect(learned.isDisjoint(with: judged))
    #expect(validation.count > 12 && validation.count < 50)
  }
  /// Brows are learned from people whose points people placed, other landmarks from all.
  @Test func browsAreLearnedFromPlacedPoints() {
    let crops = SyntheticCrops.corners(count: 6, landmarks: 30).enumerated().map { index, crop in
      var crop = crop
      crop.identity = index < 4 ? FittedFace.firstTeacherPerson + index : index
      return crop
    }
    let set = CropSet(crops)
    #expect(set.seen(20) == 6)
    #expect(set.split(landmark: 20, heldOut: 0).training == [4, 5])
    #expect(set.split(landmark: 28, heldOut: 0).training == Array(0..<6))
  }
}
