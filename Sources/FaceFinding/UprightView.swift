import CLNF
import CLNFKernels

/// A square part of a picture, turned upright and in one light: what nets that look at one face see.
struct UprightView: ~Copyable {
  /// Mean and spread of its grey levels; smaller spreads than the least are not stretched to it.
  private static let mean = 128.0
  private static let spread = 45.0
  private static let leastSpread = 3.0

  /// px.
  let side: Int
  private let kernels: UnsafePointer<clnf_kernels>
  private let seen: Buffer<Float>
  private let picture: Buffer<UInt8>

  init(side: Int, kernels: UnsafePointer<clnf_kernels>) {
    self.side = side
    self.kernels = kernels
    seen = Buffer(repeating: 0, count: side * side)
    picture = Buffer(repeating: 0, count: side * side)
  }

  /// Looks at a place; bilinear, edges repeated.
  ///
  /// - Parameters:
  ///   - samples: `width` x `height` > 0 grey levels, rows one after the other.
  ///   - across: how far a pixel of the view goes to the right in the picture, px.
  func look(
    _ samples: UnsafePointer<UInt8>, width: Int, height: Int, at center: SIMD2<Double>,
    across: SIMD2<Double>
  ) {
    kernels.pointee.sample_area(
      samples, Int32(width), Int32(height), Float(center.x), Float(center.y), Float(across.x),
      Float(across.y), Int32(side), seen.pointer)
    normalise()
  }

  /// What a net says of what was looked at.
  ///
  /// - Parameters:
  ///   - scratch: `clnf_finder_scratch` floats for this net and side.
  ///   - map: `net.mapStride` floats for each cell; those of the row in the middle are filled.
  func run(
    _ net: FinderNet, scratch: UnsafeMutablePointer<Float>, into map: UnsafeMutablePointer<Float>
  ) {
    let side = Int32(side)
    var kernelNet = net.kernelNet
    var level = clnf_finder_level(
      pixels: UnsafePointer(picture.pointer), stride: side, width: side, height: side, left: 0,
      top: 0, columns: side, rows: side, wants_middle: true)
    kernels.pointee.find_faces(&kernelNet, &level, scratch, map)
  }

  /// Makes the picture that was looked at its own mirror image.
  func mirror() {
    for y in 0..<side {
      let row = picture.pointer + y * side
      for x in 0..<side / 2 {
        let left = row[x]
        row[x] = row[side - 1 - x]
        row[side - 1 - x] = left
      }
    }
  }

  /// Makes `picture` of what was seen: the same mean and spread in any light.
  private func normalise() {
    let count = side * side
    let (levels, out) = (seen.pointer, picture.pointer)
    // Eight sums side by side; the side is whole cells, so that nothing is left over.
    func eight(_ index: Int) -> SIMD8<Double> {
      SIMD8<Double>(UnsafeRawPointer(levels + index).loadUnaligned(as: SIMD8<Float>.self))
    }
    var (sums, squares) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    for index in stride(from: 0, to: count, by: 8) { sums += eight(index) }
    let mean = sums.sum() / Double(count)
    for index in stride(from: 0, to: count, by: 8) {
      let values = eight(index) - mean
      squares += values * values
    }
    let gain =
      Self.spread / max(Self.leastSpread, (squares.sum() / Double(count)).squareRoot())
    for index in 0..<count {
      let value = (Double(levels[index]) - mean) * gain + (Self.mean + 0.5)
      // Cut off below: what is not negative is rounded down.
      out[index] = UInt8(max(0, min(255, value)))
    }
  }
}
