import CLNF
import Foundation

/// The hot loops written plainly, in double precision and straight from docs/reference/clnf.md
/// sections 3 and 4, to hold the fast kernels against.
enum PlainKernels {
  /// Bilinear samples around (cx, cy), edge pixels replicated; a coordinate that is not a number
  /// reads as 0.
  static func sampleArea(
    _ image: [UInt8], width: Int, height: Int, centre: (x: Float, y: Float),
    turn: (a: Float, b: Float), size: Int
  ) -> [Double] {
    func level(_ x: Int, _ y: Int) -> Double {
      Double(image[min(y, height - 1) * width + min(x, width - 1)])
    }
    func place(_ value: Float, _ count: Int) -> Double {
      guard value > 0 else { return 0 }
      return min(Double(value), Double(count - 1))
    }
    return (0..<size * size).map { index in
      let du = Float(index % size) - Float(size - 1) / 2
      let dv = Float(index / size) - Float(size - 1) / 2
      let x = place(centre.x + turn.a * du - turn.b * dv, width)
      let y = place(centre.y + turn.b * du + turn.a * dv, height)
      let (x0, y0) = (Int(x), Int(y))
      let (fx, fy) = (x - Double(x0), y - Double(y0))
      let top = (1 - fx) * level(x0, y0) + fx * level(x0 + 1, y0)
      let bottom = (1 - fx) * level(x0, y0 + 1) + fx * level(x0 + 1, y0 + 1)
      return (1 - fy) * top + fy * bottom
    }
  }

  struct Neuron {
    /// kernel^2 weights of zero mean and unit norm (or all 0).
    var weights: [Double]
    var gain: Double
    var slope: Double
    var bias: Double
  }

  /// y over the window: sum of gain / (1 + exp(-(slope rho + bias))).
  static func neuronSum(
    _ area: [Float], window: Int, kernel: Int, _ neurons: [Neuron]
  ) -> [Double] {
    let size = window + kernel - 1
    return (0..<window * window).map { position in
      let (row, column) = (position / window, position % window)
      let patch = (0..<kernel * kernel).map {
        Double(area[(row + $0 / kernel) * size + column + $0 % kernel])
      }
      let mean = patch.reduce(0, +) / Double(patch.count)
      let squares = patch.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let isFlat = squares <= 1e-6 * Double(patch.count)
      return neurons.reduce(0) { sum, neuron in
        let dot = zip(patch, neuron.weights).reduce(0) { $0 + ($1.0 - mean) * $1.1 }
        let rho = isFlat ? 0 : max(-1, min(1, dot / squares.squareRoot()))
        return sum + neuron.gain / (1 + exp(-(neuron.slope * rho + neuron.bias)))
      }
    }
  }

  /// A net's responses over the window, its weights outputs x inputs.
  static func netResponse(
    _ area: [Float], window: Int, kernel: Int, _ layers: [DenseLayer], mirrored: Bool
  ) -> [Double] {
    let size = window + kernel - 1
    return (0..<window * window).map { position in
      let (row, column) = (position / window, position % window)
      let patch = (0..<kernel * kernel).map { pixel -> Double in
        let (y, x) = (pixel / kernel, pixel % kernel)
        return Double(area[(row + y) * size + column + (mirrored ? kernel - 1 - x : x)])
      }
      let mean = patch.reduce(0, +) / Double(patch.count)
      let squares = patch.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let isFlat = squares <= 1e-6 * Double(patch.count)
      var values = patch.map { isFlat ? 0 : ($0 - mean) / squares.squareRoot() }
      for (index, layer) in layers.enumerated() {
        values = (0..<layer.outputs).map { output in
          let weights = layer.weights[output * layer.inputs..<(output + 1) * layer.inputs]
          let sum = zip(weights, values).reduce(Double(layer.biases[output])) {
            $0 + Double($1.0) * $1.1
          }
          return index + 1 < layers.count ? max(0, sum) : 1 / (1 + exp(-sum))
        }
      }
      return values[0]
    }
  }

  static func multiply(_ matrix: [Float], _ n: Int, stride: Int, _ v: [Float]) -> [Double] {
    (0..<n).map { row in
      (0..<n).reduce(0.0) { $0 + Double(matrix[row * stride + $1]) * Double(v[$1]) }
    }
  }

  /// Valid correlation.
  static func correlation(
    _ image: [Float], height: Int, width: Int, _ kernel: [Float], rows: Int, columns: Int
  ) -> [Double] {
    let (outHeight, outWidth) = (height - rows + 1, width - columns + 1)
    return (0..<outHeight * outWidth).map { index in
      let (y, x) = (index / outWidth, index % outWidth)
      var sum = 0.0
      for row in 0..<rows {
        for column in 0..<columns {
          sum +=
            Double(image[(y + row) * width + x + column]) * Double(kernel[row * columns + column])
        }
      }
      return sum
    }
  }
}
