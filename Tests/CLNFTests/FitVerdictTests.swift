import Foundation
import Testing

@testable import CLNF

/// The rule that weighs a fit's evidence, and what it says about its parts.
struct FitVerdictTests {
  static let rule = FitVerdict(
    terms: [
      .init(evidence: .meanShift, mean: 0.5, deviation: 0.2, weight: -1, squareWeight: 0.25),
      .init(evidence: .coarse, mean: 0, deviation: 0, weight: 5, squareWeight: 5),
      .init(evidence: .validator, mean: 0, deviation: 1, weight: -2, squareWeight: 0),
    ], bias: 0.5)

  static func report(meanShift: Double) -> FitReport {
    var report = FitReport()
    report.meanShift = meanShift
    report.lastScale = 2
    return report
  }

  @Test func theProbabilityIsTheLogisticFunctionOfTheParts() {
    let report = Self.report(meanShift: 0.9)
    // z = 2: -2 + 0.25 x 4 = -1; the certainty: -2 x 0.5 = -1; a deviation of 0 says nothing.
    let parts = Self.rule.contributions(report, certainty: 0.5, scaleCount: 3)
    #expect(parts.map(\.evidence) == [.meanShift, .coarse, .validator])
    #expect(zip(parts.map(\.logOdds), [-1, 0, -1]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(parts[0].deviations - 2) < 1e-12 && parts[0].value == 0.9)
    let probability = Self.rule.probability(report, certainty: 0.5, scaleCount: 3)
    #expect(abs(probability - 1 / (1 + exp(1.5))) < 1e-12)
  }

  @Test func evidenceBeyondTheReachOrMissingSaysNoMore() {
    let far = Self.rule.probability(Self.report(meanShift: 50), certainty: nil, scaleCount: 3)
    let farther = Self.rule.probability(Self.report(meanShift: 5000), certainty: nil, scaleCount: 3)
    #expect(far == farther)
    let nothing = Self.report(meanShift: .nan)
    #expect(Self.rule.contributions(nothing, certainty: nil, scaleCount: 3).count == 1)
    let probability = Self.rule.probability(nothing, certainty: nil, scaleCount: 3)
    #expect(abs(probability - 1 / (1 + exp(-0.5))) < 1e-12)
  }

  @Test func aLookIsComparedInWidthsOfTheFace() {
    // Two landmarks 100 px apart, seen 3 and 4 px off by a look that says 2 and 8 px of itself.
    var report = Self.report(meanShift: 0.5)
    let seen = LandmarkEstimate(points: [13, 110, 20, 24], deviations: [2, 8])
    report.compare([10, 110, 20, 20], with: seen)
    #expect(abs(report.lookDistance - 0.035) < 1e-12)
    #expect(abs(report.lookDeviation - 0.04) < 1e-12)
    #expect(abs(report.lookMisfit - (1.5 + 0.5) / 2) < 1e-12)
    let rule = FitVerdict(
      terms: [.init(evidence: .lookDistance, mean: -3, deviation: 1, weight: 2, squareWeight: 0)],
      bias: 0)
    let z = log(0.04) + 3
    let probability = rule.probability(report, certainty: nil, scaleCount: 3)
    #expect(abs(probability - 1 / (1 + exp(-2 * z))) < 1e-12)
    // Without a look it says nothing.
    report.compare([10, 110, 20, 20], with: nil)
    #expect(report.lookDistance.isNaN)
    #expect(rule.probability(report, certainty: nil, scaleCount: 3) == 0.5)
    // Nor of a fit without width.
    report.compare([10, 10, 20, 20], with: seen)
    #expect(report.lookMisfit.isNaN)
    report.compare([10, 110, 50, 20, 20, 30], with: seen)
    #expect(report.lookDistance.isNaN)
  }

  @Test func aFitThatFailedHasNone() {
    var report = Self.report(meanShift: 0.1)
    report.failure = .nothingFitted
    #expect(Self.rule.probability(report, certainty: nil, scaleCount: 3) == 0)
  }
}
