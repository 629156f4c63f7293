import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// Reducing a part of an image by area means.
struct ReduceAreaTests {
  private struct Part {
    var x0: Int
    var y0: Int
    var x1: Int
    var y1: Int
  }

  private func reduce(
    _ image: [UInt8], stride: Int, _ part: Part, factor: Double, rowStep: Int = 1,
    _ set: InstructionSet
  ) -> [UInt8] {
    let (columns, rows) = (Int32(part.x1 - part.x0), Int32(part.y1 - part.y0))
    let (width, height) = (clnf_reduced_size(columns, factor), clnf_reduced_size(rows, factor))
    var scratch = [Double](repeating: .nan, count: clnf_reduce_scratch(columns))
    var out = [UInt8](repeating: 99, count: Int(width * height))
    set.kernels.pointee.reduce_area(
      image, Int32(stride), Int32(part.x0), Int32(part.y0), Int32(part.x1), Int32(part.y1), factor,
      Int32(rowStep), width, height, &scratch, &out)
    return out
  }

  /// The definition, in whole numbers: shares of 1/256 px, the mean rounded half up.
  private func plain(_ image: [UInt8], stride: Int, _ part: Part, factor: Double) -> [UInt8] {
    let (columns, rows) = (part.x1 - part.x0, part.y1 - part.y0)
    func edges(_ size: Int) -> [Int] {
      let count = Int(clnf_reduced_size(Int32(size), factor))
      return (0..<count).map { min(Int(Double($0) * factor * 256), 256 * size) } + [256 * size]
    }
    /// Of each pixel the share that lies between two edges.
    func shares(_ from: Int, _ to: Int) -> [(index: Int, share: Int)] {
      guard from < to else { return [] }
      return (from / 256...(to - 1) / 256).map {
        ($0, min(to, 256 * ($0 + 1)) - max(from, 256 * $0))
      }
    }
    let (across, down) = (edges(columns), edges(rows))
    return (0..<down.count - 1).flatMap { j in
      (0..<across.count - 1).map { i in
        var sum = 0
        for y in shares(down[j], down[j + 1]) {
          for x in shares(across[i], across[i + 1]) {
            sum +=
              y.share * x.share * Int(image[(part.y0 + y.index) * stride + part.x0 + x.index])
          }
        }
        let area = (down[j + 1] - down[j]) * (across[i + 1] - across[i])
        return area > 0 ? UInt8((sum + area / 2) / area) : 0
      }
    }
  }

  /// Every third row alone: near to the mean of all rows where rows are alike.
  @Test(arguments: InstructionSet.allCases)
  func rowsThatStandForOthers(set: InstructionSet) {
    var generator = SeededGenerator(seed: TestSeed.of(432))
    let (width, height) = (60, 300)
    // Smooth enough that neighbouring rows are alike.
    let image = (0..<width * height).map { index -> UInt8 in
      UInt8(128 + 100 * sin(Double(index / width) / 20) * cos(Double(index % width) / 9))
    }
    for _ in 0..<60 {
      let part = Part(
        x0: Int.random(in: 0..<20, using: &generator),
        y0: Int.random(in: 0..<50, using: &generator),
        x1: Int.random(in: 40...width, using: &generator),
        y1: Int.random(in: 100...height, using: &generator))
      let factor = Double.random(in: 6...40, using: &generator)
      let sparse = reduce(image, stride: width, part, factor: factor, rowStep: 3, set)
      let full = plain(image, stride: width, part, factor: factor)
      #expect(sparse.count == full.count)
      // The last row may cover a hundredth of its height.
      let columns = Int(clnf_reduced_size(Int32(part.x1 - part.x0), factor))
      let differences = zip(sparse, full).map { abs(Int($0) - Int($1)) }
      #expect((differences.dropLast(columns).max() ?? 0) <= 3, "\(part), factor \(factor)")
      #expect((differences.suffix(columns).max() ?? 0) <= 25, "\(part), factor \(factor)")
    }
    for part in [Part(x0: 0, y0: 0, x1: 9, y1: 1), Part(x0: 3, y0: 5, x1: 4, y1: 7)] {
      let one = reduce(image, stride: width, part, factor: 9, rowStep: 3, set)
      #expect(one.count == 1 && abs(Int(one[0]) - Int(image[part.y0 * width + part.x0])) < 60)
    }
  }

  /// To the byte, whatever the instruction set: factors of sixteenths, any others, and those above 15,
  /// where sums need more than 32 bits.
  @Test(arguments: InstructionSet.allCases)
  func agreesWithTheDefinition(set: InstructionSet) {
    let seed = TestSeed.of(431)
    var generator = SeededGenerator(seed: seed)
    let (width, height) = (150, 130)
    let noise = (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let white = [UInt8](repeating: 255, count: width * height)
    for round in 0..<120 {
      let (x0, y0) = (
        Int.random(in: 0..<100, using: &generator), Int.random(in: 0..<100, using: &generator)
      )
      let part = Part(
        x0: x0, y0: y0, x1: Int.random(in: x0 + 1...width, using: &generator),
        y1: Int.random(in: y0 + 1...height, using: &generator))
      let factor =
        switch round % 3 {
        case 0: Double(Int.random(in: 16...120, using: &generator)) / 16
        case 1: Double.random(in: 1...15, using: &generator)
        default: Double.random(in: 15...300, using: &generator)
        }
      for image in [noise, white] {
        #expect(
          reduce(image, stride: width, part, factor: factor, set)
            == plain(image, stride: width, part, factor: factor),
          "seed \(seed), \(part), factor \(factor)")
      }
    }
  }
}
