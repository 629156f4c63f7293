import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Fits that are held to an estimate of their landmarks.
@Suite struct AnchoredFitTests {
  /// A fitter of the default model whose fits weigh estimates so much.
  private static func fitter(_ weight: Double) throws -> Fitter {
    let model = try FaceModel.default()
    var settings = model.fitSettings ?? .landmarkd(for: model)
    (settings.anchorWeight, settings.trackingAnchorWeight) = (weight, weight)
    return try Fitter(model: model, settings: settings)
  }

  private static func start(_ fitter: Fitter, _ image: borrowing GreyImage) -> FaceParameters {
    let box = FaceBox(
      x: Double(image.width) * 0.25, y: Double(image.height) * 0.25,
      width: Double(image.width) * 0.5, height: Double(image.height) * 0.5)
    return fitter.start(box: box, rotation: EulerAngles(x: 0, y: 0, z: 0))
  }

  private static func landmarks(
    _ fitter: Fitter, _ image: borrowing GreyImage, _ anchor: LandmarkEstimate?
  ) -> [Double] {
    var parameters = start(fitter, image)
    fitter.fit(
      image: image, parameters: &parameters, windows: fitter.settings.firstFitWindows,
      anchor: anchor)
    var landmarks: [Double] = []
    fitter.copyLandmarks(into: &landmarks)
    return landmarks
  }

  /// The mean face somewhere in the picture.
  private static func estimate(_ fitter: Fitter, deviation: Double) -> LandmarkEstimate {
    let shape = fitter.model.shapeModel
    let parameters = FaceParameters(
      global: GlobalParameters(
        scale: 1.1, rotation: EulerAngles(x: 0.1, y: -0.2, z: 0.05), tx: 150, ty: 130),
      local: [Double](repeating: 0, count: shape.modeCount))
    return LandmarkEstimate(
      points: shape.landmarks(parameters),
      deviations: [Double](repeating: deviation, count: shape.landmarkCount))
  }

  /// The surer the estimate, the nearer the fit; one without weight changes nothing, to the bit.
  @Test func surerEstimatesPullMore() throws {
    let image = try PortableGreyMap.portrait()
    let plain = try Self.fitter(0)
    let free = Self.landmarks(plain, image, nil)
    let unweighed = Self.landmarks(plain, image, Self.estimate(plain, deviation: 0.01))
    #expect(unweighed == free)
    let held = try Self.fitter(1)
    #expect(Self.landmarks(held, image, nil) == free)
    var distances: [Double] = []
    for deviation in [1e5, 1, 0.02] {
      let estimate = Self.estimate(held, deviation: deviation)
      distances.append(
        meanDistance(Self.landmarks(held, image, estimate), estimate.points))
    }
    #expect(distances[0] > distances[1] && distances[1] > distances[2], "\(distances)")
    #expect(distances[2] < 0.5, "\(distances)")
    #expect(abs(distances[0] - meanDistance(free, Self.estimate(held, deviation: 1).points)) < 0.1)
    // The next fit is free again.
    #expect(Self.landmarks(held, image, nil) == free)
  }

  @Test func estimatesThatCannotBeUsedAreNone() throws {
    let image = try PortableGreyMap.portrait()
    let fitter = try Self.fitter(1)
    let free = Self.landmarks(fitter, image, nil)
    let good = Self.estimate(fitter, deviation: 0.5)
    for change in 0..<5 {
      var bad = good
      switch change {
      case 0: bad.points[17] = .nan
      case 1: bad.deviations[3] = 0
      case 2: bad.deviations[3] = .infinity
      case 3: bad.points.removeLast()
      default: bad.deviations.append(1)
      }
      #expect(Self.landmarks(fitter, image, bad) == free, "\(change)")
    }
  }
}
