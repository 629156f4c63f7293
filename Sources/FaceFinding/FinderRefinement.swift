import CLNF
import CLNFKernels
import Glibc

/// Looks once more at what a `FaceFinder`'s first net proposes: a second net sees each proposal upright
/// and at one size and contrast, says whether it is a face, and where its points are.
///
/// Source: a cascade as in K. Zhang et al., "Joint face detection and alignment using multitask cascaded
/// convolutional networks" (2016), here of two nets of one kind.
final class FinderRefinement {
  /// Side of the picture that the net sees, px: an odd number of cells, so that one is in the middle.
  static let side = 56

  let net: FinderNet
  private let kernels: UnsafePointer<clnf_kernels>
  private var view: UprightView
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
    view = UprightView(side: Self.side, kernels: kernels)
    var kernelNet = net.kernelNet
    scratch = Buffer(repeating: 0, count: clnf_finder_scratch(&kernelNet, Int32(Self.side)))
    let cells = Self.side / Int(clnf_finder_cell)
    map = Buffer(repeating: 0, count: cells * cells * net.mapStride)
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
    view.look(samples, width: width, height: height, at: proposal.center, across: across)
    view.run(net, scratch: scratch.pointer, into: map.pointer)
    let cells = Self.side / Int(clnf_finder_cell)
    let cell = map.pointer + (cells / 2 * cells + cells / 2) * net.mapStride
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
}
