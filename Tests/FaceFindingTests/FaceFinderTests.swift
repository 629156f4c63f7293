import CLNF
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// Searches with a net made by hand that sees bright squares of 24 px of a level (`FinderNets.squares`).
@Suite struct FaceFinderTests {
  private struct Square {
    var x: Int
    var y: Int
    var side: Int
    var grey: UInt8 = 255

    var center: SIMD2<Double> {
      let half = Double(side) / 2 - 0.5
      return SIMD2(Double(x) + half, Double(y) + half)
    }
  }

  private func picture(
    _ squares: [Square], width: Int = 640, height: Int = 480
  ) -> GreyImage {
    var image = GreyImage(width: width, height: height, repeating: 0)
    for square in squares {
      for y in max(0, square.y)..<min(height, square.y + square.side) {
        for x in max(0, square.x)..<min(width, square.x + square.side) {
          image[x, y] = square.grey
        }
      }
    }
    return image
  }

  private func finder(
    smallest: Double = 0, enlargement: Double = 1, pixels: Double = 16_777_216,
    reducedFirst: Bool = false, body: FaceFinderSettings.Body = .best
  ) throws -> FaceFinder {
    FaceFinder(
      net: FinderNet(FinderNets.squares()),
      settings: try FaceFinderSettings(
        smallestFaceWidth: smallest, enlargement: enlargement, maximumSearchedPixels: pixels,
        searchesReducedFirst: reducedFirst, body: body))
  }

