import CLNF
import Foundation

/// Trains the expert of one landmark: how likely the landmark is at the middle of a patch.
///
/// Minimises the binary cross-entropy between the response and a Gaussian of the distance from the
/// true place.
struct LandmarkTrainer: Sendable {
  let crops: CropSet
  let settings: NetTrainingSettings
  let tables: RandomTables

  init(crops: CropSet, settings: NetTrainingSettings) {
    precondition(settings.problem == nil, settings.problem ?? "")
    self.crops = crops
    self.settings = settings
    tables = RandomTables(seed: settings.seed, dropout: settings.dropout)
  }

  /// - Parameters:
  ///   - seed: of everything that is drawn; the same seed gives the same expert.
  /// - Returns: nil where the landmark can be seen in too few crops to learn it.
  /// Cost: about 0.3 ms a step at 32 x 16 patches and 48 + 16 units.
  func train(landmark: Int, seed: UInt64) -> TrainedExpert? {
    let (training, validation) = crops.split(landmark: landmark, heldOut: settings.heldOut)
    guard Double(crops.seen(landmark)) >= settings.smallestVisibleShare * Double(crops.count),
      !training.isEmpty
    else { return nil }
    let sampler = PatchSampler(
      crops: crops, landmark: landmark, settings: settings, tables: tables)
    let model = makeModel()
    learn(model, sampler, from: training, seed: seed)
    let judge = ExpertJudge(sampler: sampler, indices: validation, seed: settings.seed ^ 0x0DD5)
    let figures = judge.figures(of: model, trainingCrops: training.count)
    let confidence = validation.isEmpty ? 1 : max(0.01, min(1, figures.explained))
    return TrainedExpert(layers: model.layers, confidence: confidence, figures: figures)
  }

  private func makeModel() -> any ResponseModel {
    let capacity = max(settings.batch, ExpertJudge.batch)
    switch settings.kind {
    case .net: return NetModel(settings: settings, tables: tables, capacity: capacity)
    case .field: return FieldModel(neurons: settings.fieldNeurons, capacity: capacity)
    }
  }

  private func learn(
    _ model: any ResponseModel, _ sampler: PatchSampler, from indices: [Int], seed: UInt64
  ) {
    var generator = SeededGenerator(seed: seed)
    model.initialise(using: &generator)
    let batch = PatchBatch(capacity: settings.batch)
    let cycle = OneCycle(steps: settings.steps, warmUp: settings.warmUp)
    var optimiser = AdamOptimiser(count: model.count)
    for step in 0..<settings.steps {
      sampler.draw(from: indices, into: batch, using: &generator)
      model.differentiate(batch, using: &generator)
      optimiser.step(
        model.parameters, gradient: model.gradient, groups: model.groups(share: cycle.share(step)))
    }
  }
}
