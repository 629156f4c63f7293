import CLNF
import CLNFKernels
import TestSupport

@testable import FaceFinding

/// Nets for tests, their files, and what they say: by the kernels, and written plainly.
enum FinderNets {
  /// A layer of a random net.
  struct Shape {
    var outputs: Int
    var kernel: Int
    var stride: Int
    var addsInput = false
  }

  /// The first and all separable layers by their shapes, and the head; values of about 1 in each.
  static func random(
    _ shapes: [Shape], outputs: Int = FinderNet.outputCount, seed: UInt64
  ) -> FinderNet.Contents {
    var generator = SeededGenerator(seed: seed)
    func values(_ count: Int, _ size: Double) -> [Float] {
      (0..<count).map { _ in Float(size * generator.normal()) }
    }
    var layers: [FinderNet.Layer] = []
    let head = Shape(outputs: outputs, kernel: 1, stride: 1)
    for (index, shape) in (shapes + [head]).enumerated() {
      let inputs = layers.last?.outputs ?? 1
      var layer = FinderNet.Layer(
        inputs: inputs, outputs: shape.outputs, kernel: shape.kernel, stride: shape.stride,
        addsInput: shape.addsInput)
      let area = shape.kernel * shape.kernel
      if index > 0, index < shapes.count {
        layer.depthwise = values(inputs * area, 1 / Double(shape.kernel))
        layer.depthwiseBiases = values(inputs, 0.3)
      }
      let columns = index == 0 ? area : inputs
      layer.weights = values(shape.outputs * columns, 1 / Double(columns).squareRoot())
      layer.biases = values(shape.outputs, 0.3)
      layers.append(layer)
    }
    return FinderNet.Contents(unit: 36, widths: 24...60, threshold: 0.5, layers: layers)
  }

  /// About the shape of the finder's own.
  static let usual: [Shape] = [
    Shape(outputs: 12, kernel: 5, stride: 2), Shape(outputs: 24, kernel: 3, stride: 2),
    Shape(outputs: 24, kernel: 3, stride: 1, addsInput: true),
    Shape(outputs: 48, kernel: 3, stride: 2),
    Shape(outputs: 48, kernel: 5, stride: 1, addsInput: true),
  ]

  /// About the shape of the landmarks' net: cells of 16 px.
  static let landmarks: [Shape] = [
    Shape(outputs: 16, kernel: 5, stride: 2), Shape(outputs: 24, kernel: 3, stride: 2),
    Shape(outputs: 32, kernel: 3, stride: 2), Shape(outputs: 40, kernel: 3, stride: 2),
    Shape(outputs: 40, kernel: 7, stride: 1, addsInput: true),
  ]

  /// A net that says the same of every face: of landmark i that it is `places[i]` widths from the middle,
  /// and the logarithm of its spread.
  static func landmarks(places: [SIMD2<Double>], logSpread: Float) -> FinderNet.Contents {
    var contents = random(
      landmarks, outputs: FinderNet.Purpose.landmarks.outputCount, seed: 1)
    contents.unit = 48
    contents.widths = 48...48
    let head = contents.layers.count - 1
    let count = contents.layers[head].weights.count
    contents.layers[head].weights = [Float](repeating: 0, count: count)
    contents.layers[head].biases =
      places.map { Float($0.x) } + places.map { Float($0.y) }
      + [Float](repeating: logSpread, count: places.count)
    return contents
  }

