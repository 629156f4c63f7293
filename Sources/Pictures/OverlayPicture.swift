import CLNF

/// A colour of 8 bits a channel.
public struct Colour: Sendable, Equatable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }
}

/// How overlays look. Lengths are in pixels of the picture.
public struct OverlayStyle: Sendable, Equatable {
  public var dotRadius = 1.5
  public var lineWidth = 1.2
  public var dot = Colour(255, 230, 60)
  public var contour = Colour(60, 200, 255)
  public var box = Colour(255, 255, 255)

  public init() {}

  /// The default for a face box or picture about `size` pixels wide: lines and dots grow with large
  /// faces, and shrink with small ones, whose eyes they would bury.
  public init(faceWidth size: Double) {
    guard size.isFinite else { return }
    let growth = max(0.35, min(8, size / 200))
    dotRadius *= growth
    lineWidth *= max(0.5, growth)
  }
}

/// An RGB picture, 8 bits a channel, to draw a track on.
///
/// Samples are interleaved, R G B R G B ..., row by row, so the plane is three times as wide as
/// the picture. Coordinates as everywhere: the centre of the top left pixel is (0, 0). Drawing is
/// anti-aliased; what lies outside the picture, and coordinates that are not finite, are left out.
public struct OverlayPicture: ~Copyable, Sendable {
  public private(set) var width: Int
  public private(set) var height: Int
  private var samples: Plane<UInt8>

  /// A picture with the grey image as its background. Cost: one allocation.
  public init(grey: borrowing GreyImage) {
    width = grey.width
    height = grey.height
    samples = Plane(width: 3 * grey.width, height: grey.height, repeating: 0)
    setBackground(grey: grey)
  }

  /// Takes a picture whose samples are interleaved R G B; its width is a third of the plane's.
  public init(rgb: consuming Plane<UInt8>) {
    precondition(rgb.width % 3 == 0, "a row of \(rgb.width) samples is not made of R G B")
    width = rgb.width / 3
    height = rgb.height
    samples = rgb
  }

  /// Replaces the whole picture by a grey image, its size included. Allocates only to grow.
  public mutating func setBackground(grey: borrowing GreyImage) {
    width = grey.width
    height = grey.height
    samples.resize(width: 3 * width, height: height, filler: 0)
    grey.withSamples { from in
      samples.withMutableSamples { to in
        for i in 0..<from.count {
          to[3 * i] = from[i]
          to[3 * i + 1] = from[i]
          to[3 * i + 2] = from[i]
        }
      }
    }
  }

  /// Replaces the whole picture by one whose samples are interleaved R G B, its size included.
  /// Allocates only to grow.
  public mutating func setBackground(rgb: borrowing Plane<UInt8>) {
    precondition(rgb.width % 3 == 0, "a row of \(rgb.width) samples is not made of R G B")
    width = rgb.width / 3
    height = rgb.height
    samples.resize(width: rgb.width, height: height, filler: 0)
    rgb.withSamples { from in
      samples.withMutableSamples { to in _ = to.update(fromContentsOf: from) }
    }
  }

  /// The samples, row by row, R G B. The pointer is valid only inside `body`.
  public borrowing func withSamples<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try samples.withSamples(body)
  }

  /// The colour of a pixel; traps outside the picture.
  public subscript(x: Int, y: Int) -> Colour {
    precondition(x >= 0 && x < width, "outside the picture")
    return Colour(samples[3 * x, y], samples[3 * x + 1, y], samples[3 * x + 2, y])
  }

  /// A filled disc.
  public mutating func drawDot(x: Double, y: Double, radius: Double, _ colour: Colour) {
    drawLine(from: (x, y), to: (x, y), width: 2 * radius, colour)
  }

  /// A line with round ends. A pixel is covered by as much as the line's edge reaches past its
  /// centre, over one pixel's width.
  ///
  /// Cost: every pixel of the line's bounding box that lies in the picture.
  public mutating func drawLine(
    from a: (x: Double, y: Double), to b: (x: Double, y: Double), width lineWidth: Double,
    _ colour: Colour
  ) {
    let reach = lineWidth / 2 + 0.5
    guard reach > 0,
      let columns = pixels(from: min(a.x, b.x) - reach, to: max(a.x, b.x) + reach, below: width),
      let rows = pixels(from: min(a.y, b.y) - reach, to: max(a.y, b.y) + reach, below: height)
    else { return }
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let lengthSquared = dx * dx + dy * dy
    let rowLength = 3 * width
    samples.withMutableSamples { samples in
      for row in rows {
        for column in columns {
          let (px, py) = (Double(column) - a.x, Double(row) - a.y)
          // How far along the line the nearest point is, 0 to 1.
          let along = lengthSquared > 0 ? max(0, min(1, (px * dx + py * dy) / lengthSquared)) : 0
          let (ex, ey) = (px - along * dx, py - along * dy)
          let coverage = min(1, reach - (ex * ex + ey * ey).squareRoot())
          guard coverage > 0 else { continue }
          let first = row * rowLength + 3 * column
          samples[first] = blend(samples[first], colour.red, coverage)
          samples[first + 1] = blend(samples[first + 1], colour.green, coverage)
          samples[first + 2] = blend(samples[first + 2], colour.blue, coverage)
        }
      }
    }
  }

  /// A filled rectangle of whole pixels; what lies outside the picture is left out.
  ///
  /// - Parameter opacity: 0 (nothing) to 1.
  public mutating func fillRectangle(
    x: Int, y: Int, width rectangleWidth: Int, height rectangleHeight: Int, _ colour: Colour,
    opacity: Double = 1
  ) {
    let columns = (x..<x + max(0, rectangleWidth)).clamped(to: 0..<width)
    let rows = (y..<y + max(0, rectangleHeight)).clamped(to: 0..<height)
    let rowLength = 3 * width
    samples.withMutableSamples { samples in
      for row in rows {
        for column in columns {
          let first = row * rowLength + 3 * column
          samples[first] = blend(samples[first], colour.red, opacity)
          samples[first + 1] = blend(samples[first + 1], colour.green, opacity)
          samples[first + 2] = blend(samples[first + 2], colour.blue, opacity)
        }
      }
    }
  }

  /// The pixels between two coordinates that lie in 0..<limit; nil for none.
  private func pixels(from low: Double, to high: Double, below limit: Int) -> ClosedRange<Int>? {
    guard limit > 0, low.isFinite, high.isFinite, high >= 0, low <= Double(limit - 1) else {
      return nil
    }
    let first = Int(max(0, low.rounded(.up)))
    let last = Int(min(Double(limit - 1), high.rounded(.down)))
    return first <= last ? first...last : nil
  }
}

private func blend(_ under: UInt8, _ over: UInt8, _ coverage: Double) -> UInt8 {
  UInt8((Double(under) + (Double(over) - Double(under)) * coverage).rounded())
}
