import CLNF
import Testing

@testable import Pictures

private let white = Colour(255, 255, 255)
private let red = Colour(220, 0, 0)

private func blank(_ width: Int, _ height: Int) -> OverlayPicture {
  OverlayPicture(grey: GreyImage(width: width, height: height, repeating: 255))
}

/// Pixels that are not white, as rows of dots and hashes.
private func drawing(_ picture: borrowing OverlayPicture) -> [String] {
  var rows: [String] = []
  for y in 0..<picture.height {
    var row = ""
    for x in 0..<picture.width { row += picture[x, y] == white ? "." : "#" }
    rows.append(row)
  }
  return rows
}

@Suite struct TextTests {
  @Test func aDigitLooksLikeItself() {
    var picture = blank(7, 9)
    picture.drawText("4", x: 1, y: 1, scale: 1, red)
    #expect(
      drawing(picture) == [
        ".......", "....#..", "...##..", "..#.#..", ".#..#..", ".#####.", "....#..", "....#..",
        ".......",
      ])
  }

  @Test func upwardTextIsTheSameTurnedLeft() {
    var level = blank(40, 40)
    level.drawText("aF7", x: 0, y: 0, scale: 2, red)
    var upright = blank(40, 40)
    upright.drawText("aF7", x: 0, y: 0, scale: 2, direction: .upward, red)
    let width = OverlayPicture.textSize("aF7").width
    #expect(width == 34)
    for y in 0..<18 {
      for x in 0..<width { #expect(level[x, y] == upright[y, width - 1 - x]) }
    }
  }

  @Test func everyPrintableCharacterHasAGlyphOfItsOwn() {
    let characters = (33...126).map { Character(UnicodeScalar($0)) }
    let glyphs = characters.map(BitmapFont.rows)
    #expect(Set(glyphs).count == characters.count)
    for rows in glyphs {
      #expect(rows.count <= BitmapFont.glyphHeight && rows.contains { $0 != 0 })
      #expect(rows.allSatisfy { $0 < 32 })
    }
    #expect(BitmapFont.rows(of: " ").isEmpty)
    #expect(BitmapFont.rows(of: "é") == BitmapFont.rows(of: "?"))
  }

  @Test func textOutsideThePictureIsLeftOut() {
    var picture = blank(10, 10)
    picture.drawText("888", x: -100, y: 0, red)
    picture.drawText("888", x: 0, y: 50, red)
    #expect(drawing(picture).allSatisfy { !$0.contains("#") })
    picture.fillRectangle(x: -5, y: 8, width: 100, height: 100, red)
    #expect(drawing(picture).map { $0.contains("#") } == (0..<10).map { $0 >= 8 })
  }
}

@Suite struct LinePlotTests {
  @Test(arguments: [
    (0.0...0.2, [0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2], 2),
    (0.0...1.0, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], 1),
    (-3.0...27.0, [0, 5, 10, 15, 20, 25], 0),
    (
      1000.0...1600.0, [1000, 1100, 1200, 1300, 1400, 1500, 1600], 0
    ),
  ])
  func ticksAreRound(range: ClosedRange<Double>, values: [Double], decimals: Int) {
    let ticks = LinePlot.Axis(title: "", range: range).ticks
    #expect(ticks.values.count == values.count)
    for (tick, value) in zip(ticks.values, values) { #expect(abs(tick - value) < 1e-9) }
    #expect(ticks.decimals == decimals)
  }

  @Test func anAxisCoversItsValues() {
    #expect(LinePlot.Axis(title: "", covering: [3, 97.5, .nan]).range == 0...100)
    #expect(LinePlot.Axis(title: "", covering: []).range == 0...1)
    let one = LinePlot.Axis(title: "", covering: [7]).range
    #expect(one.lowerBound < 7 && one.upperBound > 7)
  }

  @Test func linesLieWhereTheirValuesAreAndStayInTheFrame() {
    let plot = LinePlot(
      horizontal: .init(title: "x", range: 0...1), vertical: .init(title: "y", range: 0...1),
      series: [
        .init(name: "", colour: red, points: [[0.25, -5], [0.25, 5]]),
        .init(
          name: "", colour: Colour(0, 0, 220), points: [[0.5, 0.5], [.nan, 0.5], [0.9, 0.5]]),
      ])
    let picture = plot.picture(width: 400, height: 300)
    let frame = LinePlot.frame(width: 400, height: 300)
    let place = plot.place([0.25, 0.33], in: frame)
    #expect(picture[Int(place.x.rounded()), Int(place.y.rounded())] == red)
    var reds = 0
    for y in 0..<picture.height {
      for x in 0..<picture.width where picture[x, y] == red {
        reds += 1
        #expect(Double(x) > frame.left && Double(x) < frame.right)
        #expect(Double(y) >= frame.top && Double(y) <= frame.bottom)
      }
    }
    #expect(reds > 150)
    // The gap around the value that is not a number.
    let gap = plot.place([0.7, 0.52], in: frame)
    #expect(picture[Int(gap.x), Int(gap.y)].blue == picture[Int(gap.x), Int(gap.y)].red)
  }

  @Test func theLegendNamesTheLinesThatHaveNames() {
    func plot(_ name: String) -> [String] {
      drawing(
        LinePlot(
          horizontal: .init(title: "", range: 0...1), vertical: .init(title: "", range: 0...1),
          series: [.init(name: name, colour: red, points: [])]
        ).picture())
    }
    #expect(plot("a") != plot(""))
    #expect(plot("a") != plot("b"))
    #expect(plot("a") == plot("a"))
  }
}
