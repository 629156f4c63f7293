import CLNF
import TestSupport
import Testing

@testable import FaceFinding

/// Fast body against portable body. On a machine without AVX2 both are the portable one.
@Suite struct BodyAgreementTests {
  private func compare(_ image: borrowing GreyImage, _ enlargement: Double, atLeast: Int) throws {
    let fast = try FrontalFaceDetector(FaceDetectorSettings(enlargement: enlargement))
    let portable = try FrontalFaceDetector(
      FaceDetectorSettings(enlargement: enlargement, body: .portable))
    #expect(portable.bodyName == "portable")
    let expected = portable.detectFaces(in: image)
    let found = fast.detectFaces(in: image)
    #expect(expected.count >= atLeast)
    #expect(found.map(\.box) == expected.map(\.box))
    for (face, other) in zip(found, expected) {
      // Sums of 3,100 products of single precision in another order.
      #expect(abs(face.confidence - other.confidence) < 1e-4)
    }
  }

  @Test(arguments: [0.8, 1, 1.3, 1.37, 2])
  func onThePortrait(enlargement: Double) throws {
    try compare(Pictures.portrait(), enlargement, atLeast: 1)
  }

  /// Odd sizes, where vectors end in the middle of a row.
  @Test(arguments: [(255, 253), (201, 199), (187, 200), (251, 186)])
  func onCroppedPortraits(width: Int, height: Int) throws {
    let portrait = try Pictures.portrait()
    var crop = GreyImage(width: width, height: height, repeating: 0)
    for y in 0..<height { for x in 0..<width { crop[x, y] = portrait[x, y] } }
    try compare(crop, 1.3, atLeast: 1)
  }

  @Test(
    .enabled(if: MaterialFolder.hasReference, "LANDMARKD_REFERENCE is not set"),
    arguments: ["sample1_gray.pgm", "sample6_gray.pgm", "default_frame100.pgm"])
  func onPhotographs(name: String) throws {
    try compare(Pictures.readPGM(Pictures.referenceFixture(name)), 1, atLeast: 1)
  }
}
