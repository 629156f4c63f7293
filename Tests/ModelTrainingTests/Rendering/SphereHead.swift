import Foundation

@testable import ModelTraining

/// A head that is a sphere of 80 mm with a landmark on every vertex of a ring and some inside.
enum SphereHead {
  static let radius: Float = 80
  static let rings = 24
  static let sectors = 32

  /// Vertex at `ring` (0: the top pole) and `sector`.
  static func vertex(_ ring: Int, _ sector: Int) -> Int {
    ring * sectors + (sector + sectors) % sectors
  }

  /// - Parameter marked: vertices that are eyes, brighter than skin; no others are.
  static func make(landmarks: [Int], marked: Set<Int32> = []) -> HeadModel {
    var points: [SIMD3<Float>] = []
    for ring in 0...rings {
      let polar = Float.pi * Float(ring) / Float(rings)
      for sector in 0..<sectors {
        let around = 2 * Float.pi * Float(sector) / Float(sectors)
        // Sector 0 looks at the camera.
        points.append(
          radius * SIMD3(sin(polar) * sin(around), -cos(polar), -sin(polar) * cos(around)))
      }
    }
    var triangles: [HeadModel.Triangle] = []
    for ring in 0..<rings {
      for sector in 0..<sectors {
        let (a, b) = (Int32(vertex(ring, sector)), Int32(vertex(ring, sector + 1)))
        let (c, d) = (Int32(vertex(ring + 1, sector)), Int32(vertex(ring + 1, sector + 1)))
        for corners in [[a, c, b], [b, c, d]] {
          triangles.append(
            HeadModel.Triangle(
              a: corners[0], b: corners[1], c: corners[2],
              region: corners.contains(where: marked.contains) ? .eye : .skin))
        }
      }
    }
    // A vertex is of the last triangle's region: neighbours of marked ones become skin again.
    triangles = triangles.filter { $0.region == .eye } + triangles.filter { $0.region == .skin }
    let still = [SIMD3<Float>](repeating: .zero, count: points.count)
    var taller = still
    for i in points.indices { taller[i].y = 0.05 * points[i].y }
    return HeadModel(
      neutral: points, identity: [taller, still], expressions: [still],
      expressionNames: ["jawOpen"], triangles: triangles, landmarkVertices: landmarks)
  }

  /// 68 vertices of the front, in rows from the left to the right; chin and mouth far below, so that
  /// clothes begin below the sphere and the mouth lies apart from the middle.
  static let frontLandmarks: [Int] = {
    var landmarks = (0..<68).map { vertex(6 + $0 / 9, $0 % 9 - 4) }
    landmarks[8] = vertex(21, 0)
    landmarks[48] = vertex(18, -1)
    landmarks[51] = vertex(17, 0)
    landmarks[54] = vertex(18, 1)
    landmarks[57] = vertex(19, 0)
    return landmarks
  }()
}
