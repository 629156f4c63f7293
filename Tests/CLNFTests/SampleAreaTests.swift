import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Sampling of areas of interest: inside, across borders, and at coordinates that are no places.
struct SampleAreaTests {
  private func sample(
    _ image: [UInt8], _ width: Int, _ height: Int, _ centre: (x: Float, y: Float),
    _ turn: (a: Float, b: Float), _ size: Int, _ set: InstructionSet
  ) -> [Double] {
    var out = [Float](repeating: .nan, count: size * size)
    image.withUnsafeBufferPointer { pixels in
      guard let start = pixels.baseAddress else { return }
      set.kernels.pointee.sample_area(
        start, Int32(width), Int32(height), centre.x, centre.y, turn.a, turn.b, Int32(size), &out)
    }
    return out.map(Double.init)
  }

  /// Coordinates are single precision; at 1e3 px they are good to 6e-5 px, at slopes of up to 255
  /// grey levels a pixel. Fused multiplication moves them once more.
  @Test(arguments: InstructionSet.allCases)
  func agreesWithThePlainSampling(set: InstructionSet) {
    let seed = TestSeed.of(411)
    var generator = SeededGenerator(seed: seed)
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (17, 23), (64, 48)] {
      let image = (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for size in [1, 2, 11, 15, 21, 31] {
        for _ in 0..<6 {
          let centre = (
            x: Float.random(in: -40...Float(width) + 40, using: &generator),
            y: Float.random(in: -40...Float(height) + 40, using: &generator)
          )
          let turn = (
            a: Float.random(in: -2...2, using: &generator),
            b: Float.random(in: -2...2, using: &generator)
          )
          let expected = PlainKernels.sampleArea(
            image, width: width, height: height, centre: centre, turn: turn, size: size)
          let actual = sample(image, width, height, centre, turn, size, set)
          #expect(
            largestDifference(actual, expected) < 0.02,
            "seed \(seed), \(width) x \(height), size \(size), \(centre), \(turn)")
        }
      }
    }
  }

  /// Whole pixels come back exactly, and the centre of the area is the place asked for.
  @Test(arguments: InstructionSet.allCases)
  func wholePixelsAreExact(set: InstructionSet) {
    let image = (0..<81).map { UInt8($0 * 3) }
    let area = sample(image, 9, 9, (4, 5), (1, 0), 3, set)
    var expected: [Double] = []
    for y in 4...6 { for x in 3...5 { expected.append(Double((y * 9 + x) * 3)) } }
    #expect(area == expected)
    // A quarter turn: the area's columns run down the image.
    let turned = sample(image, 9, 9, (4, 5), (0, 1), 3, set)
    expected = []
    for x in [5, 4, 3] { for y in 4...6 { expected.append(Double((y * 9 + x) * 3)) } }
    #expect(turned == expected)
  }

  /// Beyond a border its pixels go on.
  @Test(arguments: InstructionSet.allCases)
  func edgesAreReplicated(set: InstructionSet) {
    let image: [UInt8] = [10, 20, 30, 40, 50, 60]  // 3 x 2
    #expect(sample(image, 3, 2, (-1000, -1000), (1, 0), 3, set).allSatisfy { $0 == 10 })
    #expect(sample(image, 3, 2, (1000, -1000), (1, 0), 3, set).allSatisfy { $0 == 30 })
    #expect(sample(image, 3, 2, (-1000, 1000), (1, 0), 3, set).allSatisfy { $0 == 40 })
    #expect(sample(image, 3, 2, (1000, 1000), (1, 0), 3, set).allSatisfy { $0 == 60 })
  }

  /// Never outside the image, whatever the coordinates; those that are no numbers read pixel 0.
  @Test(arguments: InstructionSet.allCases)
  func coordinatesThatAreNoPlacesAreSafe(set: InstructionSet) {
    let values: [Float] = [
      .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e12,
      -1e12, 2_147_483_648, -2_147_483_904, .leastNonzeroMagnitude, -0.0, 0.5,
    ]
    for (width, height) in [(1, 1), (1, 5), (7, 3)] {
      let image = (0..<width * height).map { UInt8(1 + $0) }
      let range = 1.0...Double(width * height)
      for x in values {
        for a in values {
          let area = sample(image, width, height, (x, a), (a, x), 13, set)
          #expect(area.allSatisfy { range.contains($0) }, "\(x), \(a)")
        }
      }
      let none = sample(image, width, height, (.nan, .nan), (1, 0), 5, set)
      #expect(none.allSatisfy { $0 == 1 })
    }
  }
}
