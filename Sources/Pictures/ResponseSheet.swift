import CLNF
import Glibc
import SystemSupport

/// Response maps of one scale as a sheet of tiles: a tile a landmark, numbered, with the highest
/// response of its map. A cross marks the peak, a ring the landmark. Dark is 0, bright each map's
/// own highest response.
public struct ResponseSheet: Sendable {
  /// The map of one landmark.
  public struct Map: Sendable {
    /// Row by row; empty where the landmark is not visible.
    public var responses: [Float]
    /// Where the landmark is in its window, window px.
    public var landmarkX: Double
    public var landmarkY: Double

    public init(responses: [Float], landmarkX: Double, landmarkY: Double) {
      self.responses = responses
      self.landmarkX = landmarkX
      self.landmarkY = landmarkY
    }
  }

  public var title: String
  /// Width and height of every map.
  public var windowSize: Int
  /// By landmark.
  public var maps: [Map]

  public init(title: String, windowSize: Int, maps: [Map]) {
    self.title = title
    self.windowSize = windowSize
    self.maps = maps
  }

  private static let ground = Colour(30, 32, 36)
  private static let ink = Colour(225, 225, 225)
  private static let hidden = Colour(52, 54, 60)
  private static let peak = Colour(0, 235, 255)
  private static let landmark = Colour(90, 255, 90)
  private static let outline = Colour(0, 0, 0)
  private static let gap = 12
  private static let labelHeight = 20
  private static let margin = 84
  private static let header = 64

  /// A row of tiles: a part of the face.
  private struct Row {
    var name: String
    var landmarks: Range<Int>
  }

  /// Parts of the 68-point markup; twelve a row of any other.
  private var rows: [Row] {
    guard maps.count == 68 else {
      return stride(from: 0, to: maps.count, by: 12).map {
        Row(name: "", landmarks: $0..<min(maps.count, $0 + 12))
      }
    }
    return [
      Row(name: "jaw", landmarks: 0..<9), Row(name: "jaw", landmarks: 9..<17),
      Row(name: "brows", landmarks: 17..<27), Row(name: "nose", landmarks: 27..<36),
      Row(name: "eyes", landmarks: 36..<48), Row(name: "lips", landmarks: 48..<60),
      Row(name: "inner", landmarks: 60..<68),
    ]
  }

  /// Pixels of the picture a response, so that tiles are about 110 px wide.
  private var cell: Int { max(2, 110 / windowSize) }

  /// The sheet as a picture.
  public func picture() -> OverlayPicture {
    let (rows, side) = (rows, cell * windowSize)
    let columns = max(6, rows.map(\.landmarks.count).max() ?? 0)
    let rowHeight = side + Self.labelHeight + Self.gap
    let width = Self.margin + columns * (side + Self.gap) + Self.gap
    let height = Self.header + rows.count * rowHeight + Self.gap
    var picture = OverlayPicture(grey: GreyImage(width: width, height: height, repeating: 0))
    picture.fillRectangle(x: 0, y: 0, width: width, height: height, Self.ground)
    picture.drawText(title, x: Self.gap, y: 10, Self.ink)
    picture.drawText(
      "landmark and peak response (brightest in its map); cross: peak; ring: landmark", x: Self.gap,
      y: 34,
      Self.ink)
    for (index, row) in rows.enumerated() {
      let top = Self.header + index * rowHeight
      picture.drawText(row.name, x: Self.gap, y: top + Self.labelHeight + side / 2 - 8, Self.ink)
      for (column, landmark) in row.landmarks.enumerated() {
        drawTile(
          landmark, x: Self.margin + column * (side + Self.gap), y: top, in: &picture)
      }
    }
    return picture
  }

