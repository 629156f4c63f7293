import CLNF

/// How patch experts are trained. The defaults are the shipped model's.
public struct NetTrainingSettings: Sendable, Codable, Equatable {
  /// What an expert is.
  public enum Kind: String, Sendable, Codable {
    /// A net of three layers.
    case net
    /// A CCNF patch expert without edges, to compare with.
    case field
  }

  public var seed: UInt64 = 1
  public var kind = Kind.net
  /// Neurons of a field.
  public var fieldNeurons = 7
  /// Units of a net's two hidden layers.
  public var firstHidden = 48
  public var secondHidden = 16
  /// Steps of the optimiser an expert.
  public var steps = 1500
  /// Crops a step, drawn anew each step, and positions in each.
  public var crops = 32
  public var positions = 16
  /// Share of the positions that are drawn around the landmark, from a Gaussian of `nearSpread` px;
  /// the others lie anywhere up to `reach` px off in x and y.
  public var nearShare = 0.45
  public var nearSpread = 1.4
  public var reach = 9.5
  /// Standard deviation of the wanted response, px.
  public var targetSpread = 1.0
  /// Noise is added to patches of unit norm: up to this much a pixel, the norm then made 1 again.
  public var inputNoise = 0.02
  /// Share of a net's first hidden layer's units that are left out.
  public var dropout = 0.1
  /// Largest learning rates of nets, of the first layer's weights and of everything else.
  public var firstRate = 0.06
  public var otherRate = 0.02
  /// Share of the steps in which the learning rate rises; then it falls like a cosine.
  public var warmUp = 0.15
  /// One of so many persons is held out to judge the experts by.
  public var heldOut = 12
  /// A landmark that can be seen in a smaller share of a view's crops gets no expert.
  public var smallestVisibleShare = 0.25
  /// The landmarks that experts are trained for, with each one's mirror partner; nil: all.
  public var landmarks: [Int]?
  /// Held-out crops that an expert is judged by, at most.
  public var validationCrops = 160

  public init() {}

  /// Whether a landmark gets an expert.
  func trains(_ landmark: Int) -> Bool { landmarks?.contains(landmark) ?? true }

  /// Patches a step.
  var batch: Int { crops * positions }

  /// What cannot be trained with, in words; nil where all is well.
  public var problem: String? {
    func within(_ value: Double, _ range: ClosedRange<Double>) -> Bool { range.contains(value) }
    let units = 1...ExpertScale.largestHiddenLayer
    guard units.contains(firstHidden), units.contains(secondHidden) else {
      return "layers of \(firstHidden) and \(secondHidden) units; expected \(units)"
    }
    guard (1...64).contains(fieldNeurons) else {
      return "fields of \(fieldNeurons) neurons; expected 1 to 64"
    }
    guard (1...10_000_000).contains(steps), (1...4096).contains(crops),
      (1...4096).contains(positions)
    else {
      return "\(steps) steps of \(crops) x \(positions) patches; expected 1 or more"
    }
    guard within(nearShare, 0...1), within(dropout, 0...0.95), within(warmUp, 0...1),
      within(smallestVisibleShare, 0...1)
    else { return "a share outside 0 ... 1, or a dropout above 0.95" }
    guard within(nearSpread, 0...100), within(reach, 0...100), within(targetSpread, 0.05...100),
      within(inputNoise, 0...10)
    else { return "a spread, a reach or a noise outside 0 ... 100" }
    guard within(firstRate, 0...10), within(otherRate, 0...10) else {
      return "learning rates of \(firstRate) and \(otherRate); expected 0 ... 10"
    }
    if let landmarks,
      !landmarks.allSatisfy({
        LandmarkMirror.map.indices.contains($0) && landmarks.contains(LandmarkMirror.map[$0])
      })
    {
      return "landmarks \(landmarks); expected some of 0 to 67, each with its mirror partner"
    }
    guard (0...1_000_000).contains(heldOut), (1...1_000_000).contains(validationCrops) else {
      return "one of \(heldOut) persons held out, \(validationCrops) crops to judge by"
    }
    return nil
  }
}