  /// - Parameter levels: by how many levels, each 1.5 times the one before, the width may be another.
  private func expect(
    _ face: DetectedFace, _ square: Square, within share: Double, levels: Double = 1
  ) {
    let side = Double(square.side)
    let center = SIMD2(face.box.center.x, face.box.center.y)
    #expect(abs(center.x - square.center.x) <= share * side, "\(face), not \(square)")
    #expect(abs(center.y - square.center.y) <= share * side, "\(face), not \(square)")
    #expect(
      abs(log(face.box.width / side)) <= levels * log(1.5) * 1.001
        && face.box.width == face.box.height,
      "\(face), not \(square)")
  }

  /// Levels are 1, 1.5, 2.25 ... times smaller; a square that fills cells of one has its very place.
  @Test(arguments: [(40, 64, 24), (48, 96, 36), (144, 72, 54), (324, 108, 81)])
  func squaresThatFillCells(x: Int, y: Int, side: Int) throws {
    let square = Square(x: x, y: y, side: side)
    let faces = try finder().detectFaces(in: picture([square]))
    try #require(faces.count == 1)
    expect(faces[0], square, within: 0.02)
    #expect(abs(faces[0].box.width / Double(side) - 1) < 0.01)
    #expect(faces[0].confidence > 0.95)
    let points = try #require(faces[0].points)
    let side = Double(side)
    #expect(abs(points.rightEye.x - (square.center.x - 0.25 * side)) < 0.02 * side)
    #expect(abs(points.rightEye.y - (square.center.y - 0.2 * side)) < 0.02 * side)
    #expect(abs(points.leftEye.x - (square.center.x + 0.25 * side)) < 0.02 * side)
    #expect(abs(points.noseTip.y - (square.center.y + 0.05 * side)) < 0.02 * side)
    #expect(abs(points.rightMouthCorner.x - (square.center.x - 0.15 * side)) < 0.02 * side)
    #expect(abs(points.leftMouthCorner.y - (square.center.y + 0.3 * side)) < 0.02 * side)
  }

  /// Anywhere, of any size between and beyond the levels: once each.
  @Test func squaresAnywhereAreFoundOnce() throws {
    let seed = TestSeed.of(511)
    var generator = SeededGenerator(seed: seed)
    let finder = try finder()
    for _ in 0..<60 {
      // Bright to the edge would go on beyond it.
      let side = Int.random(in: 23...160, using: &generator)
      let square = Square(
        x: Int.random(in: side...640 - 2 * side, using: &generator),
        y: Int.random(in: side...480 - 2 * side, using: &generator), side: side)
      let faces = finder.detectFaces(in: picture([square]))
      #expect(faces.count == 1, "seed \(seed), \(square): \(faces.map(\.box))")
      // Of the nearest level or one beside it, whose cells may lie better.
      if let face = faces.first { expect(face, square, within: 0.4, levels: 1.5) }
    }
  }

  @Test func theSurestComesFirst() throws {
    let squares = [
      Square(x: 40, y: 40, side: 24, grey: 200), Square(x: 200, y: 40, side: 24),
      Square(x: 400, y: 304, side: 24, grey: 160),
    ]
    let faces = try finder().detectFaces(in: picture(squares))
    try #require(faces.count == 3)
    for (face, square) in zip(faces, [squares[1], squares[0], squares[2]]) {
      expect(face, square, within: 0.02)
    }
    #expect(faces.map(\.confidence) == faces.map(\.confidence).sorted(by: >))
  }

  /// Two thirds of a square are still one, in a picture that goes on beyond its edge.
  @Test(arguments: [
    (-8, 200), (632 - 8, 200), (320, -8), (320, 472 - 8),
  ])
  func squaresThatTheEdgeCuts(x: Int, y: Int) throws {
    let square = Square(x: x, y: y, side: 24)
    let faces = try finder().detectFaces(in: picture([square]))
    try #require(faces.count == 1)
    expect(faces[0], square, within: 0.5)
  }

  @Test func smallestWidthAndEnlargement() throws {
    let image = picture([
      Square(x: 100, y: 100, side: 10), Square(x: 320, y: 96, side: 48),
    ])
    func widths(_ finder: FaceFinder) -> [Double] {
      finder.detectFaces(in: image).map(\.box.width).sorted()
    }
    let all = widths(try finder(smallest: 12, enlargement: 2))
    #expect(all.count == 2 && abs(all[0] - 12) < 0.5)
    #expect(widths(try finder(enlargement: 2)) == all)
    // Where larger ones are wanted nothing is enlarged.
    #expect(widths(try finder(smallest: 48, enlargement: 2)) == [48])
    #expect(widths(try finder(smallest: 12)).count == 1)
    #expect(widths(try finder(smallest: 200)).isEmpty)
  }

  @Test func aSureLargeFaceEndsASearchOfReducedScales() throws {
    let small = Square(x: 40, y: 40, side: 24)
    let large = Square(x: 324, y: 108, side: 81)
    let both = picture([small, large])
    #expect(try finder().detectFaces(in: both).count == 2)
    let faces = try finder(reducedFirst: true).detectFaces(in: both)
    try #require(faces.count == 1)
    expect(faces[0], large, within: 0.1)
    let alone = try finder(reducedFirst: true).detectFaces(in: picture([small]))
    try #require(alone.count == 1)
    expect(alone[0], small, within: 0.02)
  }

  @Test func searchesOfAnArea() throws {
    let squares = [Square(x: 40, y: 40, side: 24), Square(x: 400, y: 304, side: 36)]
    let image = picture(squares)
    let finder = try finder()
    for square in squares {
      // A cell of the level that shows it best, so that it fills cells there too.
      let (side, cell) = (Double(square.side), Double(square.side) / 3)
      let area = FaceBox(
        x: Double(square.x) - cell, y: Double(square.y) - cell, width: side + 2 * cell,
        height: side + 2 * cell)
      let faces = finder.detectFaces(in: image, within: area)
      #expect(faces.count == 1)
      if let face = faces.first { expect(face, square, within: 0.02) }
      #expect(finder.detectFaces(in: image, within: area, widths: side...side).count == 1)
      #expect(finder.detectFaces(in: image, within: area, widths: 200...300).isEmpty)
    }
    // Centres count.
    let aside = FaceBox(x: 60, y: 40, width: 60, height: 60)
    #expect(finder.detectFaces(in: image, within: aside).isEmpty)
    // All of the image, and more, is the whole image.
    let all = FaceBox(x: -10, y: -1e9, width: 1e300, height: 1e300)
    #expect(finder.detectFaces(in: image, within: all) == finder.detectFaces(in: image))
  }

  /// A face whose centre the edge cuts off lies in the area at the edge.
  @Test func anAreaAtTheEdgeHasNoEndThere() throws {
    let image = picture([Square(x: -8, y: 200, side: 24)])
    let finder = try finder()
    let faces = finder.detectFaces(
      in: image, within: FaceBox(x: 0, y: 180, width: 40, height: 60))
    #expect(faces.count == 1)
  }

  @Test(arguments: [
    FaceBox(x: .nan, y: 0, width: 10, height: 10), FaceBox(x: 0, y: 0, width: .nan, height: 10),
    FaceBox(x: 700, y: 0, width: 10, height: 10), FaceBox(x: 0, y: -20, width: 10, height: 10),
    FaceBox(x: 30, y: 30, width: 0, height: 10), FaceBox(x: 30, y: 30, width: -10, height: 10),
    FaceBox(x: .infinity, y: 0, width: 10, height: 10),
    FaceBox(x: -.infinity, y: 0, width: .infinity, height: 10),
  ])
  func areasWithoutPixelsHaveNoFaces(area: FaceBox) throws {
    let image = picture([Square(x: 40, y: 40, side: 24)])
    #expect(try finder().detectFaces(in: image, within: area).isEmpty)
  }

  /// A level beyond the limit is left out, with the squares that only it shows.
  @Test func levelsBeyondTheLimitAreLeftOut() throws {
    let image = picture([Square(x: 40, y: 40, side: 24), Square(x: 324, y: 108, side: 243)])
    #expect(try finder().detectFaces(in: image).count == 2)
    let faces = try finder(pixels: 6_400).detectFaces(in: image)
    #expect(faces.count == 1 && faces.allSatisfy { $0.box.width > 150 })
  }

  /// Time and memory of the limit: without it, 48 million pixels at the first level.
  @Test func aHugePicture() throws {
    let image = picture([Square(x: 3000, y: 2000, side: 900)], width: 8000, height: 6000)
    let faces = try finder(pixels: 1_000_000).detectFaces(in: image)
    try #require(faces.count == 1)
    expect(faces[0], Square(x: 3000, y: 2000, side: 900), within: 0.4)
  }

  @Test func bodiesSeeTheSameFaces() throws {
    let image = picture([Square(x: 45, y: 43, side: 26), Square(x: 400, y: 304, side: 77)])
    let best = try finder().detectFaces(in: image)
    let portable = try finder(body: .portable)
    #expect(portable.bodyName == "portable")
    let others = portable.detectFaces(in: image)
    #expect(best.count == 2 && best.map(\.box) == others.map(\.box))
    for (face, other) in zip(best, others) {
      #expect(abs(face.confidence - other.confidence) < 1e-5)
    }
  }
}