  /// Sees squares of 24 px of a level, three cells, bright on dark: r is the mean of 3 x 3 cells over 128
  /// less twice that of the 16 around, and the logit 4 (r - 0.45). A white square on black that fills its
  /// cells has r = 1.99 and a score of 0.998, half a cell aside r = 0.7, a large square's corner 0.25.
  static func squares() -> FinderNet.Contents {
    // Of the kernel's 3 x 3 places the four that make cells of 2 x 2.
    let box: [Float] = [0, 0, 0, 0, 0.25, 0.25, 0, 0.25, 0.25]
    var first = FinderNet.Layer(inputs: 1, outputs: 1, kernel: 3, stride: 2)
    first.weights = box
    first.biases = [1]
    var half = FinderNet.Layer(inputs: 1, outputs: 1, kernel: 3, stride: 2)
    half.depthwise = box
    half.depthwiseBiases = [0]
    half.weights = [1]
    half.biases = [0]
    var ring = FinderNet.Layer(inputs: 1, outputs: 1, kernel: 5, stride: 1)
    ring.depthwise = (0..<25).map { place in
      (1...3).contains(place / 5) && (1...3).contains(place % 5) ? 1.0 / 9 : -1.0 / 8
    }
    ring.depthwiseBiases = [0]
    ring.weights = [1]
    ring.biases = [0]
    var head = FinderNet.Layer(
      inputs: 1, outputs: FinderNet.outputCount, kernel: 1, stride: 1)
    head.weights = [4] + [Float](repeating: 0, count: 13)
    head.biases = [-1.8, 0, 0, 0, -0.25, -0.2, 0.25, -0.2, 0, 0.05, -0.15, 0.3, 0.15, 0.3]
    return FinderNet.Contents(
      unit: 24, widths: 24...36, threshold: 0.5, layers: [first, half, half, ring, head])
  }

  /// A net's file, its checksum right; layers' values are floats or halves.
  static func file(_ contents: FinderNet.Contents, hasHalves: Bool = false) -> [UInt8] {
    var bytes = Array("LMFINDER".utf8)
    func add(_ values: [Float]) {
      for value in values { add(Int(value.bitPattern)) }
    }
    func add(_ value: Int) {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian) {
        bytes.append(contentsOf: $0)
      }
    }
    add(hasHalves ? 2 : 1)
    add(contents.layers.count)
    add([
      Float(contents.unit), Float(contents.widths.lowerBound), Float(contents.widths.upperBound),
      Float(contents.threshold),
    ])
    add(contents.knots.count)
    for knot in contents.knots { add([Float(knot.logit), Float(knot.share)]) }
    for (index, layer) in contents.layers.enumerated() {
      add(index == 0 ? 1 : index == contents.layers.count - 1 ? 3 : 2)
      for value in [layer.kernel, layer.stride, layer.inputs, layer.outputs] { add(value) }
      add(layer.addsInput ? 1 : 0)
    }
    func addToLayer(_ values: [Float]) {
      guard hasHalves else { return add(values) }
      for value in values {
        withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    for layer in contents.layers {
      addToLayer(layer.depthwise)
      addToLayer(layer.depthwiseBiases)
      addToLayer(layer.weights)
      addToLayer(layer.biases)
    }
    return sealed(bytes)
  }

  /// With a checksum behind.
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var digest = ModelDigest()
    digest.add(bytes)
    return bytes + digest.bytes
  }
}

/// A level: an image with borders in which its edges are repeated.
struct PlainLevel {
  var width: Int
  var height: Int
  var pixels: [UInt8]
  var left = 16
  var top = 16
  var columns: Int
  var rows: Int

  /// - Parameter border: px on every side; as much more right and below as fills cells.
  init(width: Int, height: Int, pixels: [UInt8], border: Int = 16, cell: Int = 8) {
    self.width = width
    self.height = height
    self.pixels = pixels
    (left, top) = (border, border)
    columns = (width + 2 * border + cell - 1) / cell * cell
    rows = (height + 2 * border + cell - 1) / cell * cell
  }

  static func random(
    width: Int, height: Int, border: Int = 16, cell: Int = 8, seed: UInt64
  ) -> PlainLevel {
    var generator = SeededGenerator(seed: seed)
    return PlainLevel(
      width: width, height: height,
      pixels: (0..<width * height).map { _ in UInt8.random(in: 0...255, using: &generator) },
      border: border, cell: cell)
  }

  private func value(_ x: Int, _ y: Int) -> Double {
    let column = max(0, min(width - 1, x - left))
    let row = max(0, min(height - 1, y - top))
    return Double(pixels[row * width + column]) / 128 - 1
  }

