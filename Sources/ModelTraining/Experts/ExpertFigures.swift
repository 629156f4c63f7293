/// How good one expert is, on crops of persons that it has not learned from.
public struct ExpertFigures: Sendable, Codable, Equatable {
  /// Crops learned from and judged by.
  public var trainingCrops: Int
  public var validationCrops: Int
  /// Mean binary cross-entropy of the responses, nats; what is left of it when the responses are
  /// exactly those wanted; and that of the best constant response.
  public var crossEntropy: Double
  public var floor: Double
  public var constant: Double
  /// Median distance, px, of the highest response from the true place, in windows of 21 x 21 px
  /// around places off by 3 px in x and y (standard deviation).
  public var medianDistance: Double
  /// Share of those windows whose highest response is more than 3 px off.
  public var missShare: Double

  /// How much of what can be told apart the expert tells apart: 0 as good as a constant, 1 perfect.
  public var explained: Double {
    guard constant > floor else { return 0 }
    return (constant - crossEntropy) / (constant - floor)
  }

  /// The mean of each figure; nil without any.
  public static func mean(_ all: [ExpertFigures]) -> ExpertFigures? {
    guard !all.isEmpty else { return nil }
    let count = Double(all.count)
    func mean(_ value: (ExpertFigures) -> Double) -> Double {
      all.reduce(0) { $0 + value($1) } / count
    }
    return ExpertFigures(
      trainingCrops: Int(mean { Double($0.trainingCrops) }),
      validationCrops: Int(mean { Double($0.validationCrops) }),
      crossEntropy: mean(\.crossEntropy), floor: mean(\.floor), constant: mean(\.constant),
      medianDistance: mean(\.medianDistance), missShare: mean(\.missShare))
  }
}
