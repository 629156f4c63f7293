import CAllocationCount
import CLNF
import TestSupport
import Testing

@testable import FaceFinding

/// The finder with the program's own nets.
@Suite struct ShippedFinderTests {
  @Test func nothingIsAllocatedAfterTheFirstSearch() throws {
    let image = try Pictures.portrait()
    for reducedFirst in [false, true] {
      let finder = FaceFinder(try FaceFinderSettings(searchesReducedFirst: reducedFirst))
      var faces: [DetectedFace] = []
      finder.findFaces(in: image, into: &faces)
      #expect(faces.count == 1)
      let before = allocation_count()
      finder.findFaces(in: image, into: &faces)
      let after = allocation_count()
      #expect(after == before && faces.count == 1)
    }
  }

  /// Bright and dark, flat and with contrast: the same face.
  @Test(arguments: [(1.0, 0.0), (0.3, 5), (0.4, 150), (0.1, 100), (1.6, -60)])
  func inAnyLight(gain: Double, offset: Double) throws {
    var image = try Pictures.portrait()
    let expected = try #require(FaceFinder().detectFaces(in: image).first)
    image.withMutableSamples { samples in
      for i in samples.indices {
        samples[i] = UInt8(max(0, min(255, (Double(samples[i]) * gain + offset).rounded())))
      }
    }
    let face = try #require(FaceFinder().detectFaces(in: image).first)
    let (a, b) = (face.box, expected.box)
    #expect(abs(a.center.x - b.center.x) < 0.1 * b.width, "\(face)")
    #expect(abs(a.center.y - b.center.y) < 0.1 * b.width && abs(a.width / b.width - 1) < 0.2)
  }

  /// A mirrored face is found at the mirrored place, its sides exchanged.
  @Test func mirrored() throws {
    let image = try Pictures.portrait()
    let width = Double(image.width)
    var other = image.copy()
    for y in 0..<image.height {
      for x in 0..<image.width { other[x, y] = image[image.width - 1 - x, y] }
    }
    let face = try #require(FaceFinder().detectFaces(in: image).first)
    let mirrored = try #require(FaceFinder().detectFaces(in: other).first)
    #expect(abs(mirrored.box.center.x - (width - 1 - face.box.center.x)) < 0.06 * face.box.width)
    let (eye, its) = (try #require(face.points?.rightEye), try #require(mirrored.points?.leftEye))
    #expect(abs(its.x - (width - 1 - eye.x)) < 0.08 * face.box.width)
    #expect(abs(its.y - eye.y) < 0.08 * face.box.width)
  }

  /// Near the last place the same face; where it has gone from there, all of the picture.
  @Test func lastPlaces() throws {
    let image = try Pictures.portrait()
    let finder = FaceFinder()
    let face = try #require(finder.detectFaces(in: image).first)
    for place in [
      face.box, FaceBox(x: 4, y: 4, width: 30, height: 30),
      FaceBox(x: .nan, y: 0, width: 10, height: 10), FaceBox(x: 1e9, y: 1e9, width: 1, height: 1),
      FaceBox(x: 0, y: 0, width: 0, height: 0),
    ] {
      let found = try #require(finder.detectFaces(in: image, lastAt: place).first)
      #expect(abs(found.box.center.x - face.box.center.x) < 0.1 * face.box.width)
      #expect(abs(found.box.center.y - face.box.center.y) < 0.1 * face.box.width)
    }
  }

  /// Pictures without anything, of one pixel, of noise, very long ones: no face, no trap.
  @Test(arguments: [(1, 1), (23, 500), (640, 480), (4000, 30), (8000, 6000)])
  func emptyPictures(width: Int, height: Int) throws {
    let finder = FaceFinder(try FaceFinderSettings(searchesReducedFirst: false))
    for level in [UInt8(0), 128, 255] {
      #expect(
        finder.detectFaces(in: GreyImage(width: width, height: height, repeating: level)).isEmpty)
      if width * height > 10_000_000 { break }
    }
  }

  @Test func noise() throws {
    let seed = TestSeed.of(77)
    var generator = SeededGenerator(seed: seed)
    var image = GreyImage(width: 320, height: 240, repeating: 0)
    for deviation in [4.0, 40, 90] {
      for y in 0..<240 {
        for x in 0..<320 {
          image[x, y] = UInt8(max(0, min(255, 128 + deviation * generator.normal())))
        }
      }
      #expect(FaceFinder().detectFaces(in: image).count <= 1, "seed \(seed)")
    }
  }
}
