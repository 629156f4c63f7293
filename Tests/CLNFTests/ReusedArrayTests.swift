import CLNF
import TestSupport
import Testing

/// Public calls that fill an array of the caller's. Without the module's internals: among those
/// are overloads that take pointers to memory of the right size.
struct ReusedArrayTests {
  @Test func shapesFillArraysOfAnyLength() throws {
    let shapeModel = try SyntheticFixture.model().shapeModel
    let local = [3.0, -2, 1, 0.5, -0.25]
    let expected = shapeModel.shape3D(local: local)
    for length in [0, 7, 48, 100] {
      var reused = [Double](repeating: 9, count: length)
      shapeModel.shape3D(local: local, into: &reused)
      #expect(reused == expected, "from \(length)")
    }
  }

  @Test func landmarksFillArraysOfAnyLength() throws {
    let model = try SyntheticFixture.model()
    let fitter = try Fitter(model: model, settings: .video)
    let box = FaceBox(x: 23, y: 20, width: 94, height: 93)
    let parameters = fitter.fit(image: try SyntheticFixture.image("image_frontal.pgm"), box: box)
    for length in [0, 7, 32, 100] {
      var reused = [Double](repeating: 9, count: length)
      fitter.copyLandmarks(into: &reused)
      #expect(reused == model.shapeModel.landmarks(parameters), "from \(length)")
    }
  }
}
