import CLNFKernels

/// The part of an image around a face, reduced so that the experts see pixels that are means over
/// their area instead of single samples far apart.
///
/// Region pixel u covers the image's [x0 + u f, x0 + (u + 1) f); the centre of image pixel x lies
/// at u = (x + 1/2 - x0) / f - 1/2.
package struct FaceRegion: ~Copyable {
  package private(set) var image = GreyImage(width: 0, height: 0, repeating: 0)
  package private(set) var factor = 1.0
  private var x0 = 0
  private var y0 = 0
  private var x1 = 0
  private var y1 = 0
  private var scratch = Buffer<Double>(repeating: 0, count: 0)

  /// Origin and factor go in steps: a face that lies a hair's breadth elsewhere is then seen through
  /// the very same pixels, and rounding does not grow from frame to frame.
  private static let grid = 16
  private static let factorSteps = 16.0
  /// From this factor on every third row is enough: a region pixel is the mean of a dozen pixels still.
  private static let sparseFactor = 6.0

  package init() {}

  /// A rectangle in image pixels.
  package struct Bounds {
    var minX: Double
    var maxX: Double
    var minY: Double
    var maxY: Double

    package init(minX: Double, maxX: Double, minY: Double, maxY: Double) {
      self.minX = minX
      self.maxX = maxX
      self.minY = minY
      self.maxY = maxY
    }
  }

  /// From image to region coordinates.
  package func place(x: Double, y: Double) -> (x: Double, y: Double) {
    ((x + 0.5 - Double(x0)) / factor - 0.5, (y + 0.5 - Double(y0)) / factor - 0.5)
  }

  package mutating func forget() {
    (x1, y1) = (x0, y0)
  }

  /// Fills the region, unless it already covers `bounds` at nearly this factor (a quarter more or
  /// less). Allocates only where it grows.
  /// - Parameter isForOneScale: whether nothing else will be looked at in this image; then there is no
  ///   margin for a face that moves between scales.
  package mutating func update(
    _ source: borrowing GreyImage, bounds: Bounds, factor wanted: Double, isForOneScale: Bool
  ) {
    func clamped(_ value: Double, _ limit: Int) -> Int { Int(max(0, min(Double(limit), value))) }
    let (left, right) = (
      clamped(bounds.minX.rounded(.down), source.width - 1),
      clamped(bounds.maxX.rounded(.up) + 1, source.width)
    )
    let (top, bottom) = (
      clamped(bounds.minY.rounded(.down), source.height - 1),
      clamped(bounds.maxY.rounded(.up) + 1, source.height)
    )
    let covered = x0 <= left && right <= x1 && y0 <= top && bottom <= y1 && x1 > x0
    if covered, factor <= 1.25 * wanted, wanted <= 1.25 * factor { return }
    // A margin, so that a face that moves a little stays within.
    let margin = isForOneScale ? 0 : max(right - left, bottom - top) / 8
    let grid = Self.grid
    x0 = max(0, left - margin) / grid * grid
    y0 = max(0, top - margin) / grid * grid
    x1 = max(x0 + 1, min(source.width, (right + margin + grid - 1) / grid * grid))
    y1 = max(y0 + 1, min(source.height, (bottom + margin + grid - 1) / grid * grid))
    factor = max(1, min(4096, (wanted * Self.factorSteps).rounded(.up) / Self.factorSteps))
    let width = Int(clnf_reduced_size(Int32(x1 - x0), factor))
    let height = Int(clnf_reduced_size(Int32(y1 - y0), factor))
    image.resize(width: width, height: height, filler: 0)
    let room = clnf_reduce_scratch(Int32(x1 - x0))
    if scratch.count < room { scratch = Buffer(repeating: 0, count: room) }
    let stride = Int32(source.width)
    let work = scratch.pointer
    let (left32, top32, right32, bottom32) = (Int32(x0), Int32(y0), Int32(x1), Int32(y1))
    let scale = factor
    let rowStep: Int32 = factor >= Self.sparseFactor ? 3 : 1
    source.withSamples { samples in
      image.withMutableSamples { target in
        guard let pixels = samples.baseAddress, let out = target.baseAddress else { return }
        clnf_reduce_area(
          pixels, stride, left32, top32, right32, bottom32, scale, rowStep, Int32(width),
          Int32(height),
          work, out)
      }
    }
  }
}
