import CLNF

/// Something that answers patches with a response and can be trained to: a net or a field.
protocol ResponseModel: AnyObject {
  var count: Int { get }
  /// `count` parameters, and the derivative of the mean cross-entropy by each.
  var parameters: UnsafeMutablePointer<Float> { get }
  var gradient: UnsafeMutablePointer<Float> { get }
  /// The response to each of the last patches, as the sum before a logistic.
  var sums: UnsafeMutablePointer<Float> { get }

  /// Draws the parameters that training begins with.
  func initialise(using generator: inout SeededGenerator)
  /// Fills `sums` for the first `count` patches, as in use.
  func respond(_ batch: PatchBatch, count: Int)
  /// Fills `gradient` for all patches of the batch, as in training.
  func differentiate(_ batch: PatchBatch, using generator: inout SeededGenerator)
  /// The parameters by learning rate, which is this share of its peak.
  func groups(share: Double) -> [AdamOptimiser.Group]
  /// What is kept of the model.
  var layers: [DenseLayer] { get }
}

/// A net while it is trained.
final class NetModel: ResponseModel {
  let net: SmallNet
  private let pass: SmallNetPass
  private let settings: NetTrainingSettings
  private let tables: RandomTables
  private let starts: Buffer<Int>

  /// - Parameter capacity: patches at once.
  init(settings: NetTrainingSettings, tables: RandomTables, capacity: Int) {
    self.settings = settings
    self.tables = tables
    net = SmallNet(first: settings.firstHidden, second: settings.secondHidden)
    pass = SmallNetPass(net: net, capacity: capacity)
    starts = Buffer(repeating: 0, count: capacity)
  }

  var count: Int { net.count }
  var parameters: UnsafeMutablePointer<Float> { net.parameters.pointer }
  var gradient: UnsafeMutablePointer<Float> { pass.gradient.pointer }
  var sums: UnsafeMutablePointer<Float> { pass.sums.pointer }
  var layers: [DenseLayer] { net.layers }

  func initialise(using generator: inout SeededGenerator) { net.initialise(using: &generator) }

  func respond(_ batch: PatchBatch, count: Int) { pass.forward(batch, count: count) }

  func differentiate(_ batch: PatchBatch, using generator: inout SeededGenerator) {
    var dropout: SmallNetPass.Dropout?
    if settings.dropout > 0 {
      for row in 0..<batch.capacity { starts.pointer[row] = RandomTables.start(generator.next()) }
      dropout = SmallNetPass.Dropout(
        masks: UnsafePointer(tables.masks.pointer), starts: UnsafePointer(starts.pointer),
        gain: Float(1 / (1 - settings.dropout)))
    }
    pass.forward(batch, count: batch.capacity, dropout: dropout)
    pass.backward(batch, count: batch.capacity, dropout: dropout)
  }

  func groups(share: Double) -> [AdamOptimiser.Group] {
    [
      .init(range: 0..<net.firstBiases, rate: Float(settings.firstRate * share)),
      .init(range: net.firstBiases..<net.count, rate: Float(settings.otherRate * share)),
    ]
  }
}
