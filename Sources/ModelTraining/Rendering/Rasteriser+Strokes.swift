import CLNF

/// Things drawn over a mesh: they are hidden by what is nearer and leave the depths as they are.
extension Rasteriser {
  /// How a stroke or a patch covers what is behind it.
  public struct Ink: Sendable {
    public var level: Float
    /// 0 ... 1.
    public var opacity: Float
    /// How far behind the surface it may lie and is still drawn.
    public var tolerance: Float

    public init(level: Float, opacity: Float = 1, tolerance: Float = 0) {
      (self.level, self.opacity, self.tolerance) = (level, opacity, tolerance)
    }
  }

  /// A line with round ends. x, y in px, then the depth; `radius` in px, at both ends.
  ///
  /// Thin lines (radius < 1/2) become fainter. Cost: about 3 ns for each pixel of its bounds.
  public func stroke(
    from a: SIMD3<Float>, to b: SIMD3<Float>, radius: (Float, Float), ink: Ink
  ) {
    let reach = max(radius.0, radius.1) + 1
    guard let bounds = bounds(of: [a, b], reach: reach) else { return }
    let along = SIMD2(b.x - a.x, b.y - a.y)
    let lengthSquared = max(1e-6, (along * along).sum())
    for y in bounds.rows {
      for x in bounds.columns {
        let at = SIMD2(Float(x) - a.x, Float(y) - a.y)
        let t = max(0, min(1, (at * along).sum() / lengthSquared))
        let off = at - t * along
        let wide = radius.0 + t * (radius.1 - radius.0)
        let cover = wide + 0.5 - (off * off).sum().squareRoot()
        guard cover > 0 else { continue }
        let index = y &* width &+ x
        guard a.z + t * (b.z - a.z) < depths[index] + ink.tolerance else { continue }
        let share = ink.opacity * min(1, cover, 2 * wide)
        levels[index] += share * (ink.level - levels[index])
      }
    }
  }

  /// A polyline of one radius.
  public func stroke(_ points: [SIMD3<Float>], radius: Float, ink: Ink) {
    for (a, b) in zip(points, points.dropFirst()) {
      stroke(from: a, to: b, radius: (radius, radius), ink: ink)
    }
  }

  /// A flat polygon, also one that is not convex (even-odd rule), with its corners' mean depth.
  public func fill(_ points: [SIMD3<Float>], ink: Ink) {
    guard points.count > 2, let bounds = bounds(of: points, reach: 0) else { return }
    let depth = points.reduce(0) { $0 + $1.z } / Float(points.count)
    var crossings: [Float] = []
    for y in bounds.rows {
      crossings.removeAll(keepingCapacity: true)
      var previous = points[points.count - 1]
      for point in points {
        // Half-open, so that a corner on the row counts once.
        if (previous.y <= Float(y)) != (point.y <= Float(y)) {
          let t = (Float(y) - previous.y) / (point.y - previous.y)
          crossings.append(previous.x + t * (point.x - previous.x))
        }
        previous = point
      }
      crossings.sort()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        let first = max(0, Int(crossings[pair].rounded(.up)))
        let last = min(width - 1, Int(crossings[pair + 1].rounded(.down)))
        guard first <= last else { continue }
        for x in first...last where depth < depths[y &* width &+ x] + ink.tolerance {
          let index = y &* width &+ x
          levels[index] += ink.opacity * (ink.level - levels[index])
        }
      }
    }
  }

  private struct Bounds {
    var columns: ClosedRange<Int>
    var rows: ClosedRange<Int>
  }

  /// The pixels around points; nil where there are none, or where a point is not finite or far out.
  private func bounds(of points: [SIMD3<Float>], reach: Float) -> Bounds? {
    var low = SIMD2<Float>(repeating: .infinity)
    var high = SIMD2<Float>(repeating: -.infinity)
    for point in points {
      guard abs(point.x) < 1e6, abs(point.y) < 1e6, point.z.isFinite else { return nil }
      low = pointwiseMin(low, SIMD2(point.x, point.y))
      high = pointwiseMax(high, SIMD2(point.x, point.y))
    }
    let left = max(0, Int((low.x - reach).rounded(.up)))
    let right = min(width - 1, Int((high.x + reach).rounded(.down)))
    let top = max(0, Int((low.y - reach).rounded(.up)))
    let bottom = min(height - 1, Int((high.y + reach).rounded(.down)))
    guard left <= right, top <= bottom else { return nil }
    return Bounds(columns: left...right, rows: top...bottom)
  }
}
