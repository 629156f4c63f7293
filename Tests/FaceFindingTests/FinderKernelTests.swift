import CLNFKernels
import TestSupport
import Testing

@testable import FaceFinding

/// The finder's kernels against a plain net in double precision, for every instruction set.
@Suite struct FinderKernelTests {
  private typealias Shape = FinderNets.Shape

  static let sets = [clnf_instruction_set_portable, clnf_instruction_set_avx2]

  /// Every kernel with every stride, first and later; channels that fill their lanes and that do not, one
  /// to five groups of them; residuals.
  private static let shapes: [[Shape]] = [
    FinderNets.usual,
    [
      Shape(outputs: 1, kernel: 1, stride: 2), Shape(outputs: 3, kernel: 1, stride: 2),
      Shape(outputs: 3, kernel: 1, stride: 1, addsInput: true),
      Shape(outputs: 7, kernel: 1, stride: 2),
    ],
    [
      Shape(outputs: 13, kernel: 7, stride: 2), Shape(outputs: 21, kernel: 7, stride: 2),
      Shape(outputs: 21, kernel: 7, stride: 1, addsInput: true),
      Shape(outputs: 35, kernel: 5, stride: 2), Shape(outputs: 40, kernel: 5, stride: 1),
    ],
    [
      Shape(outputs: 9, kernel: 3, stride: 1), Shape(outputs: 16, kernel: 3, stride: 2),
      Shape(outputs: 33, kernel: 7, stride: 2), Shape(outputs: 8, kernel: 5, stride: 2),
      Shape(outputs: 8, kernel: 3, stride: 1, addsInput: true),
    ],
    [
      Shape(outputs: 128, kernel: 5, stride: 1), Shape(outputs: 5, kernel: 1, stride: 2),
      Shape(outputs: 256, kernel: 3, stride: 2), Shape(outputs: 64, kernel: 3, stride: 2),
    ],
  ]

  @Test(arguments: sets)
  func mapsAreThoseOfThePlainNet(set: clnf_instruction_set) {
    let seed = TestSeed.of(501)
    for (number, shapes) in Self.shapes.enumerated() {
      let contents = FinderNets.random(shapes, seed: seed &+ UInt64(number))
      let net = FinderNet(contents)
      for (width, height, border) in [
        (1, 1, 16), (8, 8, 0), (24, 25, 16), (61, 7, 16), (3, 90, 0), (101, 67, 16),
      ] {
        let level = PlainLevel.random(width: width, height: height, border: border, seed: seed)
        let difference = relativeDifference(level.map(net, set), level.plainMap(contents))
        #expect(difference < 1e-5, "seed \(seed), net \(number), \(width) x \(height)")
      }
    }
  }

  /// The most layers that there may be.
  @Test(arguments: sets)
  func deepNets(set: clnf_instruction_set) {
    let seed = TestSeed.of(502)
    let shapes =
      FinderNets.usual
      + [Shape](
        repeating: Shape(outputs: 48, kernel: 3, stride: 1, addsInput: true),
        count: Int(clnf_most_finder_layers) - FinderNets.usual.count - 1)
    let contents = FinderNets.random(shapes, seed: seed)
    let level = PlainLevel.random(width: 50, height: 40, seed: seed)
    let difference = relativeDifference(
      level.map(FinderNet(contents), set), level.plainMap(contents))
    #expect(difference < 1e-4, "seed \(seed)")
  }

  /// Cells of 16 px and more outputs than channels, as the landmarks' net has.
  @Test(arguments: sets)
  func otherCellsAndHeads(set: clnf_instruction_set) {
    let seed = TestSeed.of(505)
    for outputs in [1, 8, 23, 204] {
      let contents = FinderNets.random(FinderNets.landmarks, outputs: outputs, seed: seed)
      for (width, height) in [(96, 96), (16, 16), (5, 70)] {
        let level = PlainLevel.random(
          width: width, height: height, border: 0, cell: 16, seed: seed)
        let difference = relativeDifference(
          level.map(FinderNet(contents), set), level.plainMap(contents))
        #expect(difference < 1e-5, "seed \(seed), \(outputs) outputs, \(width) x \(height)")
      }
    }
  }

  /// The row in the middle alone is the same to the bit, and no other is touched.
  @Test(arguments: sets)
  func theMiddleAlone(set: clnf_instruction_set) {
    let seed = TestSeed.of(506)
    for (number, shapes) in (Self.shapes + [FinderNets.landmarks]).enumerated() {
      let net = FinderNet(FinderNets.random(shapes, seed: seed &+ UInt64(number)))
      let cell = number == Self.shapes.count ? 16 : 8
      for (width, height) in [(96, 96), (56, 56), (16, 16), (64, 80)] {
        let level = PlainLevel.random(
          width: width, height: height, border: 0, cell: cell, seed: seed)
        let (all, middle) = (level.map(net, set), level.map(net, set, middle: true))
        let rows = level.rows / cell
        let count = all.count / rows
        let row = rows / 2 * count..<(rows / 2 + 1) * count
        #expect(Array(middle[row]) == Array(all[row]), "seed \(seed), net \(number)")
        let others = middle.indices.filter { !row.contains($0) }
        #expect(others.allSatisfy { middle[$0].isNaN })
      }
    }
  }

  @Test func bodiesAgree() {
    let seed = TestSeed.of(503)
    for (number, shapes) in Self.shapes.enumerated() {
      let net = FinderNet(FinderNets.random(shapes, seed: seed &+ UInt64(number)))
      let level = PlainLevel.random(width: 203, height: 111, seed: seed)
      let maps = Self.sets.map { level.map(net, $0) }
      #expect(relativeDifference(maps[0], maps[1]) < 1e-4, "seed \(seed), net \(number)")
    }
  }

  /// Whatever lies in the scratch memory.
  @Test(arguments: sets)
  func theSameInputGivesTheSameBits(set: clnf_instruction_set) {
    let net = FinderNet(FinderNets.random(FinderNets.usual, seed: TestSeed.of(504)))
    let level = PlainLevel.random(width: 90, height: 70, seed: 1)
    #expect(level.map(net, set) == level.map(net, set))
  }

  /// A straight edge stays where it is, and every grey is one of the image's or between two of them.
  @Test func enlarging() {
    let (width, height, factor) = (7, 5, 0.6)
    let pixels = (0..<width * height).map { UInt8(40 * ($0 % width)) }
    let (wide, high) = (11, 8)
    var scratch = [UInt32](repeating: 9, count: width + 1 + wide)
    var out = [UInt8](repeating: 1, count: wide * high)
    clnf_enlarge(
      pixels, Int32(width), Int32(width), Int32(height), factor, Int32(wide), Int32(high),
      &scratch, &out)
    for i in 0..<wide {
      let place = max(0, min(Double(width - 1), (Double(i) + 0.5) * factor - 0.5))
      for j in 0..<high {
        #expect(abs(Double(out[j * wide + i]) - 40 * place) <= 0.6)
      }
    }
  }
}
