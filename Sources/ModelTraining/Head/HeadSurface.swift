import CLNF

/// Looks for places on a head's resting skin: where landmarks can be put.
struct HeadSurface {
  private let mesh: [SIMD3<Float>]
  /// Skin triangles that face the camera of a frontal view, at least nearly.
  private let triangles: [HeadModel.Triangle]
  private let neighbours: [[Int]]

  /// A place may have been found this far from where it was looked for in depth, mm.
  private static let reach: Float = 14

  init(_ head: HeadModel) {
    mesh = head.neutral
    let normals = head.normals(of: head.neutral)
    triangles = head.triangles.filter { triangle in
      triangle.region == .skin
        && [triangle.a, triangle.b, triangle.c].allSatisfy { normals[Int($0)].z < 0.1 }
    }
    var neighbours = [[Int]](repeating: [], count: head.vertexCount)
    for triangle in head.triangles where triangle.region == .skin {
      let corners = [Int(triangle.a), Int(triangle.b), Int(triangle.c)]
      for a in corners {
        for b in corners where b != a && !neighbours[a].contains(b) { neighbours[a].append(b) }
      }
    }
    self.neighbours = neighbours
  }

  /// The place on the skin whose frontal view is nearest to (x, y), near `old` in depth.
  func place(x: Float, y: Float, near old: SIMD3<Float>) -> LandmarkDefinition.Place {
    var best = (cost: Float.infinity, place: LandmarkDefinition.Place(vertex: 0))
    for triangle in triangles {
      let indices = [Int(triangle.a), Int(triangle.b), Int(triangle.c)]
      let corners = indices.map { mesh[$0] }
      guard
        corners.contains(where: { corner in
          let offset = corner - old
          return (offset * offset).sum() < Self.reach * Self.reach
        })
      else { continue }
      let weights = Self.nearest(SIMD2(x, y), in: corners.map { SIMD2($0.x, $0.y) })
      var point = SIMD3<Float>.zero
      for (weight, corner) in zip(weights, corners) { point += weight * corner }
      let distance = ((point.x - x) * (point.x - x) + (point.y - y) * (point.y - y)).squareRoot()
      let cost = distance + 0.15 * abs(point.z - old.z)
      if cost < best.cost {
        best = (cost, LandmarkDefinition.Place(vertices: indices, weights: weights))
      }
    }
    return best.place
  }

  /// Barycentric weights of the point of a triangle that is nearest to `p`.
  private static func nearest(_ p: SIMD2<Float>, in t: [SIMD2<Float>]) -> [Float] {
    let area = cross(t[1] - t[0], t[2] - t[0])
    if abs(area) > 1e-9 {
      let u = cross(p - t[0], t[2] - t[0]) / area
      let v = cross(t[1] - t[0], p - t[0]) / area
      if u >= 0, v >= 0, u + v <= 1 { return [1 - u - v, u, v] }
    }
    var best = (distance: Float.infinity, weights: [Float](repeating: 0, count: 3))
    for (i, j) in [(0, 1), (1, 2), (2, 0)] {
      let edge = t[j] - t[i]
      let square = (edge * edge).sum()
      let along = square > 0 ? max(0, min(1, ((p - t[i]) * edge).sum() / square)) : 0
      let offset = p - (t[i] + along * edge)
      let distance = (offset * offset).sum()
      if distance < best.distance {
        var weights: [Float] = [0, 0, 0]
        weights[i] = 1 - along
        weights[j] = along
        best = (distance, weights)
      }
    }
    return best.weights
  }

  private static func cross(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Float {
    a.x * b.y - a.y * b.x
  }

  /// The shortest way along the mesh's edges through `stops`, as vertices.
  func path(through stops: [Int]) -> [Int] {
    var way = [stops[0]]
    for stop in stops.dropFirst() {
      way += shortest(from: way[way.count - 1], to: stop).dropFirst()
    }
    return way
  }

  /// Dijkstra's algorithm among the vertices within a few centimetres.
  private func shortest(from start: Int, to end: Int) -> [Int] {
    var distances = [start: Float(0)]
    var previous: [Int: Int] = [:]
    var open: Set<Int> = [start]
    var done: Set<Int> = []
    while let next = open.min(by: { (distances[$0] ?? 0, $0) < (distances[$1] ?? 0, $1) }) {
      if next == end { break }
      open.remove(next)
      done.insert(next)
      for neighbour in neighbours[next] where !done.contains(neighbour) {
        let edge = mesh[neighbour] - mesh[next]
        let length = (distances[next] ?? 0) + (edge * edge).sum().squareRoot()
        if length < distances[neighbour] ?? .infinity {
          distances[neighbour] = length
          previous[neighbour] = next
          open.insert(neighbour)
        }
      }
    }
    var way = [end]
    while let before = previous[way[way.count - 1]] { way.append(before) }
    return way.reversed()
  }

  /// The place on a way of vertices whose frontal view is nearest to (x, y); `byColumn` compares x
  /// alone, for edges whose height a photo does not tell.
  func place(
    on way: [Int], x: Float, y: Float, byColumn: Bool
  ) -> LandmarkDefinition.Place {
    var best = (cost: Float.infinity, place: LandmarkDefinition.Place(vertex: way[0]))
    for (a, b) in zip(way, way.dropFirst()) {
      let weight: SIMD2<Float> = byColumn ? [1, 0] : [1, 1]
      let start = weight * SIMD2(mesh[a].x, mesh[a].y)
      let edge = weight * SIMD2(mesh[b].x, mesh[b].y) - start
      let target = weight * SIMD2(x, y)
      let square = (edge * edge).sum()
      let along = square > 0 ? max(0, min(1, ((target - start) * edge).sum() / square)) : 0
      let offset = target - (start + along * edge)
      let cost = (offset * offset).sum()
      if cost < best.cost {
        best = (cost, LandmarkDefinition.Place(vertices: [a, b], weights: [1 - along, along]))
      }
    }
    return best.place
  }
}
