import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The net's kernel against a plain one at odd sizes, for every instruction set.
struct NetKernelTests {
  private func randomNet(
    kernel: Int, _ hidden: (Int, Int), _ precision: NetPrecision = .bytes,
    using generator: inout SeededGenerator
  ) -> NetExpert {
    let sizes = [kernel * kernel, hidden.0, hidden.1, 1]
    return NetExpert(
      layers: (0..<3).map { layer in
        let (inputs, outputs) = (sizes[layer], sizes[layer + 1])
        // Outputs of each layer about 1 in size.
        let size = layer == 0 ? 1 : 1 / Double(inputs).squareRoot()
        return DenseLayer(
          inputs: inputs, outputs: outputs,
          weights: (0..<inputs * outputs).map { _ in Float(size * generator.normal() + size / 3) },
          biases: (0..<outputs).map { _ in Float(generator.normal()) })
      }, confidence: 1, precision: precision)
  }

  private func fast(
    _ area: [Float], window: Int, _ net: NetExpert, mirrored: Bool, _ set: InstructionSet
  ) -> [Float] {
    let prepared = PreparedNets([net], isMirrored: [mirrored])
    // What is read before it is written shows.
    var scratch = [Float](repeating: .nan, count: PreparedNets.scratch(net, window: window))
    var out = [Float](repeating: .nan, count: window * window)
    set.kernels.pointee.net_response(area, Int32(window), prepared.nets.pointer, &scratch, &out)
    return withExtendedLifetime(prepared) { out }
  }

  private func flipped(_ map: [Float], side: Int) -> [Float] {
    map.indices.map { map[$0 / side * side + side - 1 - $0 % side] }
  }

  static let sizes = [
    (48, 16), (32, 16), (8, 4), (24, 1), (1, 1), (7, 3), (9, 8), (16, 17), (40, 24), (100, 33),
  ]

  /// Every odd kernel to 15, windows to 21. Single precision: outputs of the layers are about 1 and
  /// sums of up to 225 products, so y to about 1e-5 and the response to a quarter of it.
  @Test(arguments: InstructionSet.allCases, [NetPrecision.halves, .bytes])
  func responses(set: InstructionSet, precision: NetPrecision) {
    let seed = TestSeed.of(411)
    var generator = SeededGenerator(seed: seed)
    var number = 0
    for hidden in Self.sizes {
      for kernel in [1, 3, 5, 11, 15] {
        for window in [1, 2, 3, 5, 8, 9, 21] where kernel == 11 || window < 9 {
          number += 1
          let net = randomNet(kernel: kernel, hidden, precision, using: &generator)
          let size = window + kernel - 1
          // A corner of one grey, so that some patches have no variance.
          let area = (0..<size * size).map { index -> Float in
            let isFlat = index / size < size / 2 && index % size < size / 2
            return isFlat ? 77 : Float.random(in: 0...255, using: &generator)
          }
          let mirrored = number % 2 == 0
          let expected = PlainKernels.netResponse(
            area, window: window, kernel: kernel, net.layers, mirrored: mirrored)
          let actual = fast(area, window: window, net, mirrored: mirrored, set)
          #expect(
            largestDifference(actual.map(Double.init), expected) < 1e-5,
            "seed \(seed), \(hidden), kernel \(kernel), window \(window)")
        }
      }
    }
  }

  /// A mirrored net on an area is, to the bit, the net on the flipped area with its map flipped back.
  @Test(arguments: InstructionSet.allCases)
  func mirroringFlipsAreaAndMap(set: InstructionSet) {
    var generator = SeededGenerator(seed: TestSeed.of(412))
    for (window, kernel) in [(9, 11), (5, 3), (8, 11), (1, 5)] {
      let net = randomNet(kernel: kernel, (12, 5), using: &generator)
      let size = window + kernel - 1
      let area = (0..<size * size).map { _ in Float.random(in: 0...255, using: &generator) }
      let mirrored = fast(area, window: window, net, mirrored: true, set)
      let plain = fast(flipped(area, side: size), window: window, net, mirrored: false, set)
      #expect(mirrored.map(\.bitPattern) == flipped(plain, side: window).map(\.bitPattern))
    }
  }

  /// Every 16-bit float, against the language's own conversion.
  @Test(arguments: InstructionSet.allCases)
  func wideningIsExact(set: InstructionSet) {
    let halves = (0...UInt16.max).map { $0 }
    var wide = [Float](repeating: 5, count: halves.count)
    set.kernels.pointee.widen(halves, Int32(halves.count), &wide)
    var wrong: [UInt16] = []
    for (half, value) in zip(halves, wide) {
      let expected = Float(Float16(bitPattern: half))
      let isRight = expected.isNaN ? value.isNaN : value.bitPattern == expected.bitPattern
      if !isRight { wrong.append(half) }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    for count in 0...17 {
      var out = [Float](repeating: -1, count: count + 1)
      set.kernels.pointee.widen(Array(halves[15_000...]), Int32(count), &out)
      #expect(Array(out[..<count]) == Array(wide[15_000..<15_000 + count]) && out[count] == -1)
    }
  }

  /// A faint slope on a bright background beside full contrast, where sums lose most.
  @Test(arguments: InstructionSet.allCases)
  func faintPatchesKeepTheirDigits(set: InstructionSet) {
    var generator = SeededGenerator(seed: TestSeed.of(413))
    let net = randomNet(kernel: 11, (16, 8), using: &generator)
    let area = (0..<441).map { index -> Float in
      250 + Float(index % 21) / 50 + Float(index / 21) / 100
    }
    let expected = PlainKernels.netResponse(
      area, window: 11, kernel: 11, net.layers, mirrored: false)
    let actual = fast(area, window: 11, net, mirrored: false, set)
    // Levels around 250 are floats to 1.5e-5, a thousandth of this slope.
    #expect(largestDifference(actual.map(Double.init), expected) < 2e-3)
  }

  @Test(arguments: InstructionSet.allCases)
  func extremeBiasesSaturateWithoutOverflow(set: InstructionSet) {
    func layer(_ weight: Float, _ bias: Float) -> DenseLayer {
      DenseLayer(inputs: 1, outputs: 1, weights: [weight], biases: [bias])
    }
    for bias in [Float.greatestFiniteMagnitude, 1e4, 90, -90, -1e4, -Float.greatestFiniteMagnitude]
    {
      let net = NetExpert(layers: [layer(1, 0), layer(1, 0), layer(1, bias)], confidence: 1)
      let y = fast([1], window: 1, net, mirrored: false, set)
      #expect(abs(y[0] - (bias > 0 ? 1 : 0)) < 1e-6, "\(bias)")
    }
  }

  /// One pixel sees no variance: the biases alone decide. 0.5 and -0.25 through the layers.
  @Test(arguments: InstructionSet.allCases)
  func aFlatPatchIsSeenAsZeros(set: InstructionSet) {
    let net = NetExpert(
      layers: [
        DenseLayer(
          inputs: 9, outputs: 2, weights: [Float](repeating: 3, count: 18), biases: [0.5, -0.25]),
        DenseLayer(inputs: 2, outputs: 1, weights: [2, 64], biases: [0.125]),
        DenseLayer(inputs: 1, outputs: 1, weights: [-1], biases: [0]),
      ], confidence: 1, precision: .halves)
    // max(0, 0.5) * 2 + max(0, -0.25) * 64 + 0.125 = 1.125.
    let response = fast(
      [Float](repeating: 200, count: 9), window: 1, net, mirrored: false, set)
    #expect(abs(Double(response[0]) - 1 / (1 + exp(1.125))) < 1e-6)
  }
}
