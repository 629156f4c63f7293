import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Longer steps come to rest at the same place in fewer iterations.
struct StepFactorTests {
  private static let box = FaceBox(x: 23, y: 20, width: 94, height: 93)

  private func rest(_ factor: Double) throws -> (landmarks: [Double], iterations: Int) {
    let model = try SyntheticFixture.model()
    var settings = FitSettings.video
    settings.iterationLimit = 500
    settings.stopRule = .referenceStep(1e-6)
    settings.stepFactor = factor
    let fitter = try Fitter(model: model, settings: settings)
    _ = fitter.fit(image: try SyntheticFixture.image("image_frontal.pgm"), box: Self.box)
    #expect(fitter.report.succeeded && fitter.report.cameToRest)
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    return (landmarks, fitter.report.iterations)
  }

  @Test func theSamePlaceInFewerIterations() throws {
    let (plain, long, short) = (try rest(1), try rest(1.5), try rest(0.5))
    for other in [long, short] {
      for (a, b) in zip(plain.landmarks, other.landmarks) { #expect(abs(a - b) < 0.01) }
    }
    #expect(long.iterations < plain.iterations)
    #expect(short.iterations > plain.iterations)
  }
}
