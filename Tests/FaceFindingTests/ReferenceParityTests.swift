import CLNF
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// The reference toolkit's boxes for the same pictures.
@Suite(.enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"))
struct ReferenceParityTests {
  private struct Images: Decodable {
    struct Image: Decodable {
      var image: String
      var bboxXywh: [Double]
      var hogConfidence: Double
    }
    var images: [Image]
  }

  /// Boxes are whole pixels of the enlarged image, so they agree to rounding of the last digit.
  private func isSame(_ box: FaceBox, _ expected: [Double]) -> Bool {
    zip([box.x, box.y, box.width, box.height], expected).allSatisfy { abs($0 - $1) < 1e-9 }
  }

  @Test func largestBoxesOfTheSamples() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let file = try Pictures.referenceFixture("images.json")
    let expected = try decoder.decode(Images.self, from: Data(contentsOf: file)).images
    #expect(expected.count == 6)
    let detector = try FrontalFaceDetector(.reference)
    for image in expected {
      let picture = try Pictures.readPGM(Pictures.referenceFixture(image.image))
      let faces = detector.detectFaces(in: picture)
      let largest = try #require(faces.max { $0.box.width < $1.box.width }, "\(image.image)")
      #expect(isSame(largest.box, image.bboxXywh), "\(image.image): \(largest.box)")
      // The reference was compiled with fused multiply-add, and scores are sums of 3,100 products.
      #expect(abs(largest.confidence - image.hogConfidence) < 1e-4, "\(image.image)")
    }
  }

  @Test func firstFrameOfTheVideo() throws {
    let track = try String(
      contentsOf: Pictures.referenceFixture("track_default_68only.csv"), encoding: .utf8)
    let lines = track.split(separator: "\n").prefix(2).map { $0.split(separator: ",") }
    let expected = try ["det_x", "det_y", "det_w", "det_h"].map { name in
      let column = try #require(lines[0].firstIndex { $0 == name })
      return try #require(Double(lines[1][column]))
    }
    let frame = try Pictures.readPGM(Pictures.referenceFixture("default_frame001.pgm"))
    let faces = try FrontalFaceDetector(.reference).detectFaces(in: frame)
    let first = try #require(faces.first)
    #expect(isSame(first.box, expected), "\(first.box)")
  }
}
