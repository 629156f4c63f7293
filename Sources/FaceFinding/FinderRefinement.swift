import CLNF
import CLNFKernels
import Foundation

/// Looks once more at what a `FaceFinder`'s first net proposes: a second net sees each proposal upright
/// and at one size and contrast, says whether it is a face, and where its points are.
///
/// Source: a cascade as in K. Zhang et al., "Joint face detection and alignment using multitask cascaded
/// convolutional networks" (2016), here of two nets of one kind.
final class FinderRefinement {
  /// Side of the picture that the net sees, px: an odd number of cells, so that one is in the middle.
  static let side = 56
  /// Mean and spread of its grey levels; smaller spreads than the least are not stretched to it.
  private static let mean = 128.0
  private static let spread = 45.0
  private static let leastSpread = 3.0

  let net: FinderNet
  private let kernels: UnsafePointer<clnf_kernels>
  private var seen = Buffer<Float>(repeating: 0, count: side * side)
  private var picture = Buffer<UInt8>(repeating: 0, count: side * side)
  private var map: Buffer<Float>
  private var scratch: Buffer<Float>

  /// A place in a level without its border.
  struct Proposal {
    var center: SIMD2<Double>
    /// px of the level.
    var width: Double
    var points: FacePoints
  }

  init(net: FinderNet, kernels: UnsafePointer<clnf_kernels>) {
    self.net = net
    self.kernels = kernels
    var kernelNet = net.kernelNet
    scratch = Buffer(repeating: 0, count: clnf_finder_scratch(&kernelNet, Int32(Self.side)))
    let cells = Self.side / Int(clnf_finder_cell)
    map = Buffer(repeating: 0, count: cells * cells * Int(clnf_finder_outputs))
  }

  /// What the net says of a proposal: its logit, and where the face is, in the same pixels; nil where no
  /// face could look like that. Cost: about 60 microseconds.
  ///
  /// - Parameter samples: `width` x `height` > 0 grey levels, rows one after the other.
  func look(
    at proposal: Proposal, in samples: UnsafePointer<UInt8>, width: Int, height: Int
  ) -> (logit: Float, place: Proposal)? {
    let roll = proposal.points.roll
    let scale = proposal.width / net.contents.unit
    let across = SIMD2(scale * cos(roll), scale * sin(roll))
    kernels.pointee.sample_area(
      samples, Int32(width), Int32(height), Float(proposal.center.x), Float(proposal.center.y),
      Float(across.x), Float(across.y), Int32(Self.side), seen.pointer)
    normalise()
    let side = Int32(Self.side)
    var kernelNet = net.kernelNet
    var level = clnf_finder_level(
      pixels: UnsafePointer(picture.pointer), stride: side, width: side, height: side, left: 0,
      top: 0, columns: side, rows: side)
    kernels.pointee.find_faces(&kernelNet, &level, scratch.pointer, map.pointer)
    let cells = Self.side / Int(clnf_finder_cell)
    let cell = map.pointer + (cells / 2 * cells + cells / 2) * Int(clnf_finder_outputs)
    guard let size = net.believedWidth(cell), !cell[0].isNaN else { return nil }
    func place(_ index: Int) -> SIMD2<Double> {
      let (x, y) = (Double(cell[index]) * size, Double(cell[index + 1]) * size)
      return proposal.center
        + SIMD2(across.x * x - across.y * y, across.y * x + across.x * y)
    }
    return (
      cell[0],
      Proposal(
        center: place(1), width: size * scale,
        points: FacePoints(
          rightEye: place(4), leftEye: place(6), noseTip: place(8), rightMouthCorner: place(10),
          leftMouthCorner: place(12)))
    )
  }

  /// Makes `picture` of what was seen: the same mean and spread in any light.
  private func normalise() {
    let count = Self.side * Self.side
    let (levels, out) = (seen.pointer, picture.pointer)
    var sum = 0.0
    for index in 0..<count { sum += Double(levels[index]) }
    let mean = sum / Double(count)
    var squares = 0.0
    for index in 0..<count {
      let value = Double(levels[index]) - mean
      squares += value * value
    }
    let gain = Self.spread / max(Self.leastSpread, (squares / Double(count)).squareRoot())
    for index in 0..<count {
      let value = (Double(levels[index]) - mean) * gain + (Self.mean + 0.5)
      // Cut off below: what is not negative is rounded down.
      out[index] = UInt8(max(0, min(255, value)))
    }
  }
}
