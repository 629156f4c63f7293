import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The landmark validators of all three types against the oracle.
struct ExpectedValidatorTests {
  let figures: [JSONValue]

  init() throws { figures = try SyntheticFixture.expected()["validators"].elements() }

  private func validator(_ name: String) throws -> LandmarkValidator {
    let url = SyntheticFixture.folder.appending(path: "model/validation/validator_\(name).txt")
    let validator = try OpenFaceValidator.read(
      [UInt8](try Data(contentsOf: url)), file: url.path, landmarkCount: 16)
    try validator.validate(landmarkCount: 16)
    return validator
  }

  @Test func typesAreRead() throws {
    let linear = try validator("linear").views[0].classifier
    let tanh = try validator("net_tanh").views[0].classifier
    let logistic = try validator("net_logistic").views[0].classifier
    let cnn = try validator("cnn").views[0].classifier
    if case .linear(let weights, _) = linear {
      #expect(weights.count == 242)
    } else {
      Issue.record("type 0 is read as \(linear)")
    }
    if case .fullyConnected(let layers, let hidden, let output) = tanh {
      #expect(hidden == .scaledTanh && output == .logistic)
      #expect(layers[0].rows == 243, "a bias and every pixel")
    } else {
      Issue.record("type 1 is read as \(tanh)")
    }
    if case .fullyConnected(_, let hidden, let output) = logistic {
      #expect(hidden == .logistic && output == .scaledTanh)
    } else {
      Issue.record("type 1 is read as \(logistic)")
    }
    guard case .convolutional(let layers) = cnn else {
      Issue.record("type 2 is read as \(cnn)")
      return
    }
    #expect(layers.count == 5)
  }

  /// The warped pixels are kept as floats of grey levels up to 255: 1e-4.
  @Test func warpedFaces() throws {
    let views = try validator("linear").views
    #expect(figures.count == 5)
    for entry in figures {
      let view = views[try entry["view"].integer()]
      let warp = FaceWarp(view.warp)
      let image = try SyntheticFixture.image(try entry["image"].string())
      var vector = [Float](repeating: .nan, count: view.meanImage.count)
      warp.sample(
        image, landmarks: try entry["landmarks"].numbers(), count: 16, into: &vector)
      var warped = [Double](repeating: 0, count: view.warp.width * view.warp.height)
      for (place, level) in zip(warp.places, vector) { warped[place] = Double(level) }
      let name = try entry["name"].string()
      let difference = largestDifference(warped, try entry["warped"].rows())
      #expect(difference < 1e-4, "\(name)")
    }
  }

  /// Linear and full nets sum in double over float features: 1e-6; the convolutional one sums in
  /// single precision: 1e-5.
  @Test(arguments: ["linear", "net_tanh", "net_logistic", "cnn"])
  func certainties(name: String) throws {
    let validator = try validator(name)
    for set in InstructionSet.allCases {
      let evaluation = ValidatorEvaluation(validator, landmarkCount: 16, instructionSet: set)
      for entry in figures {
        let face = try entry["name"].string()
        let certainty = evaluation.certainty(
          image: try SyntheticFixture.image(try entry["image"].string()),
          landmarks: try entry["landmarks"].numbers(),
          rotation: try entry["rotation_euler"].angles())
        let expected = try entry["classifiers"][name]["certainty"].number()
        #expect(
          abs(certainty - expected) < (name == "cnn" ? 1e-5 : 2e-6),
          "\(face), \(set)")
      }
    }
  }

  /// Reaching outside must be in the cases, and a face without contrast must not divide by 0.
  @Test func casesReachOutsideAndFlatFacesAreFinite() throws {
    #expect(try figures.contains { try $0["pixels_outside_image"].integer() > 0 })
    let flat = GreyImage(width: 40, height: 40, repeating: 90)
    let entry = try #require(figures.first)
    for name in ["linear", "net_tanh", "net_logistic", "cnn"] {
      let evaluation = ValidatorEvaluation(try validator(name), landmarkCount: 16)
      let landmarks = try entry["landmarks"].numbers().map { 10 + $0 / 10 }
      let certainty = evaluation.certainty(
        image: flat, landmarks: landmarks, rotation: EulerAngles(x: 0, y: 0, z: 0))
      #expect(certainty.isFinite)
      let empty = GreyImage(width: 0, height: 5, repeating: 0)
      let none = evaluation.certainty(
        image: empty, landmarks: landmarks, rotation: EulerAngles(x: 0, y: 0, z: 0))
      #expect(none == 1, "nothing to judge is surely wrong")
    }
  }

  /// What is finite in double precision need not be in single.
  @Test func figuresThatAreNotFiniteAreRefused() throws {
    for damage: (inout ValidatorView) -> Void in [
      { $0.meanImage[3] = .infinity }, { $0.deviationImage[3] = .nan },
      { $0.deviationImage[3] = 0 }, { $0.meanImage.removeLast() },
      { $0.classifier = .linear(weights: [Float](repeating: .infinity, count: 242), bias: 0) },
      { $0.classifier = .linear(weights: [Float](repeating: 0, count: 242), bias: .nan) },
      { $0.warp.triangleOfPixel[0] = 999 }, { $0.warp.triangles[0].b = 16 },
      { $0.warp.alpha.removeLast() }, { $0.warp.width = 1 << 40 },
    ] {
      var validator = try validator("linear")
      damage(&validator.views[0])
      #expect(throws: ModelDataError.self) { try validator.validate(landmarkCount: 16) }
    }
  }

  /// Landmarks that are no places at all sample as 0.
  @Test func landmarksWithoutAPlaceAreOutside() throws {
    let view = try validator("linear").views[0]
    let image = try SyntheticFixture.image("image_frontal.pgm")
    for value in [Double.nan, .infinity, -.infinity, 1e30, -1e12] {
      var vector = [Float](repeating: .nan, count: view.meanImage.count)
      FaceWarp(view.warp).sample(
        image, landmarks: [Double](repeating: value, count: 32), count: 16, into: &vector)
      #expect(vector.allSatisfy { $0 == 0 }, "\(value)")
    }
  }
}
