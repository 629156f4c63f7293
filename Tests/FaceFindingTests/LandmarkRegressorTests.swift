import CLNF
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// One look at a face that says where its landmarks are: by nets made by hand, and the program's own.
@Suite struct LandmarkRegressorTests {
  /// The mean face seen from the front, its box's larger side 1 and its middle at 0.
  private static let face: [SIMD2<Double>] = {
    guard let mean = try? FaceModel.default().shapeModel.meanShape else { return [] }
    let extents = Extents(mean, 68) { _ in true }
    let size = max(extents.width, extents.height)
    return (0..<68).map {
      SIMD2(mean[$0] - extents.centerX, mean[68 + $0] - extents.centerY) / size
    }
  }()

  private static func constant(
    _ places: [SIMD2<Double>] = face, logSpread: Float = -3
  ) -> LandmarkRegressor {
    let net = FinderNet(FinderNets.landmarks(places: places, logSpread: logSpread))
    return LandmarkRegressor(net: net, closeNet: net)
  }

  /// The face turned in the picture, as a finder would find it, and its landmarks.
  private static func found(
    at center: SIMD2<Double>, width: Double, roll: Double
  ) throws -> (DetectedFace, [SIMD2<Double>]) {
    let (c, s) = (width * cos(roll), width * sin(roll))
    let places = face.map { center + SIMD2(c * $0.x - s * $0.y, s * $0.x + c * $0.y) }
    let stacked = places.map(\.x) + places.map(\.y)
    let points = try #require(FacePoints(landmarks: stacked))
    let box = FaceBox(
      x: center.x - width / 2, y: center.y - width / 2, width: width, height: width)
    return (DetectedFace(box: box, confidence: 1, points: points), places)
  }

  private static func grey() -> GreyImage { GreyImage(width: 320, height: 240, repeating: 90) }

  /// What the net says is turned and sized as the face is.
  @Test(arguments: [(0.0, 60.0), (0.5, 40), (-1.2, 200), (3, 17)])
  func placesAreThoseOfThePicture(roll: Double, width: Double) throws {
    let center = SIMD2(150.0, 110.0)
    let (face, places) = try Self.found(at: center, width: width, roll: roll)
    let image = Self.grey()
    // One look: a second would see the box that the first one says, which is of a turned face another one.
    let first = Self.constant().landmarks(of: face, in: image, looks: 1)
    let seen = try #require(first)
    for (index, place) in places.enumerated() {
      #expect(abs(seen.points[index] - place.x) < 1e-3 * width)
      #expect(abs(seen.points[68 + index] - place.y) < 1e-3 * width)
    }
    // A spread of exp(-3) widths along each axis, times the root of three.
    let expected = 3.0.squareRoot() * exp(-3) * width
    #expect(seen.deviations.allSatisfy { abs($0 - expected) < 1e-4 * width })
  }

  /// The second look is at where the first one saw the face, the third where the second did. All are of the mirror
  /// image as well: what this net says to the right it says there to the left.
  @Test func looksThrice() throws {
    let moved = Self.face.map { $0 * 0.5 + SIMD2(0.3, 0.2) }
    let (face, _) = try Self.found(at: SIMD2(100, 100), width: 80, roll: 0)
    let image = Self.grey()
    let answer = Self.constant(moved).landmarks(of: face, in: image)
    let seen = try #require(answer)
    let extents = Extents(seen.points, 68) { _ in true }
    // Half as wide each time; 0.2 widths below the first box, then below the second, then below the third.
    #expect(abs(max(extents.width, extents.height) - 10) < 0.1)
    #expect(abs(extents.centerX - 100) < 0.5)
    #expect(abs(extents.centerY - (100 + 0.2 * 80 + 0.2 * 40 + 0.2 * 20)) < 0.5)
  }

