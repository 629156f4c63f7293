import CLNF

/// Rotations and translations that lay 3D shapes on each other; sizes are kept.
public enum RigidAlignment {
  /// Shapes moved and turned to lie best on their common mean, whose centroid is 0.
  ///
  /// - Parameter fixed: the points that are laid on each other; the others go with them. nil: all. Points that
  ///   slide on a head would turn it.
  public static func align(
    _ shapes: [[SIMD3<Double>]], by fixed: Range<Int>? = nil, rounds: Int
  ) -> [[SIMD3<Double>]] {
    let fixed = fixed ?? 0..<(shapes.first?.count ?? 0)
    var aligned = shapes.map { shape in
      let center = centroid(shape[fixed])
      return shape.map { $0 - center }
    }
    for _ in 0..<rounds {
      let mean = mean(of: aligned)
      aligned = aligned.map { shape in
        let rotation = rotation(from: Array(shape[fixed]), to: Array(mean[fixed]))
        return shape.map(rotation.rotate)
      }
    }
    let center = centroid(mean(of: aligned)[...])
    return aligned.map { shape in shape.map { $0 - center } }
  }

  private static func mean(of shapes: [[SIMD3<Double>]]) -> [SIMD3<Double>] {
    var mean = [SIMD3<Double>](repeating: .zero, count: shapes.first?.count ?? 0)
    for shape in shapes { for i in mean.indices { mean[i] += shape[i] / Double(shapes.count) } }
    return mean
  }

  private static func centroid(_ points: ArraySlice<SIMD3<Double>>) -> SIMD3<Double> {
    points.reduce(.zero, +) / Double(max(1, points.count))
  }

  /// The rotation R that minimises sum |R a_i - b_i|^2 of centred shapes.
  ///
  /// Source: Horn, "Closed-form solution of absolute orientation using unit quaternions", JOSA A 1987.
  public static func rotation(
    from source: [SIMD3<Double>], to target: [SIMD3<Double>]
  ) -> RotationMatrix {
    // s[a][b] = sum of source's coordinate a times target's coordinate b.
    var s = [[Double]](repeating: [0, 0, 0], count: 3)
    for (p, q) in zip(source, target) {
      for a in 0..<3 { for b in 0..<3 { s[a][b] += p[a] * q[b] } }
    }
    let matrix = [
      s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0],
      s[1][2] - s[2][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2],
      s[2][0] - s[0][2], s[0][1] + s[1][0], s[1][1] - s[0][0] - s[2][2], s[1][2] + s[2][1],
      s[0][1] - s[1][0], s[2][0] + s[0][2], s[1][2] + s[2][1], s[2][2] - s[0][0] - s[1][1],
    ]
    guard let q = DenseAlgebra.symmetricEigen(matrix, order: 4)?.vectors.first else {
      return .identity
    }
    let (w, x, y, z) = (q[0], q[1], q[2], q[3])
    return RotationMatrix(
      [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
      [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
      [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z])
  }
}
