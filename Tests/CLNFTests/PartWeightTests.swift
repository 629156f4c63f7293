import Foundation
import TestSupport
import Testing

@testable import CLNF

/// What parts of the 68-point markup weigh in a pass, against what they weigh when settings say nothing of them.
struct PartWeightTests {
  private static let lids: Set = [37, 38, 40, 41, 43, 44, 46, 47]

  private static func part(_ landmark: Int) -> WritableKeyPath<FitSettings, Double>? {
    switch landmark {
    case 0...16: \.jawWeight
    case 27...35: \.noseWeight
    default: lids.contains(landmark) ? \.lidWeight : nil
    }
  }

  /// The experts' weights of the one pass of a fit that begins with a yaw, by landmark.
  private static func weights(
    _ model: FaceModel, yaw: Double, _ change: (inout FitSettings) -> Void
  ) throws -> [Double] {
    var settings = try #require(model.fitSettings)
    settings.detail = nil
    (settings.lidWeight, settings.jawWeight, settings.noseWeight) = (1, 1, 1)
    change(&settings)
    let fitter = try Fitter(model: model, settings: settings)
    let rotation = EulerAngles(x: 0, y: yaw * .pi / 180, z: 0)
    var parameters = fitter.start(
      box: FaceBox(x: 60, y: 60, width: 120, height: 120), rotation: rotation)
    let image = GreyImage(width: 240, height: 240, repeating: 90)
    fitter.fit(
      image: image, parameters: &parameters, windows: settings.firstFitWindows, skipsCoarse: true)
    return fitter.workspace.expertWeights.array
  }

  /// All of it straight on, half of what it is more at 15 degrees, nothing more from 30 on; no other landmark.
  @Test(arguments: [(0.0, 1.0), (15, 0.5), (30, 0), (-15, 0.5), (50, 0)])
  func partsWeighMoreStraightOn(yaw: Double, share: Double) throws {
    let model = try FaceModel.default()
    let plain = try Self.weights(model, yaw: yaw) { _ in }
    for part in [\FitSettings.lidWeight, \.jawWeight, \.noseWeight] {
      let weighed = try Self.weights(model, yaw: yaw) { $0[keyPath: part] = 5 }
      var seen = 0
      for landmark in 0..<68 where plain[landmark] > 0 {
        let isOfPart = Self.part(landmark) == part
        seen += isOfPart ? 1 : 0
        let expected = isOfPart ? 1 + 4 * share : 1
        #expect(abs(weighed[landmark] / plain[landmark] - expected) < 1e-9, "landmark \(landmark)")
      }
      #expect(seen > 3, "some of the part are seen")
    }
  }

  @Test func theDefaultModelWeighsItsParts() throws {
    let settings = try #require(try FaceModel.default().fitSettings)
    #expect(settings.lidWeight > 1 && settings.jawWeight > 1 && settings.noseWeight > 1)
  }
}
