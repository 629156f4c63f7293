import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The rule that says of a single landmark whether it is right: its sum, what it refuses, its place in a
/// model's file.
@Suite struct LandmarkVerdictTests {
  private typealias Scale = LandmarkVerdict.Scale

  private static let scales = [
    Scale(evidence: .fit, mean: 1, deviation: 2),
    Scale(evidence: .lookDistance, mean: -3, deviation: 0.5),
  ]

  /// Of two figures z each: w0 z0 + w1 z0^2 + w2 z1 + w3 z1^2 + bias.
  @Test func theSumIsThatOfItsParts() throws {
    let verdict = try LandmarkVerdict(
      scales: Self.scales, weights: [1, 0.5, -2, 0.25, 0.1, 0, 0, 0, 0, -1])
    #expect(verdict.landmarkCount == 2)
    func probability(_ landmark: Int, _ fit: Double, _ look: Double) -> Double {
      verdict.probability(landmark: landmark) {
        switch $0 {
        case .fit: fit
        case .lookDistance: look
        default: .nan
        }
      }
    }
    func logistic(_ sum: Double) -> Double { 1 / (1 + exp(-sum)) }
    #expect(abs(probability(0, 3, -2.5) - logistic(1 + 0.5 - 2 + 0.25 + 0.1)) < 1e-12)
    #expect(abs(probability(1, 3, -2.5) - logistic(-1)) < 1e-12)
    // Beyond three deviations figures say no more; one that is no number counts as average.
    #expect(probability(0, 1e9, -3) == probability(0, 7, -3))
    #expect(probability(0, .nan, -3) == probability(0, 1, -3))
    #expect(probability(0, .infinity, -3) == probability(0, 1, -3))
  }

  @Test func whatDoesNotFitTogetherIsRefused() {
    let two = [Double](repeating: 0, count: 5)
    let cases: [([LandmarkVerdict.Scale], [Double])] = [
      ([], [0]), (Self.scales, []), (Self.scales, [0, 0, 0, 0]), (Self.scales, two + [0]),
      (Self.scales, [.nan, 0, 0, 0, 0]), (Self.scales, [.infinity, 0, 0, 0, 0]),
      ([Self.scales[0], Self.scales[0]], two),
      ([Self.scales[0], Scale(evidence: .density, mean: .nan, deviation: 1)], two),
      ([Self.scales[0], Scale(evidence: .density, mean: 0, deviation: -1)], two),
    ]
    for (scales, weights) in cases {
      #expect(throws: ModelDataError.self) {
        _ = try LandmarkVerdict(scales: scales, weights: weights)
      }
    }
  }

  private static func model(_ verdict: LandmarkVerdict?) throws -> FaceModel {
    let model = try FaceModel.default()
    var contents = FaceModel.Contents(
      name: "a model", shapeModel: model.shapeModel, scales: model.scales)
    contents.mirrorPartners = model.mirrorPartners
    contents.landmarkVerdict = verdict
    return try FaceModel(contents)
  }

  @Test func modelsKeepIt() throws {
    var generator = SeededGenerator(seed: TestSeed.of(301))
    let verdict = try LandmarkVerdict(
      scales: Self.scales, weights: (0..<68 * 5).map { _ in generator.normal() })
    let path =
      FileManager.default.temporaryDirectory.path
      + "/landmark-verdict-\(ProcessInfo.processInfo.processIdentifier).landmarkd"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Self.model(verdict).archive()).write(to: URL(fileURLWithPath: path))
    #expect(try FaceModel.load(path).landmarkVerdict == verdict)
    try Data(Self.model(nil).archive()).write(to: URL(fileURLWithPath: path))
    #expect(try FaceModel.load(path).landmarkVerdict == nil)
  }

  @Test func oneOfAnotherMarkupIsRefused() throws {
    let five = try LandmarkVerdict(
      scales: Self.scales, weights: [Double](repeating: 0, count: 25))
    #expect(throws: ModelDataError.self) { _ = try Self.model(five) }
  }
}
