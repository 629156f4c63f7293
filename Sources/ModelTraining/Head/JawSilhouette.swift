import CLNF
import Foundation

/// Where the jaw's landmarks go when a head turns: annotators put points 0-7 and 9-16 on the outline
/// of the face that is seen. On the side that turns away it runs over the cheek; on the other it is
/// where the face ends: the front edge of the ear to its lobe, then the edge of the jaw.
///
/// Each of them looks for its outline, across the contour, among the skin vertices that lie inwards of it
/// in front of it, and among those behind it that still belong to the face. Then the steps from the ends to
/// the chin are made equal, as the definition has them (Training/landmarks). Immutable.
public struct JawSilhouette: Sendable {
  private struct Candidate: Sendable {
    var vertex: Int
    /// How far it lies outside of the landmark on the resting head from the front, mm: 0 or more.
    var excess: Float
  }

  private struct Line: Sendable {
    var landmark: Int
    /// Outward across the contour in the frontal view, unit.
    var outward: SIMD2<Float>
    var candidates: [Candidate]
  }

  private let lines: [Line]

  /// Half the width of the strip of candidates, how far inwards and outwards it reaches, and how far
  /// behind the landmark the inner ones are, mm.
  private static let strip: (half: Float, inwards: Float, outwards: Float, behind: Float) =
    (2.2, 45, 1, 2)
  /// How far outwards candidates behind the landmark lie in the frontal view, mm.
  private static let farthestOutwards: Float = 8
  /// An outline that lies less than this beyond the landmark does not move it, mm.
  private static let threshold: Float = 0.5
  /// The outline is a soft maximum over vertices a few mm apart: its softness, mm.
  private static let softness: Float = 0.7

  /// Where the face ends at the side of the resting mesh of ICT-FaceKit, mm of our axes: depth by height, from
  /// above the ear along its front edge to the lobe, and along the edge of the lower jaw to the chin.
  static let edge: [(height: Float, depth: Float)] = [
    (-60, -20), (-40, -18), (-34, -17), (-20, -15.5), (-5, -14), (5, -15), (12, -18), (20, -21.5),
    (28, -25), (36, -29), (42, -34), (47, -41), (52, -52), (57, -64), (63, -75), (69, -85),
    (75, -98),
    (80, -101),
  ]

  /// The depth at which the face ends at a height.
  static func edgeDepth(at height: Float) -> Float {
    var (above, end) = (edge[0], edge[0].depth)
    for below in edge.dropFirst() where height > above.height {
      let share = min(1, (height - above.height) / (below.height - above.height))
      end = above.depth + share * (below.depth - above.depth)
      above = below
    }
    return end
  }

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
      let candidates = skin.compactMap { vertex -> Candidate? in
        let point = mesh[vertex]
        let offset = SIMD2(point.x, point.y) - place
        let across = (offset * outward).sum()
        guard abs((offset * tangent).sum()) < Self.strip.half, across > -Self.strip.inwards else {
          return nil
        }
        let isInFront = across < Self.strip.outwards && point.z < points[i].z + Self.strip.behind
        let isOfTheFace =
          across < Self.farthestOutwards && point.z <= Self.edgeDepth(at: point.y)
          && point.x * place.x > 0
        guard isInFront || isOfTheFace else { return nil }
        return Candidate(vertex: vertex, excess: isInFront ? 0 : max(0, across))
      }
      return Line(landmark: i, outward: outward, candidates: candidates)
    }
  }

  /// All vertices that are looked at.
  public var vertices: [Int] {
    Array(Set(lines.flatMap { $0.candidates.map(\.vertex) })).sorted()
  }

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
      let places = line.candidates.map { mesh($0.vertex) }
      let heights = zip(places, line.candidates).map { (outward * $0).sum() - $1.excess }
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
    for side in [Array(0...8), Array((8...16).reversed())] {
      let line = side.map { points[$0] }
      let seen = line.map { SIMD2(Double((right * $0).sum()), Double((down * $0).sum())) }
      let places = JawOutline.equalSteps(along: seen, line.count)
      for (landmark, place) in zip(side, places).dropFirst().dropLast() {
        let (from, to) = (line[place.piece], line[place.piece + 1])
        points[landmark] = from + Float(place.share) * (to - from)
      }
    }
  }
}
