import CLNF
import FaceFinding
import SystemSupport

extension OverlayPicture {
  /// Draws faces as a detector found them: the box of each, its score, and its points where it has
  /// some. Boxes and points are in pixels of the picture; what lies outside is left out. The first
  /// face is drawn last, over the others.
  public mutating func drawFound(_ faces: [DetectedFace]) {
    for face in faces.reversed() {
      var style = OverlayStyle(faceWidth: face.box.width)
      style.box = VerdictColour.believed
      style.lineWidth = max(1.2, 1.5 * style.lineWidth)
      drawBox(face.box, style: style)
      for point in face.points?.all ?? [] {
        drawDot(x: point.x, y: point.y, radius: 2 * style.dotRadius, style.dot)
      }
      drawScore(face, style.box)
    }
  }

  /// The score, on a darkened ground: above the box, or inside where there is no room above.
  private mutating func drawScore(_ face: DetectedFace, _ colour: Colour) {
    let box = face.box
    guard face.confidence.isFinite, let left = Self.pixel(box.x), let top = Self.pixel(box.y),
      let span = Self.pixel(box.width)
    else { return }
    let text = String(printf: "%.2f", face.confidence)
    let scale = max(1, min(6, span / 80))
    let size = Self.textSize(text, scale: scale)
    let margin = scale
    let (width, height) = (size.width + 2 * margin, size.height + margin)
    let x = max(0, min(left, self.width - width))
    let y = top >= height ? top - height : max(0, top)
    fillRectangle(x: x, y: y, width: width, height: height, Colour(0, 0, 0), opacity: 0.6)
    drawText(text, x: x + margin, y: y + margin, scale: scale, colour)
  }

  /// The nearest pixel; nil for what no picture has.
  private static func pixel(_ value: Double) -> Int? {
    value.magnitude <= 1e6 ? Int(value.rounded()) : nil
  }
}
