/// A fixed-width font of the printable ASCII characters, for labels in plots and pictures.
enum BitmapFont {
  /// A glyph's columns; one empty column follows.
  static let glyphWidth = 5
  /// Rows above the base line and two for descenders.
  static let glyphHeight = 9
  /// From one character to the next.
  static let advance = glyphWidth + 1

  /// The rows of a character from the top, 5 bits each, the leftmost column in bit 4. Rows past
  /// the last are empty; characters without a glyph look like a question mark.
  static func rows(of character: Character) -> [UInt8] {
    glyphs[character] ?? (character == " " ? [] : glyphs["?"] ?? [])
  }

  /// A character, then its rows in hexadecimal. Drawn for landmarkd.
  private static let table = #"""
    ! 04 04 04 04 04 00 04
    " 0A 0A 0A
    # 0A 0A 1F 0A 1F 0A 0A
    $ 04 0F 14 0E 05 1E 04
    % 18 19 02 04 08 13 03
    & 0C 12 14 08 15 12 0D
    ' 04 04 04
    ( 02 04 08 08 08 04 02
    ) 08 04 02 02 02 04 08
    * 00 04 15 0E 15 04
    + 00 04 04 1F 04 04
    , 00 00 00 00 00 04 04 08
    - 00 00 00 1F
    . 00 00 00 00 00 0C 0C
    / 00 01 02 04 08 10
    0 0E 11 13 15 19 11 0E
    1 04 0C 04 04 04 04 0E
    2 0E 11 01 02 04 08 1F
    3 1F 02 04 02 01 11 0E
    4 02 06 0A 12 1F 02 02
    5 1F 10 1E 01 01 11 0E
    6 06 08 10 1E 11 11 0E
    7 1F 01 02 04 08 08 08
    8 0E 11 11 0E 11 11 0E
    9 0E 11 11 0F 01 02 0C
    : 00 0C 0C 00 0C 0C
    ; 00 0C 0C 00 0C 04 08
    < 02 04 08 10 08 04 02
    = 00 00 1F 00 1F
    > 08 04 02 01 02 04 08
    ? 0E 11 01 02 04 00 04
    @ 0E 11 01 0D 15 15 0E
    A 0E 11 11 11 1F 11 11
    B 1E 11 11 1E 11 11 1E
    C 0E 11 10 10 10 11 0E
    D 1C 12 11 11 11 12 1C
    E 1F 10 10 1E 10 10 1F
    F 1F 10 10 1E 10 10 10
    G 0E 11 10 17 11 11 0F
    H 11 11 11 1F 11 11 11
    I 0E 04 04 04 04 04 0E
    J 07 02 02 02 02 12 0C
    K 11 12 14 18 14 12 11
    L 10 10 10 10 10 10 1F
    M 11 1B 15 15 11 11 11
    N 11 11 19 15 13 11 11
    O 0E 11 11 11 11 11 0E
    P 1E 11 11 1E 10 10 10
    Q 0E 11 11 11 15 12 0D
    R 1E 11 11 1E 14 12 11
    S 0F 10 10 0E 01 01 1E
    T 1F 04 04 04 04 04 04
    U 11 11 11 11 11 11 0E
    V 11 11 11 11 11 0A 04
    W 11 11 11 15 15 15 0A
    X 11 11 0A 04 0A 11 11
    Y 11 11 11 0A 04 04 04
    Z 1F 01 02 04 08 10 1F
    [ 0E 08 08 08 08 08 0E
    \ 00 10 08 04 02 01
    ] 0E 02 02 02 02 02 0E
    ^ 04 0A 11
    _ 00 00 00 00 00 00 1F
    ` 08 04 02
    a 00 00 0E 01 0F 11 0F
    b 10 10 16 19 11 11 1E
    c 00 00 0E 10 10 11 0E
    d 01 01 0D 13 11 11 0F
    e 00 00 0E 11 1F 10 0E
    f 06 09 08 1C 08 08 08
    g 00 00 0F 11 11 11 0F 01 0E
    h 10 10 16 19 11 11 11
    i 04 00 0C 04 04 04 0E
    j 02 00 06 02 02 02 02 12 0C
    k 10 10 12 14 18 14 12
    l 0C 04 04 04 04 04 0E
    m 00 00 1A 15 15 11 11
    n 00 00 16 19 11 11 11
    o 00 00 0E 11 11 11 0E
    p 00 00 1E 11 11 11 1E 10 10
    q 00 00 0F 11 11 11 0F 01 01
    r 00 00 16 19 10 10 10
    s 00 00 0E 10 0E 01 1E
    t 08 08 1C 08 08 09 06
    u 00 00 11 11 11 13 0D
    v 00 00 11 11 11 0A 04
    w 00 00 11 11 15 15 0A
    x 00 00 11 0A 04 0A 11
    y 00 00 11 11 11 11 0F 01 0E
    z 00 00 1F 02 04 08 1F
    { 02 04 04 08 04 04 02
    | 04 04 04 04 04 04 04
    } 08 04 04 02 04 04 08
    ~ 00 00 08 15 02
    """#

  private static let glyphs: [Character: [UInt8]] = {
    var glyphs: [Character: [UInt8]] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let character = words.first?.first else { continue }
      glyphs[character] = words.dropFirst().compactMap { UInt8($0, radix: 16) }
    }
    return glyphs
  }()
}

extension OverlayPicture {
  /// Which way a line of text runs.
  public enum TextDirection: Sendable {
    case rightward
    /// Turned to the left, as the title of a vertical axis is.
    case upward
  }

  /// Width and height in pixels of a line of text at `scale` times the font's size of 5 x 9.
  public static func textSize(_ text: String, scale: Int = 2) -> (width: Int, height: Int) {
    let columns = max(0, text.count * BitmapFont.advance - 1)
    return (scale * columns, scale * BitmapFont.glyphHeight)
  }

  /// Writes a line of ASCII text; other characters look like question marks.
  ///
  /// - Parameters:
  ///   - x: left edge of the text as it lies in the picture, px.
  ///   - y: upper edge, px. Capital letters are 7 of the 9 rows high.
  ///   - scale: pixels a dot of the font, from 1.
  public mutating func drawText(
    _ text: String, x: Int, y: Int, scale: Int = 2, direction: TextDirection = .rightward,
    _ colour: Colour
  ) {
    let width = Self.textSize(text, scale: scale).width
    for (index, character) in text.enumerated() {
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for column in 0..<BitmapFont.glyphWidth
        where bits >> (BitmapFont.glyphWidth - 1 - column) & 1 == 1 {
          let along = scale * (index * BitmapFont.advance + column)
          let across = scale * row
          switch direction {
          case .rightward:
            fillRectangle(x: x + along, y: y + across, width: scale, height: scale, colour)
          case .upward:
            fillRectangle(
              x: x + across, y: y + width - along - scale, width: scale, height: scale, colour)
          }
        }
      }
    }
  }
}
