/// A face's box in image pixels: left edge `x`, upper edge `y`, `width` to the right, `height` down.
///
/// In CLNF a box spans the face's outline from side to side and from the brows to the chin.
public struct FaceBox: Sendable, Equatable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The box's centre in pixels.
  public var center: (x: Double, y: Double) { (x + width / 2, y + height / 2) }
}
