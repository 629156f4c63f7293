import CLNF
import CLNFKernels
import Glibc

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
  /// Where centres are wanted, px of the image.
  private let area: PixelRectangle
  private let imageWidth: Int
  private let imageHeight: Int
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
    self.area = area
    (imageWidth, imageHeight) = (width, height)
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

  /// A place of the level without its border, px, in the image.
  func imagePlace(_ place: SIMD2<Double>) -> SIMD2<Double> {
    (place + 0.5) * factor - 0.5 + SIMD2(Double(part.x0), Double(part.y0))
  }

  /// How much more often a place is a face the larger it is.
  private static let sizeWeight = 0.7
  /// Widths below this share of the image's size, the root of its area, all count the same.
  private static let smallShare = 0.1

  /// What the width of a face, px of the level, says by itself, a logit: among as many places of each
  /// size as an image has, the larger ones are more often faces. The training program measures with the
  /// same (`SIZE_SAY`).
  func sizeSay(_ width: Double) -> Double {
    let share = width * factor / (Double(imageWidth) * Double(imageHeight)).squareRoot()
    let ratio = max(1, min(share / Self.smallShare, 1 / Self.smallShare))
    return ratio.isFinite ? Self.sizeWeight * log(ratio) : 0
  }

  /// Whether a centre, px of the image, is in the area asked for, which has no end where it reaches the
  /// image's edge.
  func holds(_ center: SIMD2<Double>) -> Bool {
    (area.x0 == 0 || center.x >= Double(area.x0) - 0.5)
      && (area.y0 == 0 || center.y >= Double(area.y0) - 0.5)
      && (area.x1 == imageWidth || center.x < Double(area.x1) - 0.5)
      && (area.y1 == imageHeight || center.y < Double(area.y1) - 0.5)
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
