import CLNF
import FaceFinding
import Testing

@testable import Pictures

private let points = FacePoints(
  rightEye: [80, 90], leftEye: [120, 90], noseTip: [100, 110], rightMouthCorner: [85, 130],
  leftMouthCorner: [115, 130])

private func black(_ width: Int, _ height: Int) -> OverlayPicture {
  OverlayPicture(grey: GreyImage(width: width, height: height, repeating: 0))
}

private func face(
  _ x: Double, _ y: Double, _ width: Double, confidence: Double = 0.5, points: FacePoints? = nil
) -> DetectedFace {
  DetectedFace(
    box: FaceBox(x: x, y: y, width: width, height: width), confidence: confidence, points: points)
}

/// Faces as a detector found them, drawn.
@Suite struct FoundFacesTests {
  @Test func boxPointsAndScoreAreDrawn() {
    var picture = black(200, 200)
    picture.drawFound([face(60, 60, 80, points: points)])
    for (x, y) in [(60, 100), (140, 100), (100, 60), (100, 140), (60, 60), (140, 140)] {
      #expect(picture[x, y] == VerdictColour.believed, "\(x), \(y)")
    }
    for (x, y) in [(80, 90), (120, 90), (100, 110), (85, 130), (115, 130)] {
      #expect(picture[x, y] == OverlayStyle().dot, "\(x), \(y)")
    }
    // The score stands above the box's left end, nothing else outside.
    var above = 0
    for y in 0..<200 {
      for x in 0..<200 where picture[x, y] != Colour(0, 0, 0) {
        let isScore = (60...90).contains(x) && (45..<60).contains(y)
        #expect(isScore || (58...142).contains(x) && (58...142).contains(y), "\(x), \(y)")
        above += isScore ? 1 : 0
      }
    }
    #expect(above > 20)
  }

  @Test func aScoreWithoutRoomAboveStandsInside() {
    var picture = black(100, 60)
    picture.drawFound([face(90, 0, 40, confidence: 1)])
    var isThere = false
    for y in 1..<10 {
      for x in 76..<88 { isThere = isThere || picture[x, y] == VerdictColour.believed }
    }
    #expect(isThere, "moved into the picture at its right edge")
  }

  /// The left side of one box runs through the right eye of the other face.
  @Test func theFirstFaceIsOnTop() {
    let faces = [face(60, 60, 80, points: points), face(80, 30, 100)]
    var picture = black(200, 200)
    picture.drawFound(faces)
    #expect(picture[80, 90] == OverlayStyle().dot)
    picture.setBackground(grey: GreyImage(width: 200, height: 200, repeating: 0))
    picture.drawFound(faces.reversed())
    #expect(picture[80, 90] == VerdictColour.believed)
  }

  @Test func whatIsNowhereIsLeftOut() {
    for size in [1, 10, 100] {
      var picture = black(size, size)
      picture.drawFound([])
      for bad in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 1e6, -1e6] {
        picture.drawFound([
          face(bad, 5, 20, points: points.map { $0 + bad }), face(5, bad, 20),
          face(5, 5, bad), face(500, 500, 20, confidence: bad),
        ])
      }
      #expect(picture.width == size)
    }
  }
}