  /// A first look is the small net's, those after it the larger one's, as are those at faces that are followed.
  @Test func looksAfterTheFirstAreCloseOnes() throws {
    let halves = Self.face.map { $0 * 0.5 }
    let regressor = LandmarkRegressor(
      net: FinderNet(FinderNets.landmarks(places: halves, logSpread: -3)),
      closeNet: FinderNet(FinderNets.landmarks(places: Self.face.map { $0 * 0.75 }, logSpread: -2)))
    let (face, places) = try Self.found(at: SIMD2(100, 100), width: 80, roll: 0)
    let image = Self.grey()
    let answer = regressor.landmarks(of: face, in: image)
    let last = try #require(answer)
    let extents = Extents(last.points, 68) { _ in true }
    #expect(abs(max(extents.width, extents.height) - 80 * 0.5 * 0.75 * 0.75) < 0.1)
    let expected = 3.0.squareRoot() * exp(-2) * 30
    #expect(last.deviations.allSatisfy { abs($0 - expected) < 0.01 })
    let twice = regressor.landmarks(of: face, in: image, looks: 2)
    let seen = try #require(twice)
    // It is far from where it was expected, and looked at afresh, as where that is asked for.
    let stacked = places.map(\.x) + places.map(\.y)
    for afresh in [false, true] {
      var followed = LandmarkEstimate()
      let isSeen = regressor.look(at: stacked, in: image, afresh: afresh, into: &followed)
      let farthest = zip(followed.points + followed.deviations, seen.points + seen.deviations)
        .map { abs($0 - $1) }.max()
      // The face of the mean shape is not quite its own mirror image.
      #expect(isSeen && farthest.map { $0 < 0.1 } == true, "\(afresh)")
    }
  }

  /// A face that is where it was expected is not looked at afresh, unless that is asked for.
  @Test func whereAFaceIsExpectedOneLookIsEnough() throws {
    let (_, places) = try Self.found(at: SIMD2(100, 100), width: 80, roll: 0)
    let stacked = places.map(\.x) + places.map(\.y)
    let image = Self.grey()
    let regressor = LandmarkRegressor(
      net: FinderNet(FinderNets.landmarks(places: Self.face.map { $0 * 0.5 }, logSpread: -3)),
      closeNet: FinderNet(FinderNets.landmarks(places: Self.face, logSpread: -2)))
    for (afresh, share) in [(false, 1.0), (true, 0.5)] {
      var seen = LandmarkEstimate()
      let isSeen = regressor.look(at: stacked, in: image, afresh: afresh, into: &seen)
      let width = try #require(isSeen ? seen.points[16] - seen.points[0] : nil)
      #expect(abs(width / (places[16].x - places[0].x) - share) < 0.01)
    }
  }

  @Test func whatNoFaceLooksLikeIsNoAnswer() throws {
    let (face, _) = try Self.found(at: SIMD2(100, 100), width: 80, roll: 0)
    let image = Self.grey()
    for bad: Double in [.nan, .infinity, 3.5, -20] {
      var places = Self.face
      places[7].y = bad
      let seen = Self.constant(places).landmarks(of: face, in: image)
      #expect(seen == nil, "\(bad)")
    }
    // Spreads are kept to what can be meant; the kernels make the least of one that is no number.
    for spread: Float in [.infinity, -.infinity, 400, -400, .nan] {
      let kept = Self.constant(logSpread: spread).landmarks(of: face, in: image)
      #expect(kept?.deviations.allSatisfy { $0 > 0 && $0.isFinite } ?? false, "\(spread)")
    }
  }

  /// Boxes from anywhere, in pictures of any size.
  @Test func badBoxes() throws {
    let regressor = LandmarkRegressor()
    let sizes = [(0, 0), (1, 1), (3, 500), (640, 480)]
    let numbers: [Double] = [-1e300, -1e6, -50, 0, 1e-300, 7, 300, 1e6, 1e300, .infinity, .nan]
    for (width, height) in sizes {
      let image = GreyImage(width: width, height: height, repeating: 50)
      for x in numbers {
        for size in numbers {
          let face = DetectedFace(
            box: FaceBox(x: x, y: 10, width: size, height: size), confidence: 1)
          let seen = regressor.landmarks(of: face, in: image)
          #expect(seen?.points.allSatisfy(\.isFinite) ?? true)
        }
      }
    }
  }

  // MARK: The program's own net

