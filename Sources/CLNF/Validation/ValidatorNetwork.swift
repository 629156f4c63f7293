import CLNFKernels
import Glibc

/// A validator view's small convolutional net with its memory.
final class ValidatorNetwork {
  private enum Layer {
    /// Kernels are flipped once here, so that evaluation correlates.
    case convolution(kernels: [[Buffer<Float>.Box]], rows: Int, columns: Int, biases: [Float])
    case subsampling(factor: Int)
    case full(weights: Buffer<Float>.Box, outputs: Int, bias: Float)
  }

  private struct Size {
    var maps: Int
    var height: Int
    var width: Int
    var count: Int { maps * height * width }
  }

  private let layers: [Layer]
  private let input: Size
  private let buffers: [Buffer<Float>.Box]
  private let kernels: UnsafePointer<clnf_kernels>

  /// - Parameter layers: validated for an image of this size.
  init(
    _ layers: [ConvolutionalLayer], height: Int, width: Int,
    kernels: UnsafePointer<clnf_kernels>
  ) {
    self.kernels = kernels
    input = Size(maps: 1, height: height, width: width)
    self.layers = layers.map { layer in
      switch layer {
      case .convolution(let kernels, let biases):
        return .convolution(
          kernels: kernels.map { $0.map { Buffer<Float>.Box($0.values.reversed()) } },
          rows: kernels[0][0].rows, columns: kernels[0][0].columns, biases: biases)
      case .subsampling(let factor): return .subsampling(factor: factor)
      case .full(let weights, let bias):
        return .full(weights: Buffer<Float>.Box(weights.values), outputs: weights.rows, bias: bias)
      }
    }
    var size = input
    var buffers = [Buffer<Float>.Box(repeating: 0, count: size.count)]
    for layer in self.layers {
      size = Self.outputSize(of: layer, for: size)
      buffers.append(Buffer<Float>.Box(repeating: 0, count: size.count))
    }
    self.buffers = buffers
  }

  /// The image to judge, `height` x `width`, row by row.
  var image: UnsafeMutablePointer<Float> { buffers[0].pointer }

  /// The net's single output for what `image` holds, 0 to 1.
  func evaluate() -> Float {
    var size = input
    for (index, layer) in layers.enumerated() {
      let (source, target) = (buffers[index].pointer, buffers[index + 1].pointer)
      let next = Self.outputSize(of: layer, for: size)
      switch layer {
      case .convolution(let weights, let rows, let columns, let biases):
        let (sourceArea, targetArea) = (size.height * size.width, next.height * next.width)
        for output in 0..<next.maps {
          let map = target + output * targetArea
          map.update(repeating: biases[output], count: targetArea)
          for input in 0..<size.maps {
            kernels.pointee.accumulate_correlation(
              source + input * sourceArea, Int32(size.height), Int32(size.width),
              weights[input][output].pointer, Int32(rows), Int32(columns), map)
          }
          for i in 0..<targetArea { map[i] = logistic(map[i]) }
        }
      case .subsampling(let factor): subsample(source, size, factor, into: target, next)
      case .full(let weights, let outputs, let bias):
        multiply(source, size, weights.pointer, outputs, bias, into: target)
      }
      size = next
    }
    return buffers[buffers.count - 1].pointer[0]
  }

  private func subsample(
    _ source: UnsafePointer<Float>, _ size: Size, _ factor: Int,
    into target: UnsafeMutablePointer<Float>, _ next: Size
  ) {
    for map in 0..<size.maps {
      for row in 0..<next.height {
        for column in 0..<next.width {
          var sum: Float = 0
          for y in 0..<factor {
            let line = (map * size.height + row * factor + y) * size.width + column * factor
            for x in 0..<factor { sum += source[line + x] }
          }
          target[(map * next.height + row) * next.width + column] = sum / Float(factor * factor)
        }
      }
    }
  }

  /// Inputs in the order map, column, row.
  private func multiply(
    _ source: UnsafePointer<Float>, _ size: Size, _ weights: UnsafePointer<Float>, _ outputs: Int,
    _ bias: Float, into target: UnsafeMutablePointer<Float>
  ) {
    for output in 0..<outputs {
      var sum = Double(bias)
      var index = output * size.count
      for map in 0..<size.maps {
        for column in 0..<size.width {
          for row in 0..<size.height {
            let value = source[(map * size.height + row) * size.width + column]
            sum += Double(value) * Double(weights[index])
            index += 1
          }
        }
      }
      target[output] = logistic(Float(sum))
    }
  }

  private static func outputSize(of layer: Layer, for size: Size) -> Size {
    switch layer {
    case .convolution(_, let rows, let columns, let biases):
      Size(maps: biases.count, height: size.height - rows + 1, width: size.width - columns + 1)
    case .subsampling(let factor):
      Size(
        maps: size.maps, height: (size.height - factor) / factor + 1,
        width: (size.width - factor) / factor + 1)
    case .full(_, let outputs, _): Size(maps: 1, height: outputs, width: 1)
    }
  }
}

func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

extension Buffer {
  /// A buffer that several owners may hold, for arrays of buffers.
  final class Box {
    private let buffer: Buffer

    init(repeating value: Element, count: Int) { buffer = Buffer(repeating: value, count: count) }
    init(_ elements: some Collection<Element>) { buffer = Buffer(elements) }

    var pointer: UnsafeMutablePointer<Element> { buffer.pointer }
  }
}
