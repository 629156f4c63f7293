import CLNF
import Glibc
import SystemSupport

/// A plot of lines over two axes with ticks, numbers, titles and a legend, to draw as a picture.
///
/// The same plot gives the same pixels. Text is ASCII.
public struct LinePlot: Sendable {
  /// One line of the plot.
  public struct Series: Sendable {
    /// What the legend calls it; empty: not in the legend.
    public var name: String
    public var colour: Colour
    /// Joined in this order; a point that is not finite leaves a gap.
    public var points: [SIMD2<Double>]

    public init(name: String, colour: Colour, points: [SIMD2<Double>]) {
      self.name = name
      self.colour = colour
      self.points = points
    }
  }

  /// One direction of the plot. What lies outside its range is not drawn.
  public struct Axis: Sendable, Equatable {
    public var title: String
    /// Finite, the ends different.
    public let range: ClosedRange<Double>

    public init(title: String, range: ClosedRange<Double>) {
      precondition(
        (range.upperBound - range.lowerBound).isFinite && range.lowerBound < range.upperBound,
        "an axis from \(range.lowerBound) to \(range.upperBound)")
      self.title = title
      self.range = range
    }

    /// From tick to tick around the finite ones of `values`; 0 to 1 where there are none.
    public init(title: String, covering values: [Double]) {
      let finite = values.filter(\.isFinite)
      var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
      if low == high {
        (low, high) = (low - max(0.5, 0.1 * abs(low)), high + max(0.5, 0.1 * abs(high)))
      }
      let step = Self.step(over: high - low)
      self.init(
        title: title, range: (low / step).rounded(.down) * step...(high / step).rounded(.up) * step)
    }

    /// Places of ticks, from low to high, and the decimals that tell them apart.
    var ticks: (values: [Double], decimals: Int) {
      let step = Self.step(over: range.upperBound - range.lowerBound)
      // A tick that rounding put a hair outside still counts.
      let slack = 1e-9 * step
      let first = Int(((range.lowerBound - slack) / step).rounded(.up))
      let last = Int(((range.upperBound + slack) / step).rounded(.down))
      let decimals = max(0, Int(-log10(step * 1.0001).rounded(.down)))
      return ((first...max(first, last)).map { Double($0) * step }, decimals)
    }

    /// 1, 2 or 5 times a power of ten, such that `length` has 5 to 12.5 steps.
    private static func step(over length: Double) -> Double {
      let power = pow(10, log10(length / 10).rounded(.down))
      let count = length / power
      return power * (count > 50 ? 10 : count > 25 ? 5 : count > 12 ? 2 : 1)
    }
  }

  public var title: String
  public var horizontal: Axis
  public var vertical: Axis
  public var series: [Series]
  /// Where the legend stands.
  public var legendCorner = Corner.lowerRight

  public enum Corner: Sendable { case upperRight, lowerRight }

