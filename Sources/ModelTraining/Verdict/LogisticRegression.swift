import Foundation

/// Logistic regression by iteratively reweighted least squares with an L2 penalty on the weights.
///
/// Source: Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", section 4.4.
/// Deterministic.
public struct LogisticRegression: Sendable {
  /// One a feature.
  public private(set) var weights: [Double]
  public private(set) var bias = 0.0

  /// - Parameters:
  ///   - features: one row a sample, all of one length.
  ///   - labels: whether each sample is positive.
  ///   - penalty: weight of the squared weights, > 0: how far they are kept from 0.
  public init(features: [[Double]], labels: [Bool], penalty: Double) {
    let count = (features.first?.count ?? 0) + 1
    var solution = [Double](repeating: 0, count: count)
    for _ in 0..<50 {
      var hessian = [Double](repeating: 0, count: count * count)
      var gradient = [Double](repeating: 0, count: count)
      for (row, label) in zip(features, labels) {
        var sum = solution[count - 1]
        for i in 0..<count - 1 { sum += solution[i] * row[i] }
        let p = 1 / (1 + exp(-sum))
        let (error, curvature) = ((label ? 1 : 0) - p, p * (1 - p))
        for i in 0..<count {
          let a = i < count - 1 ? row[i] : 1
          gradient[i] += error * a
          for j in 0...i { hessian[i * count + j] += curvature * a * (j < count - 1 ? row[j] : 1) }
        }
      }
      for i in 0..<count - 1 {
        hessian[i * count + i] += penalty
        gradient[i] -= penalty * solution[i]
      }
      hessian[count * count - 1] += 1e-9
      guard let step = Self.solve(hessian, gradient, count) else { break }
      for i in 0..<count { solution[i] += step[i] }
      if step.map(abs).max() ?? 0 < 1e-9 { break }
    }
    weights = Array(solution.dropLast())
    bias = solution[count - 1]
  }

  /// Solves a symmetric positive definite system given by its lower triangle; nil if it is not.
  private static func solve(_ matrix: [Double], _ right: [Double], _ n: Int) -> [Double]? {
    var factor = matrix
    var x = right
    for j in 0..<n {
      for i in j..<n {
        var sum = factor[i * n + j]
        for k in 0..<j { sum -= factor[i * n + k] * factor[j * n + k] }
        if i == j {
          guard sum > 0 else { return nil }
          factor[j * n + j] = sum.squareRoot()
        } else {
          factor[i * n + j] = sum / factor[j * n + j]
        }
      }
    }
    for i in 0..<n {
      for k in 0..<i { x[i] -= factor[i * n + k] * x[k] }
      x[i] /= factor[i * n + i]
    }
    for i in (0..<n).reversed() {
      for k in i + 1..<n { x[i] -= factor[k * n + i] * x[k] }
      x[i] /= factor[i * n + i]
    }
    return x
  }
}

/// How well scores separate right from wrong.
public enum Ranking {
  /// Area under the ROC curve: the share of pairs in which the positive scores higher; ties half.
  public static func areaUnderCurve(_ scores: [Double], _ labels: [Bool]) -> Double {
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var (positives, negatives, rankSum) = (0.0, 0.0, 0.0)
    var i = 0
    while i < order.count {
      var j = i
      while j < order.count, scores[order[j]] == scores[order[i]] { j += 1 }
      let rank = Double(i + 1 + j) / 2
      for k in i..<j {
        if labels[order[k]] {
          positives += 1
          rankSum += rank
        } else {
          negatives += 1
        }
      }
      i = j
    }
    guard positives > 0, negatives > 0 else { return .nan }
    return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
  }

  /// The share of positives that are lost when `caught` of the negatives score below the threshold,
  /// and the threshold.
  public static func falseAlarms(
    _ scores: [Double], _ labels: [Bool], caught: Double
  ) -> (share: Double, threshold: Double) {
    let negatives = zip(scores, labels).filter { !$0.1 }.map(\.0).sorted()
    let positives = zip(scores, labels).filter { $0.1 }.map(\.0)
    guard !negatives.isEmpty, !positives.isEmpty else { return (.nan, .nan) }
    let index = min(negatives.count - 1, Int((caught * Double(negatives.count)).rounded(.up)) - 1)
    let threshold = negatives[max(0, index)]
    let lost = positives.count { $0 <= threshold }
    return (Double(lost) / Double(positives.count), threshold)
  }
}
