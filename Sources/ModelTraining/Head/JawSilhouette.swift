import CLNF
import Foundation

/// Where the jaw's landmarks go when a head turns: annotators put points 0-7 and 9-16 on the outline
/// that is seen, which then runs over the cheek.
///
/// Each of them looks for its outline among the skin vertices that lie inwards of it, across the
/// contour, in front of it. Immutable.
public struct JawSilhouette: Sendable {
  private struct Line: Sendable {
    var landmark: Int
    /// Outward across the contour in the frontal view, unit.
    var outward: SIMD2<Float>
    var candidates: [Int]
  }

  private let lines: [Line]

  /// Half the width of the strip of candidates, how far inwards and outwards it reaches, and how far
  /// behind the landmark, mm.
  private static let strip: (half: Float, inwards: Float, outwards: Float, behind: Float) =
    (2.2, 45, 1, 2)
  /// An outline that lies less than this beyond the landmark does not move it, mm.
  private static let threshold: Float = 0.5
  /// The outline is a soft maximum over vertices a few mm apart: its softness, mm.
  private static let softness: Float = 0.7

  public init(head: HeadModel, definition: LandmarkDefinition) {
    let mesh = head.neutral
    let normals = head.normals(of: mesh)
    let points = definition.points(of: mesh, rest: mesh)
    // The head's own skin: the mesh's inner surfaces (mouth, nostrils, sockets) face elsewhere.
    let skin = mesh.indices.filter { head.regions[$0] == .skin && normals[$0].z < 0.1 }
    let center = SIMD2(points[30].x, points[30].y)
    lines = (0..<17).filter { $0 != 8 }.map { i in
      let (before, after) = (points[max(0, i - 1)], points[min(16, i + 1)])
      var tangent = SIMD2(after.x - before.x, after.y - before.y)
      tangent /= (tangent * tangent).sum().squareRoot()
      var outward = SIMD2(-tangent.y, tangent.x)
      let place = SIMD2(points[i].x, points[i].y)
      if (outward * (place - center)).sum() < 0 { outward = -outward }
      let candidates = skin.filter { vertex in
        let offset = SIMD2(mesh[vertex].x, mesh[vertex].y) - place
        let across = (offset * outward).sum()
        return abs((offset * tangent).sum()) < Self.strip.half && across < Self.strip.outwards
          && across > -Self.strip.inwards && mesh[vertex].z < points[i].z + Self.strip.behind
      }
      return Line(landmark: i, outward: outward, candidates: candidates)
    }
  }

  /// All vertices that are looked at.
  public var vertices: [Int] { Array(Set(lines.flatMap(\.candidates))).sorted() }

  /// Moves the jaw's landmarks to the outline of a head that is seen with a rotation.
  /// - Parameters:
  ///   - points: 68, object space, mm.
  ///   - mesh: the place of a vertex in object space.
  ///   - rotation: from object to camera axes. Roll does not matter.
  public func slide(
    _ points: inout [SIMD3<Float>], mesh: (Int) -> SIMD3<Float>, seenWith rotation: RotationMatrix
  ) {
    // Axes of the picture of a camera that does not roll, in object space.
    let depth = SIMD3<Float>(rotation.row2)
    var right = SIMD3<Float>(1, 0, 0) - depth.x * depth
    right /= max(1e-6, (right * right).sum().squareRoot())
    let down = SIMD3(
      depth.y * right.z - depth.z * right.y, depth.z * right.x - depth.x * right.z,
      depth.x * right.y - depth.y * right.x)
    for line in lines {
      let outward = line.outward.x * right + line.outward.y * down
      let along = -line.outward.y * right + line.outward.x * down
      let own = points[line.landmark]
      let places = line.candidates.map(mesh)
      let heights = places.map { (outward * $0).sum() }
      guard let highest = heights.max(), highest > (outward * own).sum() + Self.threshold
      else { continue }
      var (sum, total) = (SIMD3<Float>.zero, Float(0))
      for (place, height) in zip(places, heights) {
        let weight = exp((height - highest) / Self.softness)
        sum += weight * place
        total += weight
      }
      let found = sum / total
      points[line.landmark] = found + (along * (own - found)).sum() * along
    }
  }
}
