import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The part's model and its fit against the oracle: started from the face's landmarks, fitted on
/// its own scale, the face made afresh from what it writes back (docs/reference/clnf.md section
/// 11).
struct ExpectedPartTests {
  @Test func partsAreReadAndFitted() throws {
    let model = try SyntheticFixture.model(withParts: true)
    let part = try #require(model.parts.first)
    #expect(model.parts.count == 1)
    #expect(part.name == "mouth")
    let expectedMapping = [(13, 0), (14, 1), (15, 2), (2, 3)]
    #expect(part.mapping == expectedMapping.map { ModelPart.Pair(main: $0.0, part: $0.1) })
    #expect(part.model.landmarkCount == 6)
    #expect(part.model.shapeModel.modeCount == 2)
    #expect(part.model.scales.map(\.patchScaling) == [1])
    #expect(part.model.scales[0].windowSizesWithEdges.isEmpty)
    #expect(part.model.scales[0].components.map(\.windowSize) == [3, 5])

    let cases = try SyntheticFixture.expected()["parts"].elements()
    #expect(cases.count == 2)
    var fittedCount = 0
    for entry in cases {
      var points = [Double](repeating: 0, count: 12)
      let face = try entry["face_landmarks"].numbers()
      for pair in part.mapping {
        points[pair.part] = face[pair.main]
        points[6 + pair.part] = face[model.landmarkCount + pair.main]
      }
      #expect(points == (try entry["part_landmarks_in"].numbers()))
      let shape = part.model.shapeModel
      var parameters = try #require(shape.parameters(landmarks: points))
      let start = try entry["part_params_global_start"].numbers()
      #expect(largestDifference(parameters.global.values, start) < 1e-8)
      let localStart = try entry["part_params_local_start"].numbers()
      #expect(largestDifference(parameters.local, localStart) < 1e-8)

      let fitted = try entry["fitted"].bool()
      let finest = part.model.scales[0].patchScaling
      #expect((try entry["face_params_global"].pose().scale > 0.9 * finest) == fitted)
      guard fitted else { continue }
      fittedCount += 1
      let windows = try entry["windows"].numbers().map { Int($0) }
      let fitter = try Fitter(
        model: part.model,
        settings: try entry["settings"].fitSettings(windows: windows, refines: false))
      fitter.fit(
        image: try SyntheticFixture.image(try entry["image"].string()), parameters: &parameters,
        windows: windows)
      let global = try entry["part_params_global"].numbers()
      #expect(largestDifference(parameters.global.values, global) < ExpectedFitTests.tolerance)
      let local = try entry["part_params_local"].numbers()
      #expect(largestDifference(parameters.local, local) < 2e-3)
      #expect(abs(fitter.report.likelihood - (try entry["likelihood"].number())) < 1e-4)

      let written = try entry["face_landmarks_written"].numbers()
      let afresh = try #require(model.shapeModel.parameters(landmarks: written))
      let after = try entry["face_params_global_after"].numbers()
      #expect(largestDifference(afresh.global.values, after) < 1e-8)
      let landmarks = try entry["face_landmarks_after"].numbers()
      #expect(largestDifference(model.shapeModel.landmarks(afresh), landmarks) < 1e-8)
    }
    #expect(fittedCount == 1)
  }
}
