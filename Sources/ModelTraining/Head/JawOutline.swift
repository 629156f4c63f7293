import Foundation

/// The jaw's 17 landmarks from the outline of the 189 template points that come with the photos.
///
/// By our definition the outline begins and ends where the line through the outer eye corners meets
/// it, and the points lie at equal arc lengths on either side of the chin's lowest point.
public enum JawOutline {
  /// Template points along the outline, from the temple on the left of the picture to the other.
  private static let outline = [
    134, 109, 185, 110, 186, 111, 125, 126, 127, 128, 129, 130, 131, 132, 133, 114, 188, 113, 187,
    112, 144,
  ]
  /// Template points of the outer eye corners, as landmarks 36 and 45.
  private static let corners = (18, 27)

  /// Reads a .tem file: the number of points (189), then x and y a line, 1-based.
  /// - Returns: 0-based px.
  /// - Throws: `MaterialError` for a file of another form.
  public static func readTemplate(_ path: String) throws(MaterialError) -> [SIMD2<Double>] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw MaterialError(path, "cannot be read; expected a template of 189 points")
    }
    let lines = text.split(separator: "\n")
    var points: [SIMD2<Double>] = []
    for line in lines.dropFirst().prefix(189) {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 2, let x = Double(words[0]), let y = Double(words[1]), x.isFinite,
        y.isFinite
      else { throw MaterialError(path, "line \(points.count + 2): expected x and y") }
      points.append(SIMD2(x - 1, y - 1))
    }
    guard points.count == 189 else {
      throw MaterialError(path, "holds \(points.count) points; expected 189")
    }
    return points
  }

  /// Landmarks 0 to 16, px.
  /// - Parameter template: 189 points.
  public static func landmarks(template: [SIMD2<Double>]) -> [SIMD2<Double>] {
    precondition(template.count == 189, "a template of 189 points expected")
    let (left, right) = (template[corners.0], template[corners.1])
    let across = (right - left) / length(right - left)
    let down = SIMD2(-across.y, across.x)
    let line = dense(outline.map { template[$0] })
    let depths = line.map { (($0 - left) * down).sum() }
    let chin = depths.indices.max { depths[$0] < depths[$1] } ?? 0
    let start = (0..<chin).last { depths[$0] < 0 } ?? 0
    let end = (chin..<line.count).first { depths[$0] < 0 } ?? line.count - 1
    return evenly(Array(line[start...chin]), 9) + evenly(Array(line[chin...end]), 9).dropFirst()
  }

  /// A smooth line through points (Catmull and Rom's spline), 40 steps a piece.
  private static func dense(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    var line: [SIMD2<Double>] = []
    for i in 0..<points.count - 1 {
      let (a, b) = (points[max(0, i - 1)], points[i])
      let (c, d) = (points[i + 1], points[min(points.count - 1, i + 2)])
      for step in 0..<40 {
        let t = Double(step) / 40
        let linear = (c - a) * t
        let square = (2 * a - 5 * b + 4 * c - d) * (t * t)
        let cube = (3 * b - a - 3 * c + d) * (t * t * t)
        line.append(b + 0.5 * (linear + square + cube))
      }
    }
    return line + [points[points.count - 1]]
  }

  /// `count` points at equal arc lengths, both ends included.
  static func evenly(_ line: [SIMD2<Double>], _ count: Int) -> [SIMD2<Double>] {
    equalSteps(along: line, count).map { place in
      let piece = (line[place.piece], line[min(place.piece + 1, line.count - 1)])
      return piece.0 + (piece.1 - piece.0) * place.share
    }
  }

  /// Where `count` points at equal arc lengths lie, both ends included: on which piece of the line, and how much
  /// of it, 0 to 1, lies before them.
  static func equalSteps(
    along line: [SIMD2<Double>], _ count: Int
  ) -> [(piece: Int, share: Double)] {
    var (lengths, total) = ([0.0], 0.0)
    for (a, b) in zip(line, line.dropFirst()) {
      total += length(b - a)
      lengths.append(total)
    }
    var i = 0
    return (0..<count).map { k in
      let wanted = total * Double(k) / Double(count - 1)
      while i < line.count - 2, lengths[i + 1] < wanted { i += 1 }
      guard i + 1 < line.count else { return (i, 0) }
      let step = lengths[i + 1] - lengths[i]
      return (i, step > 0 ? max(0, min(1, (wanted - lengths[i]) / step)) : 0)
    }
  }

  private static func length(_ v: SIMD2<Double>) -> Double { (v * v).sum().squareRoot() }
}
