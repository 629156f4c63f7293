import CLNF
import Foundation
import Testing

@testable import Tracking

/// How plain and how bright a picture is around landmarks, where both are known.
struct LandmarkSurroundingsTests {
  /// Stripes of 50 and 150 a pixel wide, and a plain dark square from (0, 0) to (39, 39).
  private static func picture() -> GreyImage {
    var image = GreyImage(width: 100, height: 100, repeating: 50)
    for y in 0..<100 {
      for x in 0..<100 {
        image[x, y] = x < 40 && y < 40 ? 20 : x % 2 == 0 ? 50 : 150
      }
    }
    return image
  }

  private static func looked(
    at landmarks: [Double], in image: borrowing GreyImage, width: Double
  ) -> LandmarkSurroundings {
    var surroundings = LandmarkSurroundings(count: landmarks.count / 2)
    surroundings.look(at: landmarks, in: image, width: width)
    return surroundings
  }

  /// Of width 50 samples lie a pixel apart: of five columns on even x, three are dark and two are bright.
  @Test func plainAndDarkPlacesShow() {
    let seen = Self.looked(at: [20, 70, 20, 70], in: Self.picture(), width: 50)
    // Means 20 and 90, mean squares 400 and (3 * 2500 + 2 * 22,500) / 5 = 10,500.
    let variance: Double = (400 + 10_500) / 2 - 55 * 55
    let deviation = variance.squareRoot() + 1
    let striped: Double = 2400
    #expect(abs(seen.contrasts[0] - log(1 / deviation)) < 1e-12)
    #expect(abs(seen.contrasts[1] - log((striped.squareRoot() + 1) / deviation)) < 1e-12)
    #expect(abs(seen.brightness[0] - (20 - 55) / deviation) < 1e-12)
    #expect(abs(seen.brightness[1] - (90 - 55) / deviation) < 1e-12)
  }

  @Test func aPlainPictureTellsNothing() {
    let image = GreyImage(width: 30, height: 20, repeating: 90)
    let seen = Self.looked(at: [5, 25, 5, 15], in: image, width: 20)
    #expect(seen.contrasts == [0, 0] && seen.brightness == [0, 0])
  }

  /// Landmarks far outside see the picture's edge.
  @Test(arguments: [-1e300, -7, 107, 1e300])
  func placesOutsideAreThoseOfTheEdge(far: Double) {
    let edge = far < 0 ? 0.0 : 99
    let seen = Self.looked(at: [far, 70, far, 70], in: Self.picture(), width: 1e-9)
    let there = Self.looked(at: [edge, 70, edge, 70], in: Self.picture(), width: 1e-9)
    #expect(seen.contrasts == there.contrasts && seen.brightness == there.brightness)
    #expect(seen.contrasts.filter { !$0.isFinite }.isEmpty)
  }

  @Test func whatCannotBeLookedAtHasNoFigures() {
    let empty = GreyImage(width: 0, height: 0, repeating: 0)
    let looks = [
      Self.looked(at: [20, 70, 20, 70], in: empty, width: 50),
      Self.looked(at: [20, .nan, 20, 70], in: Self.picture(), width: 50),
      Self.looked(at: [20, 70, 20, 70], in: Self.picture(), width: .nan),
      Self.looked(at: [20, 70, 20, 70], in: Self.picture(), width: 0),
    ]
    for seen in looks {
      let numbers = (seen.contrasts + seen.brightness).filter { !$0.isNaN }
      #expect(numbers.isEmpty)
    }
  }
}