  /// Eyes, nose and mouth are about where the finder's points are; the same picture larger gives the same
  /// landmarks, larger; the portable body agrees.
  @Test func thePortrait() throws {
    let image = try PortableGreyMap.portrait()
    let faces = FaceFinder().detectFaces(in: image)
    let face = try #require(faces.first)
    let points = try #require(face.points)
    let own = LandmarkRegressor().landmarks(of: face, in: image)
    let seen = try #require(own)
    let said = try #require(FacePoints(landmarks: seen.points))
    #expect(said.meanDistance(to: points) < 0.06 * face.box.width)
    #expect(seen.deviations.allSatisfy { $0 < 0.2 * face.box.width })

    let other = LandmarkRegressor(body: .portable).landmarks(of: face, in: image)
    let portable = try #require(other)
    let farthest = zip(portable.points, seen.points).map { abs($0 - $1) }.max() ?? .infinity
    #expect(farthest < 0.01 * face.box.width)

    var larger = GreyImage(width: 3 * image.width, height: 3 * image.height, repeating: 0)
    for y in 0..<larger.height {
      for x in 0..<larger.width { larger[x, y] = image[x / 3, y / 3] }
    }
    let box = FaceBox(
      x: 3 * face.box.x + 1, y: 3 * face.box.y + 1, width: 3 * face.box.width,
      height: 3 * face.box.height)
    let grown = DetectedFace(
      box: box, confidence: 1, points: points.map { 3 * $0 + SIMD2(1, 1) })
    let answer = LandmarkRegressor().landmarks(of: grown, in: larger)
    let thrice = try #require(answer)
    let off = zip(thrice.points, seen.points).map { abs(($0 - 1) / 3 - $1) }.max() ?? .infinity
    #expect(off < 0.05 * face.box.width)
  }

  /// What is seen of a mirror image is the mirror image of what is seen.
  @Test func leftAndRightAreAlike() throws {
    let image = try PortableGreyMap.portrait()
    let faces = FaceFinder().detectFaces(in: image)
    let face = try #require(faces.first)
    let points = try #require(face.points)
    var flipped = GreyImage(width: image.width, height: image.height, repeating: 0)
    for y in 0..<image.height {
      for x in 0..<image.width { flipped[x, y] = image[image.width - 1 - x, y] }
    }
    let last = Double(image.width - 1)
    func flip(_ place: SIMD2<Double>) -> SIMD2<Double> { SIMD2(last - place.x, place.y) }
    let mirrored = DetectedFace(
      box: FaceBox(
        x: last - face.box.x - face.box.width, y: face.box.y, width: face.box.width,
        height: face.box.height), confidence: 1,
      points: FacePoints(
        rightEye: flip(points.leftEye), leftEye: flip(points.rightEye),
        noseTip: flip(points.noseTip), rightMouthCorner: flip(points.leftMouthCorner),
        leftMouthCorner: flip(points.rightMouthCorner)))
    let (one, other) = (
      LandmarkRegressor().landmarks(of: face, in: image),
      LandmarkRegressor().landmarks(of: mirrored, in: flipped)
    )
    let (seen, reflected) = (try #require(one), try #require(other))
    for (a, b) in [(0, 16), (8, 8), (19, 24), (31, 35), (37, 44), (41, 46), (50, 52), (65, 67)] {
      #expect(abs(seen.points[a] - (last - reflected.points[b])) < 0.004 * face.box.width)
      #expect(abs(seen.points[68 + a] - reflected.points[68 + b]) < 0.004 * face.box.width)
    }
  }

  @Test func theSamePictureGivesTheSameBits() throws {
    let image = try PortableGreyMap.portrait()
    let faces = FaceFinder().detectFaces(in: image)
    let face = try #require(faces.first)
    let regressor = LandmarkRegressor()
    let first = regressor.landmarks(of: face, in: image)
    // Whatever was looked at before.
    _ = regressor.landmarks(of: face, in: Self.grey())
    let again = regressor.landmarks(of: face, in: image)
    let other = LandmarkRegressor().landmarks(of: face, in: image)
    #expect(first != nil && first == again && first == other)
  }
}
