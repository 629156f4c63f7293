import CLNF
import Foundation

/// Judges the expert of one landmark by held-out crops.
struct ExpertJudge {
  let sampler: PatchSampler
  /// The held-out crops.
  let indices: [Int]
  let seed: UInt64

  /// Width and height of the windows in which the highest response is looked for.
  static let window = 21
  /// How far their centres are off, px.
  static let displacement = 3.0
  /// Windows judged, at most: each costs as much as a step of training.
  static let mostWindows = 64
  /// Patches at once: a window.
  static let batch = window * window

  /// - Parameter trainingCrops: only passed on.
  func figures(of model: any ResponseModel, trainingCrops: Int) -> ExpertFigures {
    var generator = SeededGenerator(seed: seed)
    let patches = PatchBatch(capacity: max(Self.batch, sampler.settings.positions))
    let chosen = spread(indices, sampler.settings.validationCrops)
    var (entropy, floor, total, count) = (0.0, 0.0, 0.0, 0)
    for crop in chosen {
      sampler.drawPlain(crop: crop, into: patches, first: 0, using: &generator)
      model.respond(patches, count: sampler.settings.positions)
      for row in 0..<sampler.settings.positions {
        let target = Double(patches.targets.pointer[row])
        entropy += SmallNetPass.crossEntropy(sum: Double(model.sums[row]), target: target)
        floor += Self.entropy(target)
        total += target
        count += 1
      }
    }
    var distances: [Double] = []
    for crop in spread(indices, Self.mostWindows) {
      distances.append(distance(crop, patches, model, &generator))
    }
    distances.sort()
    let positions = Double(max(1, count))
    return ExpertFigures(
      trainingCrops: trainingCrops, validationCrops: chosen.count,
      crossEntropy: entropy / positions, floor: floor / positions,
      constant: Self.entropy(total / positions),
      medianDistance: distances.isEmpty ? 0 : distances[distances.count / 2],
      missShare: Double(distances.count { $0 > 3 }) / Double(max(1, distances.count)))
  }

  /// How far the highest response of a displaced window is from the truth, px.
  private func distance(
    _ crop: Int, _ patches: PatchBatch, _ model: any ResponseModel,
    _ generator: inout SeededGenerator
  ) -> Double {
    let truth = sampler.place(crop)
    let half = Self.window / 2
    let centreX = sampler.inside(truth.x + Float(Self.displacement * generator.normal()))
    let centreY = sampler.inside(truth.y + Float(Self.displacement * generator.normal()))
    for row in 0..<Self.batch {
      let x = sampler.inside(Float(centreX - half + row % Self.window))
      let y = sampler.inside(Float(centreY - half + row / Self.window))
      sampler.gather(crop, x: x, y: y, noise: nil, amount: 0, into: patches.row(row))
    }
    model.respond(patches, count: Self.batch)
    var best = 0
    for row in 1..<Self.batch where model.sums[row] > model.sums[best] { best = row }
    let found = SIMD2(
      Float(sampler.inside(Float(centreX - half + best % Self.window))),
      Float(sampler.inside(Float(centreY - half + best / Self.window))))
    let offset = found - truth
    return Double((offset * offset).sum().squareRoot())
  }

  /// Up to `most` elements, evenly spread.
  private func spread(_ indices: [Int], _ most: Int) -> [Int] {
    guard indices.count > most else { return indices }
    return (0..<most).map { indices[$0 * indices.count / most] }
  }

  private static func entropy(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return 0 }
    return -p * log(p) - (1 - p) * log(1 - p)
  }
}