  /// The outputs of each cell, row by row, by the format's own words in double precision.
  func plainMap(_ contents: FinderNet.Contents) -> [Double] {
    // Channels, rows, columns.
    var planes = [(0..<columns * rows).map { value($0 % columns, $0 / columns) }]
    var (across, down) = (columns, rows)
    for (index, layer) in contents.layers.enumerated() {
      let input = planes
      func convolved(_ plane: [Double], _ weights: ArraySlice<Float>) -> [Double] {
        let (wide, high) = (across / layer.stride, down / layer.stride)
        let taps = weights.map(Double.init)
        return (0..<wide * high).map { place in
          var sum = 0.0
          for v in 0..<layer.kernel {
            let y = place / wide * layer.stride + v - layer.kernel / 2
            guard (0..<down).contains(y) else { continue }
            for u in 0..<layer.kernel {
              let x = place % wide * layer.stride + u - layer.kernel / 2
              guard (0..<across).contains(x) else { continue }
              sum += taps[v * layer.kernel + u] * plane[y * across + x]
            }
          }
          return sum
        }
      }
      let area = layer.kernel * layer.kernel
      if index == 0 {
        planes = (0..<layer.outputs).map { o in
          convolved(input[0], layer.weights[o * area..<(o + 1) * area])
            .map { max(0, $0 + Double(layer.biases[o])) }
        }
      } else {
        let isHead = index == contents.layers.count - 1
        let between =
          isHead
          ? input
          : input.enumerated().map { c, plane in
            convolved(plane, layer.depthwise[c * area..<(c + 1) * area])
              .map { $0 + Double(layer.depthwiseBiases[c]) }
          }
        planes = (0..<layer.outputs).map { o in
          let weights = layer.weights[o * layer.inputs..<(o + 1) * layer.inputs].map(Double.init)
          return between[0].indices.map { place in
            var sum = Double(layer.biases[o]) + (layer.addsInput ? input[o][place] : 0)
            for c in between.indices { sum += weights[c] * between[c][place] }
            return isHead ? sum : max(0, sum)
          }
        }
      }
      across /= layer.stride
      down /= layer.stride
    }
    return (0..<across * down).flatMap { place in planes.map { $0[place] } }
  }

  /// The same by the kernels; or only the row in the middle, the others no numbers.
  func map(
    _ net: FinderNet, _ set: clnf_instruction_set, middle wantsMiddle: Bool = false
  ) -> [Double] {
    var kernelNet = net.kernelNet
    // What is read before it is written shows.
    var scratch = [Float](
      repeating: .nan, count: clnf_finder_scratch(&kernelNet, Int32(columns)))
    let layers = net.contents.layers
    let stride = net.mapStride
    let cell = layers.reduce(1) { $0 * $1.stride }
    let outputs = layers.last?.outputs ?? 0
    var out = [Float](repeating: .nan, count: columns * rows / (cell * cell) * stride)
    pixels.withUnsafeBufferPointer { pixels in
      var level = clnf_finder_level(
        pixels: pixels.baseAddress, stride: Int32(width), width: Int32(width),
        height: Int32(height), left: Int32(left), top: Int32(top), columns: Int32(columns),
        rows: Int32(rows), wants_middle: wantsMiddle)
      clnf_kernels_for(set).pointee.find_faces(&kernelNet, &level, &scratch, &out)
    }
    return withExtendedLifetime(net) {
      out.indices.filter { $0 % stride < outputs }.map { Double(out[$0]) }
    }
  }
}

/// The largest difference of two maps, as a share of the largest number in the second.
func relativeDifference(_ map: [Double], _ expected: [Double]) -> Double {
  guard map.count == expected.count, map.allSatisfy(\.isFinite) else { return .infinity }
  let size = expected.map(abs).max() ?? 1
  return zip(map, expected).map { abs($0 - $1) }.max().map { $0 / size } ?? 0
}
