import CLNF
import Foundation

/// A net and how good it is.
struct TrainedNet: Sendable, Equatable {
  /// 121 -> H1 -> H2 -> 1, as trained: not yet rounded to the model's 16 bits.
  var layers: [DenseLayer]
  /// From 0.01 to 1: the share of the cross-entropy that the net explains; 1 where nothing was held
  /// out to tell.
  var confidence: Double
  var figures: ExpertFigures

  /// The net in a model.
  var expert: NetExpert { NetExpert(layers: layers, confidence: confidence) }
}

/// Trains the net of one landmark: how likely the landmark is at the middle of a patch.
///
/// Minimises the binary cross-entropy between the response and a Gaussian of the distance from the
/// true place.
struct NetTrainer {
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
  ///   - seed: of everything that is drawn; the same seed gives the same net.
  /// - Returns: nil where the landmark can be seen in too few crops to learn or to judge it.
  /// Cost: about 0.3 ms a step at 32 x 16 patches and 48 + 16 units.
  func train(landmark: Int, seed: UInt64) -> TrainedNet? {
    let (training, validation) = crops.split(landmark: landmark, heldOut: settings.heldOut)
    let seen = training.count + validation.count
    guard Double(seen) >= settings.smallestVisibleShare * Double(crops.count),
      !training.isEmpty
    else { return nil }
    let sampler = PatchSampler(
      crops: crops, landmark: landmark, settings: settings, tables: tables)
    let net = learn(sampler, from: training, seed: seed)
    let judge = ExpertJudge(sampler: sampler, indices: validation, seed: settings.seed ^ 0x0DD5)
    let pass = SmallNetPass(net: net, capacity: max(ExpertJudge.batch, settings.positions))
    let figures = judge.figures(trainingCrops: training.count) { batch, count, sums in
      pass.forward(batch, count: count)
      for row in 0..<count { sums[row] = Double(pass.sums.pointer[row]) }
    }
    let confidence = validation.isEmpty ? 1 : max(0.01, min(1, figures.explained))
    return TrainedNet(layers: net.layers, confidence: confidence, figures: figures)
  }

  private func learn(_ sampler: PatchSampler, from indices: [Int], seed: UInt64) -> SmallNet {
    var generator = SeededGenerator(seed: seed)
    let net = SmallNet(first: settings.firstHidden, second: settings.secondHidden)
    net.initialise(using: &generator)
    let batch = PatchBatch(capacity: settings.batch)
    let pass = SmallNetPass(net: net, capacity: settings.batch)
    let cycle = OneCycle(steps: settings.steps, warmUp: settings.warmUp)
    var optimiser = AdamOptimiser(count: net.count)
    var starts = [Int](repeating: 0, count: settings.batch)
    for step in 0..<settings.steps {
      sampler.draw(from: indices, into: batch, using: &generator)
      if settings.dropout > 0 {
        for row in starts.indices { starts[row] = RandomTables.start(generator.next()) }
      }
      starts.withUnsafeBufferPointer { starts in
        let dropout = starts.baseAddress.map {
          SmallNetPass.Dropout(
            masks: UnsafePointer(tables.masks.pointer), starts: $0,
            gain: Float(1 / (1 - settings.dropout)))
        }
        let used = settings.dropout > 0 ? dropout : nil
        pass.forward(batch, count: settings.batch, dropout: used)
        pass.backward(batch, count: settings.batch, dropout: used)
      }
      let share = cycle.share(step)
      optimiser.step(
        net.parameters, gradient: pass.gradient,
        groups: [
          .init(range: 0..<net.firstBiases, rate: Float(settings.firstRate * share)),
          .init(range: net.firstBiases..<net.count, rate: Float(settings.otherRate * share)),
        ])
    }
    return net
  }
}
