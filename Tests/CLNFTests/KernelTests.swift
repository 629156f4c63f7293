import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import CLNF

/// The fast kernels against plain ones at odd sizes, for every instruction set.
struct KernelTests {
  private let lanes = Int(clnf_lane_count)

  private func randomNeurons(
    _ count: Int, kernel: Int, using generator: inout SeededGenerator
  ) -> [PlainKernels.Neuron] {
    (0..<count).map { _ in
      let raw = (0..<kernel * kernel).map { _ in generator.normal() }
      let mean = raw.reduce(0, +) / Double(raw.count)
      let norm = raw.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
      return PlainKernels.Neuron(
        weights: raw.map { norm > 0 ? Double(Float(($0 - mean) / norm)) : 0 },
        gain: Double(Float.random(in: 0.1...2, using: &generator)),
        slope: Double(Float.random(in: -4...4, using: &generator)),
        bias: Double(Float.random(in: -2...2, using: &generator)))
    }
  }

  /// Eight side by side, the lanes beyond the last neuron filled with what must not count.
  private func fastSum(
    _ area: [Float], window: Int, kernel: Int, _ neurons: [PlainKernels.Neuron],
    _ set: InstructionSet
  ) -> [Float] {
    let groups = (neurons.count + lanes - 1) / lanes
    let count = kernel * kernel
    var weights = [Float](repeating: 0, count: groups * count * lanes)
    var (gains, slopes, biases) = (
      [Float](repeating: 0, count: groups * lanes), [Float](repeating: 5, count: groups * lanes),
      [Float](repeating: -3, count: groups * lanes)
    )
    for (index, neuron) in neurons.enumerated() {
      let (group, lane) = (index / lanes, index % lanes)
      for position in 0..<count {
        weights[(group * count + position) * lanes + lane] = Float(neuron.weights[position])
      }
      gains[index] = Float(neuron.gain)
      slopes[index] = Float(neuron.slope)
      biases[index] = Float(neuron.bias)
    }
    var scratch = [Float](
      repeating: .nan, count: clnf_response_scratch(Int32(window), Int32(kernel)))
    var y = [Float](repeating: .nan, count: window * window)
    set.kernels.pointee.neuron_sum(
      area, Int32(window), Int32(kernel), Int32(groups), weights, gains, slopes, biases, &scratch,
      &y)
    return y
  }

