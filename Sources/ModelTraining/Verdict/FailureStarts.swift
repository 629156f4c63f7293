import CLNF
import Foundation

/// Seeded starts of fits around a face box, far enough off that some fits fail.
///
/// The protocol of docs/develop/measuring.md: shift uniform within 30 % of the box's sides, scale
/// log-uniform from 0.75 to 1.33, roll uniform within 25 degrees.
public enum FailureStarts {
  /// A displaced box and a roll in radians.
  public static func draw(
    around box: FaceBox, _ generator: inout SeededGenerator
  ) -> (box: FaceBox, roll: Double) {
    let scale = exp(generator.uniform(log(0.75)...log(1.33)))
    let dx = generator.uniform(-0.3...0.3) * box.width
    let dy = generator.uniform(-0.3...0.3) * box.height
    let roll = generator.uniform(-25...25) * Double.pi / 180
    let (width, height) = (box.width * scale, box.height * scale)
    let moved = FaceBox(
      x: box.center.x + dx - width / 2, y: box.center.y + dy - height / 2, width: width,
      height: height)
    return (moved, roll)
  }

  /// A box of the face's size that overlaps it by less than a tenth; nil where the image has no
  /// room for one in 50 tries.
  public static func drawBackground(
    face: FaceBox, width: Int, height: Int, _ generator: inout SeededGenerator
  ) -> FaceBox? {
    for _ in 0..<50 {
      let scale = exp(generator.uniform(log(0.4)...log(1)))
      let (w, h) = (face.width * scale, face.height * scale)
      guard w < Double(width), h < Double(height) else { continue }
      let x = generator.uniform(0...Double(width) - w)
      let y = generator.uniform(0...Double(height) - h)
      let overlapX = max(0, min(x + w, face.x + face.width) - max(x, face.x))
      let overlapY = max(0, min(y + h, face.y + face.height) - max(y, face.y))
      if overlapX * overlapY < 0.1 * w * h { return FaceBox(x: x, y: y, width: w, height: h) }
    }
    return nil
  }
}

/// Mean point distance over the distance of the outer eye corners (landmarks 36 and 45).
public enum LandmarkError {
  public static func relative(_ landmarks: [Double], to truth: [Double]) -> Double {
    let n = truth.count / 2
    precondition(landmarks.count == truth.count && n > 45, "expected \(truth.count) coordinates")
    var sum = 0.0
    for i in 0..<n {
      let (dx, dy) = (landmarks[i] - truth[i], landmarks[n + i] - truth[n + i])
      sum += (dx * dx + dy * dy).squareRoot()
    }
    let (dx, dy) = (truth[36] - truth[45], truth[n + 36] - truth[n + 45])
    return sum / Double(n) / (dx * dx + dy * dy).squareRoot()
  }

  /// The box from side to side and from the brows to the chin.
  public static func box(of truth: [Double]) -> FaceBox {
    let n = truth.count / 2
    let (xs, ys) = (truth[..<n], truth[n...])
    let (left, top) = (xs.min() ?? 0, ys.min() ?? 0)
    return FaceBox(
      x: left, y: top, width: (xs.max() ?? 0) - left, height: (ys.max() ?? 0) - top)
  }
}
