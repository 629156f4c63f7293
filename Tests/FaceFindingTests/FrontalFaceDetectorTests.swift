import CLNF
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

@Suite struct FrontalFaceDetectorTests {
  /// Read off the picture by eye: the outline from x 81 to 173, brows at y 87, the chin at 183.
  private let portraitFace = FaceBox(x: 81, y: 87, width: 92, height: 96)

  @Test(arguments: [1, 1.3, 2])
  func findsThePortraitAlone(enlargement: Double) throws {
    let detector = try FrontalFaceDetector(FaceDetectorSettings(enlargement: enlargement))
    let faces = detector.detectFaces(in: try Pictures.portrait())
    try #require(faces.count == 1)
    let box = faces[0].box
    #expect(abs(box.center.x - portraitFace.center.x) < 0.2 * portraitFace.width)
    #expect(abs(box.center.y - portraitFace.center.y) < 0.2 * portraitFace.width)
    #expect((0.8...1.25).contains(box.width / portraitFace.width))
    #expect((0.8...1.25).contains(box.height / portraitFace.height))
    #expect(faces[0].confidence > 0.5)
  }

  @Test func twoFacesComeMostConfidentFirst() throws {
    let portrait = try Pictures.portrait()
    var pair = GreyImage(width: 512, height: 256, repeating: 0)
    for y in 0..<256 {
      for x in 0..<256 {
        pair[x, y] = portrait[x, y]
        // Mirrored and paler: still a face, with another score.
        pair[511 - x, y] = 96 + portrait[x, y] / 4
      }
    }
    let faces = try FrontalFaceDetector().detectFaces(in: pair)
    #expect(faces.count == 2)
    #expect(faces.map(\.confidence) == faces.map(\.confidence).sorted(by: >))
    #expect(Set(faces.map { $0.box.center.x < 256 }) == [true, false])
  }

  /// Large faces are found at a reduced scale, small ones at the last; boxes and settings mean the same.
  @Test(arguments: [1, 2, 4, 7])
  func reducedScalesFirstFindFacesOfAllSizes(factor: Int) throws {
    let portrait = try Pictures.portrait()
    var large = GreyImage(width: 256 * factor, height: 256 * factor, repeating: 0)
    for y in 0..<256 * factor {
      for x in 0..<256 * factor { large[x, y] = portrait[x / factor, y / factor] }
    }
    let detector = try FrontalFaceDetector(FaceDetectorSettings(searchesReducedFirst: true))
    let faces = detector.detectFaces(in: large)
    try #require(faces.count == 1)
    let (box, scale) = (faces[0].box, Double(factor))
    #expect(abs(box.center.x / scale - portraitFace.center.x) < 0.2 * portraitFace.width)
    #expect(abs(box.center.y / scale - portraitFace.center.y) < 0.2 * portraitFace.width)
    #expect((0.8...1.25).contains(box.width / scale / portraitFace.width))
    // What is found at full scale alone comes from there.
    if factor == 1 { #expect(faces == (try FrontalFaceDetector().detectFaces(in: large))) }
  }

  @Test func searchesOfOneDetectorDoNotInfluenceEachOther() throws {
    let detector = try FrontalFaceDetector(.reference)
    let first = detector.detectFaces(in: try Pictures.portrait())
    _ = detector.detectFaces(in: Pictures.noise(width: 300, height: 500, seed: 1))
    _ = detector.detectFaces(in: GreyImage(width: 0, height: 0, repeating: 0))
    #expect(detector.detectFaces(in: try Pictures.portrait()) == first)
    #expect(first.count == 1)
  }

  @Test(arguments: [0, 7, 128, 255] as [UInt8])
  func blankImagesHaveNoFaces(grey: UInt8) throws {
    let image = GreyImage(width: 320, height: 240, repeating: grey)
    let detector = try FrontalFaceDetector()
    #expect(detector.detectFaces(in: image).isEmpty)
    #expect(detector.lastError == nil)
  }

  @Test(arguments: [
    (0, 0), (0, 100), (100, 0), (1, 1), (2, 1), (1, 1000), (1000, 1), (7, 9), (100_000, 2),
  ])
  func imagesTooSmallForAFaceHaveNone(width: Int, height: Int) throws {
    for enlargement in [0.1, 0.5, 1, 1.3, 2] {
      let detector = try FrontalFaceDetector(FaceDetectorSettings(enlargement: enlargement))
      let image = Pictures.noise(width: width, height: height, seed: 3)
      #expect(detector.detectFaces(in: image).isEmpty)
      #expect(detector.lastError == nil)
    }
  }

  /// 48 million pixels at twice their size would be 192 million, about 4 GB and 13 s.
  @Test func aHugeImageIsSearchedAtABoundedScale() throws {
    let settings = try FaceDetectorSettings(enlargement: 2, maximumSearchedPixels: 1_000_000)
    let detector = try FrontalFaceDetector(settings)
    let portrait = try Pictures.portrait()
    // The portrait 16 times as large, in a picture of 8000 x 6000.
    var image = GreyImage(width: 8000, height: 6000, repeating: 128)
    image.withMutableSamples { samples in
      for y in 0..<4096 {
        for x in 0..<4096 { samples[(y + 1000) * 8000 + x + 2000] = portrait[x / 16, y / 16] }
      }
    }
    let faces = detector.detectFaces(in: image)
    try #require(faces.count == 1)
    let expected = (
      x: 2000 + 16 * portraitFace.center.x, y: 1000 + 16 * portraitFace.center.y
    )
    #expect(abs(faces[0].box.center.x - expected.x) < 0.2 * 16 * portraitFace.width)
    #expect(abs(faces[0].box.center.y - expected.y) < 0.2 * 16 * portraitFace.width)
    #expect((0.8...1.25).contains(faces[0].box.width / (16 * portraitFace.width)))
  }

  @Test func facesBelowTheMinimumWidthAreNotReported() throws {
    let portrait = try Pictures.portrait()
    for (minimum, expected) in [(50.0, 1), (90, 1), (140, 0)] {
      let detector = try FrontalFaceDetector(FaceDetectorSettings(minimumFaceWidth: minimum))
      #expect(detector.detectFaces(in: portrait).count == expected, "minimum \(minimum) px")
    }
  }

  @Test func calibrationIsThatOfSectionNine() {
    let box = BoxCalibration.frontalHOG.apply(to: FaceBox(x: 10, y: 20, width: 100, height: 200))
    #expect(abs(box.x - 13.89) < 1e-9)
    #expect(abs(box.y - 45.56) < 1e-9)
    #expect(abs(box.width - 96.11) < 1e-9)
    #expect(abs(box.height - 187.76) < 1e-9)
  }
}
