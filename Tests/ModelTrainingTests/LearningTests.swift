import Foundation
import Testing

@testable import ModelTraining

/// Ranking, reliability and regression against answers that are known.
struct LearningTests {
  @Test func areaUnderTheCurveOfKnownOrders() {
    let labels = [true, true, false, false]
    #expect(Ranking.areaUnderCurve([4, 3, 2, 1], labels) == 1)
    #expect(Ranking.areaUnderCurve([1, 2, 3, 4], labels) == 0)
    // Of four pairs one is in the wrong order.
    #expect(Ranking.areaUnderCurve([4, 2, 3, 1], labels) == 0.75)
    #expect(Ranking.areaUnderCurve([1, 1, 1, 1], labels) == 0.5, "ties count half")
  }

  @Test func falseAlarmsAtAShareOfCaughtFailures() {
    let labels = [Bool](repeating: true, count: 10) + [Bool](repeating: false, count: 20)
    // 19 of 20 failures lie below every good fit, the last one above three of them.
    let scores = (1...10).map { Double($0) * 10 } + (0..<19).map { Double($0) / 10 } + [35]
    #expect(Ranking.falseAlarms(scores, labels, caught: 0.95).share == 0)
    #expect(abs(Ranking.falseAlarms(scores, labels, caught: 1).share - 0.3) < 1e-12)
  }

  @Test func reliabilityCountsByTenths() {
    let reliability = Reliability(
      confidences: [0.02, 0.08, 0.55, 0.57, 0.95, 1],
      isRight: [false, false, true, false, true, true])
    #expect(reliability.bins.map(\.low) == [0, 0.5, 0.9])
    #expect(reliability.bins.map(\.count) == [2, 2, 2])
    #expect(reliability.bins.map(\.right) == [0, 0.5, 1])
    #expect(abs(reliability.bins[1].confidence - 0.56) < 1e-12)
    // (2 x 0.05 + 2 x 0.06 + 2 x 0.025) / 6
    #expect(abs(reliability.calibrationError - 0.045) < 1e-12)
    #expect(Reliability(confidences: [], isRight: []).calibrationError.isNaN)
  }

  /// Labels drawn from a logistic model of known weights give about those weights back.
  @Test func regressionFindsPlantedWeights() {
    var generator = SeededGenerator(seed: 5)
    var features: [[Double]] = []
    var labels: [Bool] = []
    for _ in 0..<4000 {
      let row = [generator.normal(), generator.normal()]
      let sum = 2 * row[0] - row[1] + 0.5
      features.append(row)
      labels.append(generator.uniform(0...1) < 1 / (1 + exp(-sum)))
    }
    let learned = LogisticRegression(features: features, labels: labels, penalty: 0.01)
    #expect(abs(learned.weights[0] - 2) < 0.2)
    #expect(abs(learned.weights[1] + 1) < 0.2)
    #expect(abs(learned.bias - 0.5) < 0.2)
    let held = LogisticRegression(features: features, labels: labels, penalty: 1e5)
    #expect(abs(held.weights[0]) < 0.1, "a strong penalty keeps weights small")
  }
}