  public init(title: String = "", horizontal: Axis, vertical: Axis, series: [Series]) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
  }

  private static let paper = Colour(255, 255, 255)
  private static let ink = Colour(40, 40, 40)
  private static let grid = Colour(222, 222, 222)

  /// The plot's inner rectangle within a picture, px.
  struct Frame {
    var left: Double
    var right: Double
    var top: Double
    var bottom: Double
  }

  static func frame(width: Int, height: Int) -> Frame {
    Frame(left: 96, right: Double(width - 28), top: 40, bottom: Double(height - 72))
  }

  /// Where a point of the plot lies in a picture, px.
  func place(_ point: SIMD2<Double>, in frame: Frame) -> (x: Double, y: Double) {
    func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }
    return (
      frame.left + share(point.x, horizontal.range) * (frame.right - frame.left),
      frame.bottom - share(point.y, vertical.range) * (frame.bottom - frame.top)
    )
  }

  /// The plot as a picture of at least 320 x 240 pixels.
  public func picture(width: Int = 900, height: Int = 600) -> OverlayPicture {
    let (width, height) = (max(320, width), max(240, height))
    var picture = OverlayPicture(grey: GreyImage(width: width, height: height, repeating: 255))
    let frame = Self.frame(width: width, height: height)
    drawGrid(in: &picture, frame)
    for line in series { draw(line, in: &picture, frame) }
    // Lines may leave the frame; the margin goes over them.
    let (left, top) = (Int(frame.left), Int(frame.top))
    let (right, bottom) = (Int(frame.right) + 1, Int(frame.bottom) + 1)
    picture.fillRectangle(x: 0, y: 0, width: width, height: top, Self.paper)
    picture.fillRectangle(x: 0, y: bottom, width: width, height: height - bottom, Self.paper)
    picture.fillRectangle(x: 0, y: 0, width: left, height: height, Self.paper)
    picture.fillRectangle(x: right, y: 0, width: width - right, height: height, Self.paper)
    drawAxes(in: &picture, frame)
    drawLegend(in: &picture, frame)
    return picture
  }

  private func drawGrid(in picture: inout OverlayPicture, _ frame: Frame) {
    for value in horizontal.ticks.values {
      let x = place([value, 0], in: frame).x.rounded()
      picture.drawLine(from: (x, frame.top), to: (x, frame.bottom), width: 1, Self.grid)
    }
    for value in vertical.ticks.values {
      let y = place([0, value], in: frame).y.rounded()
      picture.drawLine(from: (frame.left, y), to: (frame.right, y), width: 1, Self.grid)
    }
  }

  private func draw(_ line: Series, in picture: inout OverlayPicture, _ frame: Frame) {
    for (a, b) in zip(line.points, line.points.dropFirst()) {
      // A point that is not finite ends nowhere, and drawLine leaves such lines out.
      picture.drawLine(
        from: place(a, in: frame), to: place(b, in: frame), width: 2.5, line.colour)
    }
  }

  private func drawAxes(in picture: inout OverlayPicture, _ frame: Frame) {
    let (left, right, top, bottom) = (frame.left, frame.right, frame.top, frame.bottom)
    for (a, b) in [
      ((left, top), (right, top)), ((right, top), (right, bottom)),
      ((right, bottom), (left, bottom)), ((left, bottom), (left, top)),
    ] {
      picture.drawLine(from: a, to: b, width: 1, Self.ink)
    }
    let across = horizontal.ticks
    for value in across.values {
      let x = place([value, 0], in: frame).x.rounded()
      picture.drawLine(from: (x, bottom), to: (x, bottom + 6), width: 1, Self.ink)
      let label = Self.number(value, across.decimals)
      let size = OverlayPicture.textSize(label)
      picture.drawText(label, x: Int(x) - size.width / 2, y: Int(bottom) + 11, Self.ink)
    }
    let upward = vertical.ticks
    for value in upward.values {
      let y = place([0, value], in: frame).y.rounded()
      picture.drawLine(from: (left - 6, y), to: (left, y), width: 1, Self.ink)
      let label = Self.number(value, upward.decimals)
      let size = OverlayPicture.textSize(label)
      picture.drawText(label, x: Int(left) - 11 - size.width, y: Int(y) - 7, Self.ink)
    }
    drawTitles(in: &picture, frame)
  }

  private func drawTitles(in picture: inout OverlayPicture, _ frame: Frame) {
    let middle = Int((frame.left + frame.right) / 2)
    let heading = OverlayPicture.textSize(title)
    picture.drawText(title, x: middle - heading.width / 2, y: 12, Self.ink)
    let below = OverlayPicture.textSize(horizontal.title)
    picture.drawText(
      horizontal.title, x: middle - below.width / 2, y: picture.height - 30, Self.ink)
    let beside = OverlayPicture.textSize(vertical.title)
    picture.drawText(
      vertical.title, x: 12, y: Int((frame.top + frame.bottom) / 2) - beside.width / 2,
      direction: .upward, Self.ink)
  }

  private func drawLegend(in picture: inout OverlayPicture, _ frame: Frame) {
    let named = series.filter { !$0.name.isEmpty }
    guard let widest = named.map({ OverlayPicture.textSize($0.name).width }).max() else { return }
    let (lineHeight, sample) = (26, 34)
    let size = (width: widest + sample + 30, height: lineHeight * named.count + 10)
    let x = Int(frame.right) - size.width - 12
    let y =
      legendCorner == .upperRight
      ? Int(frame.top) + 12 : Int(frame.bottom) - size.height - 12
    picture.fillRectangle(x: x, y: y, width: size.width, height: size.height, Self.ink)
    picture.fillRectangle(
      x: x + 1, y: y + 1, width: size.width - 2, height: size.height - 2, Self.paper)
    for (index, line) in named.enumerated() {
      let row = y + 8 + index * lineHeight
      let height = Double(row + 8)
      picture.drawLine(
        from: (Double(x + 10), height), to: (Double(x + 10 + sample), height), width: 3,
        line.colour)
      picture.drawText(line.name, x: x + sample + 20, y: row, Self.ink)
    }
  }

  /// A tick's number; never "-0".
  private static func number(_ value: Double, _ decimals: Int) -> String {
    String(printf: "%.\(decimals)f", value == 0 ? 0 : value)
  }
}
