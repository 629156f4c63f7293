import Foundation

/// A small head: half an ellipsoid towards the camera, 60 mm wide, 90 high and 70 deep, whose identity
/// fields make it wider, longer and deeper, and whose expressions open the jaw and raise the brows.
public enum EllipsoidHead {
  public static let columns = 37
  public static let rows = 33

  /// x to the right, y down, z away from the camera, mm.
  public static let vertices: [SIMD3<Float>] = {
    var mesh: [SIMD3<Float>] = []
    for row in 0..<rows {
      let latitude = Float.pi * (Float(row) + 0.5) / Float(rows) - Float.pi / 2
      for column in 0..<columns {
        let longitude = Float.pi * (Float(column) / Float(columns - 1)) - Float.pi / 2
        mesh.append(
          SIMD3(
            60 * sin(longitude) * cos(latitude), 90 * sin(latitude),
            -70 * cos(longitude) * cos(latitude)))
      }
    }
    return mesh
  }()

  /// Corners, from 0.
  public static let triangles: [SIMD3<Int32>] = {
    var triangles: [SIMD3<Int32>] = []
    for row in 0..<rows - 1 {
      for column in 0..<columns - 1 {
        let a = Int32(row * columns + column)
        let (right, below) = (a + 1, a + Int32(columns))
        triangles.append(SIMD3(a, below, right))
        triangles.append(SIMD3(right, below, below + 1))
      }
    }
    return triangles
  }()

  public static let identity: [[SIMD3<Float>]] = [
    vertices.map { SIMD3(0.05 * $0.x, 0, 0) }, vertices.map { SIMD3(0, 0.06 * $0.y, 0) },
    vertices.map { SIMD3(0, 0, 0.08 * $0.z) },
  ]

  public static let expressionNames = ["jawOpen", "browInnerUp"]

  public static let expressions: [[SIMD3<Float>]] = [
    vertices.map { $0.y > 20 ? SIMD3(0, 0.3 * ($0.y - 20), 0) : .zero },
    vertices.map { $0.y < -20 ? SIMD3(0, 0.2 * ($0.y + 20), 0) : .zero },
  ]

  /// By landmark, iBUG order.
  public static let landmarkVertices = landmarkPlaces.map { vertex(near: $0, vertices) }

  /// Frontal places of 68 landmarks on the ellipsoid, in iBUG order.
  public static let landmarkPlaces: [SIMD2<Float>] = {
    var places: [SIMD2<Float>] = []
    for i in 0..<17 {
      let angle = Float.pi * Float(i) / 16
      places.append(SIMD2(-52 * cos(angle), -10 + 80 * sin(angle)))
    }
    for i in 0..<5 { places.append(SIMD2(-42 + 8 * Float(i), -38 - 2 * Float(min(i, 4 - i)))) }
    for i in 0..<5 { places.append(SIMD2(10 + 8 * Float(i), -38 - 2 * Float(min(i, 4 - i)))) }
    for i in 0..<4 { places.append(SIMD2(0, -22 + 9 * Float(i))) }
    for i in 0..<5 { places.append(SIMD2(-12 + 6 * Float(i), 14)) }
    for side in [Float(-1), 1] {
      let center = SIMD2<Float>(26 * side, -22)
      for angle in stride(from: Float.pi, to: -Float.pi + 0.1, by: -Float.pi / 3) {
        places.append(center + SIMD2(10 * cos(angle), -6 * sin(angle)))
      }
    }
    for (count, radius) in [(12, SIMD2<Float>(22, 12)), (8, SIMD2<Float>(17, 5))] {
      for i in 0..<count {
        let angle = Float.pi - 2 * Float.pi * Float(i) / Float(count)
        places.append(SIMD2(0, 38) + SIMD2(radius.x * cos(angle), -radius.y * sin(angle)))
      }
    }
    return places
  }()

  private static func vertex(near place: SIMD2<Float>, _ mesh: [SIMD3<Float>]) -> Int {
    func distance(_ i: Int) -> Float {
      let offset = SIMD2(mesh[i].x, mesh[i].y) - place
      return (offset * offset).sum()
    }
    return mesh.indices.min { distance($0) < distance($1) } ?? 0
  }
}
