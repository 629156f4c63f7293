/// A similarity of the plane without reflection, v -> M v, M = [[a, -b], [b, a]].
public struct Similarity: Sendable, Equatable {
  public var a: Double
  public var b: Double

  /// The way back. Only where `a` and `b` are not both 0.
  public var inverse: Similarity {
    let square = a * a + b * b
    return Similarity(a: a / square, b: -b / square)
  }

  /// How much lengths grow.
  public var scale: Double { (a * a + b * b).squareRoot() }

  /// M (x, y).
  public func apply(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (a * x - b * y, b * x + a * y)
  }

  /// The similarity that takes the stacked 2D shape `source` to `target`, both without their means:
  /// rotation by Kabsch's method, scale by the ratio of their sizes (docs/reference/clnf.md section
  /// 4).
  ///
  /// In the plane the rotation of Kabsch's method is the direction of sum s_i conj(t_i); no
  /// decomposition is needed. The identity where all points of one shape coincide.
  /// - Parameter n: points of each shape; `source` and `target` hold 2n numbers.
  public init(
    from source: UnsafePointer<Double>, to target: UnsafePointer<Double>, count n: Int
  ) {
    var (sourceX, sourceY, targetX, targetY) = (0.0, 0.0, 0.0, 0.0)
    for i in 0..<n {
      sourceX += source[i]
      sourceY += source[n + i]
      targetX += target[i]
      targetY += target[n + i]
    }
    let count = Double(n)
    (sourceX, sourceY) = (sourceX / count, sourceY / count)
    (targetX, targetY) = (targetX / count, targetY / count)
    var (dot, cross, sourceSize, targetSize) = (0.0, 0.0, 0.0, 0.0)
    for i in 0..<n {
      let (sx, sy) = (source[i] - sourceX, source[n + i] - sourceY)
      let (tx, ty) = (target[i] - targetX, target[n + i] - targetY)
      dot += sx * tx + sy * ty
      cross += sx * ty - sy * tx
      sourceSize += sx * sx + sy * sy
      targetSize += tx * tx + ty * ty
    }
    let length = (dot * dot + cross * cross).squareRoot()
    guard length > 0, sourceSize > 0 else {
      self.init(a: 1, b: 0)
      return
    }
    let scale = (targetSize / sourceSize).squareRoot()
    self.init(a: scale * dot / length, b: scale * cross / length)
  }

  public init(a: Double, b: Double) {
    self.a = a
    self.b = b
  }
}
