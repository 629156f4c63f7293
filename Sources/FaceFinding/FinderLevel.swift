import CLNF
import CLNFKernels
import Foundation

/// A rectangle of whole pixels of an image: columns x0 ..< x1 of rows y0 ..< y1.
struct PixelRectangle: Equatable {
  var x0: Int
  var y0: Int
  var x1: Int
  var y1: Int

  var isEmpty: Bool { x0 >= x1 || y0 >= y1 }

  /// The pixels of a box, where they are in an image of this size.
  init(of box: FaceBox, width: Int, height: Int) {
    func clamped(_ value: Double, _ limit: Int) -> Int {
      // Also where it is no number.
      value > 0 ? Int(min(value, Double(limit))) : 0
    }
    x0 = clamped(box.x.rounded(.down), width)
    y0 = clamped(box.y.rounded(.down), height)
    x1 = clamped((box.x + box.width).rounded(.up), width)
    y1 = clamped((box.y + box.height).rounded(.up), height)
  }

  init(x0: Int, y0: Int, x1: Int, y1: Int) {
    (self.x0, self.y0, self.x1, self.y1) = (x0, y0, x1, y1)
  }
}

/// A scale at which a part of an image is searched, and how it lies in the image.
///
/// The part is the area asked for with `border` px of the level around it. Where the image has none, its
/// edge is repeated; so a face that the edge cuts lies in a picture that goes on.
struct FinderLevel {
  /// Border on every side, px of a level.
  static let border = 16
  /// Levels of an image whose shorter side would have fewer px are not searched.
  static let shortestSide = 24.0
  /// From level to level at most this much is reduced.
  static let largestRatio = 1.8
  static let smallestRatio = 1.2
  /// What the kernels reduce by at most.
  static let largestFactor = 4096.0

  /// Image pixels a level's pixel, along a side.
  let factor: Double
  /// The part of the image that is seen.
  let part: PixelRectangle
  /// That part at the level's scale, px.
  let width: Int
  let height: Int
  /// Repeated columns on the left, rows above.
  let left: Int
  let top: Int
  /// With all borders, multiples of a cell.
  let columns: Int
  let rows: Int

  /// - Parameters:
  ///   - area: not empty, within the image.
  ///   - width: the image's.
  ///   - height: the image's.
  init(area: PixelRectangle, width: Int, height: Int, factor: Double) {
    self.factor = factor
    let reach = (Double(Self.border) * factor).rounded(.up)
    func before(_ place: Int) -> Int { Int(max(0, Double(place) - reach)) }
    func behind(_ place: Int, _ limit: Int) -> Int {
      Int(min(Double(limit), Double(place) + reach))
    }
    part = PixelRectangle(
      x0: before(area.x0), y0: before(area.y0), x1: behind(area.x1, width),
      y1: behind(area.y1, height))
    func size(_ pixels: Int) -> Int {
      factor >= 1
        ? Int(clnf_reduced_size(Int32(pixels), factor)) : max(1, Int(Double(pixels) / factor))
    }
    self.width = size(part.x1 - part.x0)
    self.height = size(part.y1 - part.y0)
    left = part.x0 == 0 ? Self.border : 0
    top = part.y0 == 0 ? Self.border : 0
    let right = part.x1 == width ? Self.border : 0
    let bottom = part.y1 == height ? Self.border : 0
    let cell = Int(clnf_finder_cell)
    func cells(_ pixels: Int) -> Int { (pixels + cell - 1) / cell * cell }
    columns = cells(left + self.width + right)
    rows = cells(top + self.height + bottom)
  }

  var cellColumns: Int { columns / Int(clnf_finder_cell) }
  var cellRows: Int { rows / Int(clnf_finder_cell) }

  /// Pixels without the border.
  var pixelCount: Double { Double(width) * Double(height) }

  /// A place of the level with its border, px, in the image.
  func imagePlace(x: Double, y: Double) -> SIMD2<Double> {
    SIMD2(
      (x - Double(left) + 0.5) * factor - 0.5 + Double(part.x0),
      (y - Double(top) + 0.5) * factor - 0.5 + Double(part.y0))
  }

  /// The factors of an image's levels: the finest at which faces of the least width are found, then each
  /// a fixed ratio coarser.
  static func factors(
    width: Int, height: Int, widths: ClosedRange<Double>, settings: FaceFinderSettings
  ) -> FinderFactors {
    let enlargement =
      settings.smallestFaceWidth > 0
      ? min(settings.enlargement, widths.lowerBound / settings.smallestFaceWidth)
      : settings.enlargement
    let ratio = max(smallestRatio, min(largestRatio, widths.upperBound / widths.lowerBound))
    let side = Double(min(width, height))
    var count = 0
    var factor = 1 / enlargement
    while factor <= largestFactor, side / factor >= shortestSide {
      count += 1
      factor *= ratio
    }
    return FinderFactors(first: 1 / enlargement, ratio: ratio, count: count)
  }
}

/// The factors of an image's levels, finest first.
struct FinderFactors: Equatable {
  var first: Double
  var ratio: Double
  var count: Int

  subscript(index: Int) -> Double { first * pow(ratio, Double(index)) }
}