  /// Every odd kernel to 15, windows to 21 and 1 to 20 neurons. Single precision: 225 products of
  /// grey levels over a norm of the same size give rho to 1e-5, times a slope of at most 4 and a
  /// quarter of the gain, by neuron.
  @Test(arguments: InstructionSet.allCases)
  func neuronSums(set: InstructionSet) {
    let seed = TestSeed.of(401)
    var generator = SeededGenerator(seed: seed)
    for kernel in stride(from: 1, through: 15, by: 2) {
      for window in [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 21] {
        let count = Int.random(in: 1...20, using: &generator)
        let neurons = randomNeurons(count, kernel: kernel, using: &generator)
        let size = window + kernel - 1
        // A corner of one grey, so that some patches have no variance.
        let area = (0..<size * size).map { index -> Float in
          let isFlat = index / size < size / 2 && index % size < size / 2
          return isFlat ? 77 : Float.random(in: 0...255, using: &generator)
        }
        let expected = PlainKernels.neuronSum(area, window: window, kernel: kernel, neurons)
        let actual = fastSum(area, window: window, kernel: kernel, neurons, set)
        let difference = largestDifference(actual.map(Double.init), expected)
        #expect(
          difference < 1e-5 * Double(count),
          "seed \(seed), kernel \(kernel), window \(window), \(count) neurons")
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func everyNumberOfNeurons(set: InstructionSet) {
    let seed = TestSeed.of(402)
    var generator = SeededGenerator(seed: seed)
    for count in 1...20 {
      let neurons = randomNeurons(count, kernel: 11, using: &generator)
      let area = (0..<225).map { _ in Float.random(in: 0...255, using: &generator) }
      let expected = PlainKernels.neuronSum(area, window: 5, kernel: 11, neurons)
      let actual = fastSum(area, window: 5, kernel: 11, neurons, set)
      #expect(
        largestDifference(actual.map(Double.init), expected) < 1e-5 * Double(count),
        "seed \(seed), \(count) neurons")
    }
  }

  /// No group at all: an expert without a neuron that responds.
  @Test(arguments: InstructionSet.allCases)
  func noNeuronSumsToZero(set: InstructionSet) {
    let area = [Float](repeating: 3, count: 225)
    #expect(fastSum(area, window: 5, kernel: 11, [], set) == [Float](repeating: 0, count: 25))
  }

  /// A faint slope on a bright background, where running sums lose most to cancellation.
  @Test(arguments: InstructionSet.allCases)
  func faintPatchesKeepTheirDigits(set: InstructionSet) {
    var generator = SeededGenerator(seed: TestSeed.of(403))
    let neurons = randomNeurons(7, kernel: 11, using: &generator)
    let area = (0..<441).map { index -> Float in
      250 + Float(index % 21) / 50 + Float(index / 21) / 100
    }
    let expected = PlainKernels.neuronSum(area, window: 11, kernel: 11, neurons)
    let actual = fastSum(area, window: 11, kernel: 11, neurons, set)
    // Levels around 250 are floats to 1.5e-5, a thousandth of this slope.
    #expect(largestDifference(actual.map(Double.init), expected) < 2e-3)
  }

  @Test(arguments: InstructionSet.allCases)
  func sigmoidsSaturateWithoutOverflow(set: InstructionSet) {
    var neurons = [PlainKernels.Neuron(weights: [0], gain: 2, slope: 0, bias: 0)]
    for bias in [Float.greatestFiniteMagnitude, 1e4, 90, -90, -1e4, -Float.greatestFiniteMagnitude]
    {
      neurons[0].bias = Double(bias)
      let y = fastSum([1], window: 1, kernel: 1, neurons, set)
      #expect(abs(y[0] - (bias > 0 ? 2 : 0)) < 1e-6, "\(bias)")
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func symmetricProducts(set: InstructionSet) {
    let seed = TestSeed.of(404)
    var generator = SeededGenerator(seed: seed)
    for n in [1, 2, 3, 7, 8, 9, 25, 49, 81, 121] {
      let stride = (n + 7) / 8 * 8
      var matrix = [Float](repeating: 1e9, count: n * stride)
      for i in 0..<n {
        for j in 0...i {
          let value = Float.random(in: -1...1, using: &generator)
          matrix[i * stride + j] = value
          matrix[j * stride + i] = value
        }
      }
      let v = (0..<n).map { _ in Float.random(in: -1...1, using: &generator) }
      var out = [Float](repeating: .nan, count: n)
      set.kernels.pointee.symmetric_multiply(matrix, Int32(n), Int32(stride), v, &out)
      let expected = PlainKernels.multiply(matrix, n, stride: stride, v)
      #expect(largestDifference(out.map(Double.init), expected) < 2e-5, "seed \(seed), n \(n)")
    }
  }

  /// The product in the basis of sums and differences is that of the matrix that mirroring the window
  /// does not change.
  @Test(arguments: InstructionSet.allCases)
  func foldedProducts(set: InstructionSet) {
    let seed = TestSeed.of(406)
    var generator = SeededGenerator(seed: seed)
    for w in [1, 3, 5, 7, 9] {
      let order = w * w
      var matrix = [Float](repeating: 0, count: order * order)
      for a in 0..<order {
        for b in 0..<order {
          // Of distances along the axes and from the middle only: symmetric, and the same mirrored.
          let (dy, dx) = (abs(a / w - b / w), abs(a % w - b % w))
          let (my, mx) = (abs(a / w + b / w - w + 1), abs(a % w + b % w - w + 1))
          matrix[a * order + b] = Float(sin(Double(3 * dy + 5 * dx + 7 * my + 11 * mx)))
        }
      }
      let sides = [0..<(w + 1) / 2, (w + 1) / 2..<w]
      var blocks: [Float] = []
      for rows in sides {
        for columns in sides {
          let places = rows.flatMap { row in columns.map { row * w + $0 } }
          let padding = (lanes - places.count % lanes) % lanes
          for a in places {
            blocks += places.map { b in
              (0..<order).reduce(Float(0)) { sum, p in
                sum + basis(a, p, w)
                  * (0..<order).reduce(Float(0)) {
                    $0 + matrix[p * order + $1] * basis(b, $1, w)
                  }
              }
            }
            blocks += [Float](repeating: .nan, count: padding)
          }
        }
      }
      let v = (0..<order).map { _ in Float.random(in: -1...1, using: &generator) }
      var out = [Float](repeating: .nan, count: order)
      var scratch = [Float](repeating: .nan, count: 3 * order)
      set.kernels.pointee.folded_multiply(blocks, Int32(w), v, &scratch, &out)
      let expected = PlainKernels.multiply(matrix, order, stride: order, v)
      #expect(
        largestDifference(out.map(Double.init), expected) < 1e-6 * Double(order),
        "seed \(seed), window \(w)")
    }
  }

  /// Element p of vector a of the basis of a w x w window's mirrored sums and differences.
  private func basis(_ a: Int, _ p: Int, _ w: Int) -> Float {
    func along(_ a: Int, _ p: Int) -> Float {
      let (half, offset) = (w / 2, p - w / 2)
      if a == 0 { return offset == 0 ? 1 : 0 }
      let (distance, sign): (Int, Float) = a <= half ? (a, 1) : (a - half, -1)
      guard abs(offset) == distance else { return 0 }
      return Float(0.5).squareRoot() * (offset > 0 ? 1 : sign)
    }
    return along(a / w, p / w) * along(a % w, p % w)
  }

  @Test(arguments: InstructionSet.allCases)
  func correlationsAreAddedToWhatIsThere(set: InstructionSet) {
    let seed = TestSeed.of(405)
    var generator = SeededGenerator(seed: seed)
    for (height, width, rows, columns) in [
      (1, 1, 1, 1), (5, 7, 3, 2), (9, 9, 9, 9), (17, 20, 5, 4), (8, 33, 1, 6), (6, 3, 6, 1),
    ] {
      let image = (0..<height * width).map { _ in Float.random(in: -1...1, using: &generator) }
      let kernel = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) }
      let expected = PlainKernels.correlation(
        image, height: height, width: width, kernel, rows: rows, columns: columns)
      var out = [Float](repeating: 0.5, count: expected.count)
      set.kernels.pointee.accumulate_correlation(
        image, Int32(height), Int32(width), kernel, Int32(rows), Int32(columns), &out)
      #expect(
        largestDifference(out.map { Double($0) - 0.5 }, expected) < 1e-5,
        "seed \(seed), \(height) x \(width), \(rows) x \(columns)")
    }
  }
}
