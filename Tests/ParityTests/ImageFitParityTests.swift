import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Whole fits of the reference's six sample images, and the validator.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ImageFitParityTests {
  let model: FaceModel

  init() throws { model = try Golden.generalModel() }

  @Test func wholeFitsFromTheGivenBoxes() throws {
    let fitter = try Fitter(model: model, settings: FitSettings.video.asReference)
    let validator = ValidatorEvaluation(try #require(model.validator), landmarkCount: 68)
    let figures = try Golden.figures("images")["images"].elements()
    #expect(figures.count == 6)
    for entry in figures {
      let image = try Golden.image(try entry["image"].string())
      let b = try entry["bbox_xywh"].numbers()
      let box = FaceBox(x: b[0], y: b[1], width: b[2], height: b[3])
      let parameters = fitter.fit(image: image, box: box)
      var landmarks: [Double] = []
      fitter.copyLandmarks(into: &landmarks)
      let expected = try entry["landmarks2d"].numbers()
      let distance = (0..<68).reduce(0.0) { sum, i in
        let (dx, dy) = (landmarks[i] - expected[i], landmarks[68 + i] - expected[68 + i])
        return sum + (dx * dx + dy * dy).squareRoot()
      }
      #expect(distance / 68 <= 0.05, "mean difference of landmarks, px")
      #expect(abs(fitter.report.likelihood - (try entry["model_likelihood"].number())) < 1e-2)
      let likelihoods = try entry["landmark_likelihoods"].numbers()
      #expect(relativeDifference(fitter.landmarkLikelihoods, likelihoods) < 1e-2)
      let certainty = validator.certainty(
        image: image, landmarks: landmarks, rotation: parameters.global.rotation)
      #expect(abs(certainty - (try entry["detection_certainty"].number())) < 1e-3)
      print("parity: \(try entry["image"].string()) mean \(distance / 68) px")
    }
  }

  @Test func validatorCertainties() throws {
    let validator = ValidatorEvaluation(try #require(model.validator), landmarkCount: 68)
    for entry in try Golden.figures("validator")["cases"].elements() {
      let image = try Golden.image(try entry["image"].string())
      let o = try entry["orientation"].numbers()
      let certainty = validator.certainty(
        image: image, landmarks: try entry["landmarks2d"].numbers(),
        rotation: EulerAngles(x: o[0], y: o[1], z: o[2]))
      #expect(abs(certainty - (try entry["certainty"].number())) < 1e-4)
    }
  }
}