  private func drawTile(_ landmark: Int, x: Int, y: Int, in picture: inout OverlayPicture) {
    let (map, side, top) = (maps[landmark], cell * windowSize, y + Self.labelHeight)
    picture.fillRectangle(x: x, y: top, width: side, height: side, Self.hidden)
    guard map.responses.count == windowSize * windowSize,
      let best = map.responses.indices.max(by: { map.responses[$0] < map.responses[$1] })
    else {
      picture.drawText("\(landmark)  hidden", x: x, y: y, Self.ink)
      return
    }
    let highest = map.responses[best]
    picture.drawText(
      "\(landmark)  " + String(printf: "%.2f", highest), x: x, y: y, Self.ink)
    for (index, response) in map.responses.enumerated() {
      let share = highest > 0 ? Double(response / highest) : 0
      picture.fillRectangle(
        x: x + index % windowSize * cell, y: top + index / windowSize * cell, width: cell,
        height: cell, Self.heat(share))
    }
    func place(_ value: Double, _ origin: Int) -> Double {
      Double(origin) + (value + 0.5) * Double(cell) - 0.5
    }
    let (px, py) = (
      place(Double(best % windowSize), x), place(Double(best / windowSize), top)
    )
    for (width, colour) in [(4.5, Self.outline), (2.0, Self.peak)] {
      picture.drawLine(from: (px - 6, py - 6), to: (px + 6, py + 6), width: width, colour)
      picture.drawLine(from: (px - 6, py + 6), to: (px + 6, py - 6), width: width, colour)
    }
    // A landmark that left its window is shown at the tile's edge.
    let end = Double(windowSize) - 0.5
    let (lx, ly) = (
      place(max(-0.5, min(end, map.landmarkX)), x), place(max(-0.5, min(end, map.landmarkY)), top)
    )
    picture.drawRing(x: lx, y: ly, radius: 7, width: 4.5, Self.outline)
    picture.drawRing(x: lx, y: ly, radius: 7, width: 2, Self.landmark)
  }

  /// From black over violet and orange to pale yellow.
  static func heat(_ share: Double) -> Colour {
    let stops: [SIMD3<Double>] = [
      [0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164],
    ]
    guard share.isFinite else { return Colour(0, 0, 0) }
    let at = max(0, min(1, share)) * Double(stops.count - 1)
    let first = min(stops.count - 2, Int(at))
    let mixed = stops[first] + (stops[first + 1] - stops[first]) * (at - Double(first))
    return Colour(UInt8(mixed.x.rounded()), UInt8(mixed.y.rounded()), UInt8(mixed.z.rounded()))
  }
}

extension OverlayPicture {
  /// A circle's line.
  public mutating func drawRing(
    x: Double, y: Double, radius: Double, width: Double, _ colour: Colour
  ) {
    let count = 24
    func point(_ index: Int) -> (x: Double, y: Double) {
      let angle = 2 * Double.pi * Double(index) / Double(count)
      return (x + radius * cos(angle), y + radius * sin(angle))
    }
    for index in 0..<count {
      drawLine(from: point(index), to: point(index + 1), width: width, colour)
    }
  }

  /// A line of text on a darkened ground.
  public mutating func drawLabel(_ text: String, x: Int, y: Int) {
    let size = Self.textSize(text)
    fillRectangle(
      x: x - 3, y: y - 3, width: size.width + 6, height: size.height + 4, Colour(0, 0, 0),
      opacity: 0.6)
    drawText(text, x: x, y: y, Colour(255, 255, 255))
  }

  /// The picture with every pixel as `factor` x `factor` (from 1).
  public init(enlarging picture: borrowing OverlayPicture, by factor: Int) {
    precondition(factor >= 1, "enlarged by \(factor)")
    let (width, height) = (picture.width, picture.height)
    var enlarged = Plane<UInt8>(
      width: 3 * width * factor, height: height * factor, repeating: 0)
    picture.withSamples { from in
      enlarged.withMutableSamples { to in
        var index = 0
        for y in 0..<height * factor {
          for x in 0..<width * factor {
            let source = 3 * (y / factor * width + x / factor)
            for channel in 0..<3 { to[index + channel] = from[source + channel] }
            index += 3
          }
        }
      }
    }
    self.init(rgb: enlarged)
  }
}
