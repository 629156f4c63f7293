import CLNF
import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// The second net, by nets made by hand: what it sees of a proposal, and what becomes of what it says.
@Suite struct FinderRefinementTests {
  /// A net that says the same of everything: a logit, and a face half a unit to the right whose points are
  /// on a cross of one unit around it.
  private static func constant(logit: Float, unit: Double = 30) -> FinderNet {
    var contents = FinderNets.squares()
    contents.unit = unit
    let head = contents.layers.count - 1
    contents.layers[head].weights = [Float](repeating: 0, count: 14)
    contents.layers[head].biases = [logit, 0.5, 0, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0, 1]
    return FinderNet(contents)
  }

  private static func square(_ x: Int, _ y: Int, side: Int) -> GreyImage {
    var image = GreyImage(width: 320, height: 240, repeating: 0)
    for v in y..<y + side { for u in x..<x + side { image[u, v] = 255 } }
    return image
  }

  @Test func bothNetsDecide() throws {
    let picture = Self.square(96, 96, side: 24)
    let proposer = FinderNet(FinderNets.squares())
    let alone = FaceFinder(net: proposer).detectFaces(in: picture)
    let score = try #require(alone.first).confidence
    let proposed = log(score / (1 - score))
    for (logit, count) in [(Float(2), 1), (-5, 1), (-8, 0), (.nan, 0), (-.infinity, 0)] {
      let finder = FaceFinder(net: proposer, refiner: Self.constant(logit: logit))
      let faces = finder.detectFaces(in: picture)
      #expect(faces.count == count, "logit \(logit)")
      if let face = faces.first {
        // Both have their say.
        #expect(abs(face.confidence - 1 / (1 + exp(-Double(logit) - proposed))) < 1e-3)
      }
    }
  }

  /// The square's points are upright, so that right is right; a proposal's width is the unit.
  @Test(arguments: [(96, 96, 24), (144, 72, 54)])
  func placesAreThoseOfThePicture(x: Int, y: Int, side: Int) throws {
    let finder = FaceFinder(
      net: FinderNet(FinderNets.squares()), refiner: Self.constant(logit: 3))
    let faces = finder.detectFaces(in: Self.square(x, y, side: side))
    let face = try #require(faces.first)
    let width = Double(side)
    let centre = SIMD2(Double(x), Double(y)) + (width / 2 - 0.5)
    // It is looked at twice, the second time from where the first saw it.
    #expect(abs(face.box.center.x - (centre.x + width)) < 0.05 * width)
    #expect(abs(face.box.center.y - centre.y) < 0.05 * width)
    #expect(abs(face.box.width - width) < 0.05 * width)
    let points = try #require(face.points)
    #expect(abs(points.rightEye.x - (centre.x - width / 2)) < 0.05 * width)
    #expect(abs(points.leftEye.x - (centre.x + 1.5 * width)) < 0.05 * width)
    #expect(abs(points.leftMouthCorner.y - (centre.y + width)) < 0.05 * width)
  }

  /// A face turned in the picture is seen upright: what the net says is turned back.
  @Test(arguments: [-2.5, -0.6, 0, 0.3, 1.5])
  func turnedProposals(roll: Double) throws {
    let refinement = FinderRefinement(net: Self.constant(logit: 1), kernels: Self.kernels)
    let (right, down) = (SIMD2(cos(roll), sin(roll)), SIMD2(-sin(roll), cos(roll)))
    let centre = SIMD2(100.0, 80.0)
    let proposal = FinderRefinement.Proposal(
      center: centre, width: 40,
      points: FacePoints(
        rightEye: centre - 10 * right - 8 * down, leftEye: centre + 10 * right - 8 * down,
        noseTip: centre, rightMouthCorner: centre - 7 * right + 10 * down,
        leftMouthCorner: centre + 7 * right + 10 * down))
    let image = GreyImage(width: 200, height: 160, repeating: 90)
    let looked = image.withSamples { samples in
      refinement.look(at: proposal, in: samples.baseAddress!, width: 200, height: 160)
    }
    let found = try #require(looked)
    func isNear(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Bool {
      abs(a.x - b.x) < 1e-3 && abs(a.y - b.y) < 1e-3
    }
    #expect(isNear(found.place.center, centre + 20 * right))
    #expect(isNear(found.place.points.rightEye, centre - 40 * right))
    #expect(isNear(found.place.points.leftMouthCorner, centre + 40 * down))
    #expect(abs(found.place.width - 40) < 1e-3)
  }

  /// Light does not matter: a picture and its darker, flatter self are the same to the net.
  @Test func lightIsTakenOut() throws {
    let net = FinderNet(FinderNets.random(FinderNets.usual, seed: 5))
    let refinement = FinderRefinement(net: net, kernels: Self.kernels)
    var generator = SeededGenerator(seed: 3)
    var light = GreyImage(width: 80, height: 80, repeating: 0)
    var dark = GreyImage(width: 80, height: 80, repeating: 0)
    for y in 0..<80 {
      for x in 0..<80 {
        let level = 128 + 40 * sin(Double(x) / 5) * cos(Double(y) / 7) + 5 * generator.normal()
        light[x, y] = UInt8(max(0, min(255, level.rounded())))
        dark[x, y] = UInt8(max(0, min(255, (Double(light[x, y]) / 4 + 10).rounded())))
      }
    }
    func logit(_ image: borrowing GreyImage) -> Float? {
      let place = FinderRefinement.Proposal(
        center: SIMD2(40, 40), width: 30,
        points: FacePoints(
          rightEye: SIMD2(33, 34), leftEye: SIMD2(47, 34), noseTip: SIMD2(40, 42),
          rightMouthCorner: SIMD2(35, 49), leftMouthCorner: SIMD2(45, 49)))
      return image.withSamples {
        refinement.look(at: place, in: $0.baseAddress!, width: 80, height: 80)?.logit
      }
    }
    let ofLight = logit(light)
    let ofDark = logit(dark)
    let a = try #require(ofLight)
    let b = try #require(ofDark)
    #expect(abs(a - b) < 0.15 * max(1, abs(a)))
  }

  private static var kernels: UnsafePointer<clnf_kernels> {
    guard let kernels = clnf_kernels_for(clnf_best_instruction_set()) else {
      preconditionFailure("there is always a set of kernels")
    }
    return kernels
  }
}
