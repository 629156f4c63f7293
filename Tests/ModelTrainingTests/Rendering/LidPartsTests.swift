import CLNF
import Testing

@testable import ModelTraining

/// Lids of a flat face: a grid of 1 mm, an eye of 12 x 4 mm with its middle at (-20, 0), whose upper lid
/// goes down by 8 mm at its edge and by less above.
struct LidPartsTests {
  private static let (columns, rows) = (41, 31)

  private static func place(_ index: Int) -> SIMD3<Float> {
    SIMD3(Float(index % columns) - 40, Float(index / columns) - 15, 0)
  }

  private static func isEye(_ at: SIMD3<Float>) -> Bool { abs(at.x + 20) < 6 && abs(at.y) < 2 }

  private static let head: HeadModel = {
    let points = (0..<columns * rows).map(place)
    var triangles: [HeadModel.Triangle] = []
    for y in 0..<rows - 1 {
      for x in 0..<columns - 1 {
        let a = Int32(y * columns + x)
        let (b, c, d) = (a + 1, a + Int32(columns), a + Int32(columns) + 1)
        for corners in [[a, c, b], [b, c, d]] {
          triangles.append(
            HeadModel.Triangle(
              a: corners[0], b: corners[1], c: corners[2],
              region: corners.allSatisfy { isEye(points[Int($0)]) } ? .eye : .skin))
        }
      }
    }
    triangles = triangles.filter { $0.region == .skin } + triangles.filter { $0.region == .eye }
    let still = [SIMD3<Float>](repeating: .zero, count: points.count)
    let closing = points.map { at -> SIMD3<Float> in
      guard abs(at.x + 20) < 7, at.y < -1, at.y > -14, !isEye(at) else { return .zero }
      return SIMD3(0, 8 * (14 + at.y) / 12, 0)
    }
    return HeadModel(
      neutral: points, identity: [still], expressions: [still, closing],
      expressionNames: ["jawOpen", "eyeBlink_R"], triangles: triangles,
      landmarkVertices: Array(0..<68))
  }()

  @Test func theLidIsWhatMovesDownAboveTheEye() throws {
    let lids = LidParts(Self.head).lids
    let lid = try #require(lids.first)
    #expect(lids.count == 1 && lid.field == 1 && lid.edge == 36..<40)
    #expect(!lid.vertices.isEmpty && !lid.eye.isEmpty && !lid.above.isEmpty)
    #expect(lid.eye.allSatisfy { Self.isEye(Self.place($0)) })
    for (vertex, share) in zip(lid.vertices, lid.shares) {
      let at = Self.place(vertex)
      #expect(at.y < 0 && abs(at.x + 20) < 7 && share >= 0 && share <= 1)
    }
    #expect(lid.above.allSatisfy { Self.place($0).y < -7 })
    #expect(LidParts(SphereHead.make(landmarks: SphereHead.frontLandmarks)).lids.isEmpty)
  }

  @Test func onlyClosingLidsArePainted() throws {
    let lid = try #require(LidParts(Self.head).lids.first)
    let levels = [Float](repeating: 120, count: Self.head.vertexCount)
    let bare = levels.indices.map {
      RasterVertex(place: Self.place($0), weight: 1, level: levels[$0])
    }
    func painted(_ closed: Float) -> [RasterVertex] {
      var corners = bare
      lid.paint(closed: closed, levels: levels, on: &corners)
      return corners
    }
    let whole = try #require(zip(lid.vertices, lid.shares).first { $0.1 == 1 }?.0)
    #expect(painted(0.1)[whole].paint.z == 1, "an open lid shows its photo")
    #expect(painted(1)[whole].paint.z == 0 && painted(1)[whole].paint.w == 0.95 * 120)
    #expect((0.2...0.8).contains(painted(0.4)[whole].paint.z))
    let others = Set(levels.indices).subtracting(lid.vertices)
    let corners = painted(1)
    #expect(others.allSatisfy { corners[$0].paint == bare[$0].paint })
  }

  @Test func theEyeGoesBackBehindTheLid() throws {
    let lid = try #require(LidParts(Self.head).lids.first)
    var vertices = Self.head.neutral
    lid.makeWay(closed: 0, in: &vertices)
    #expect(vertices == Self.head.neutral)
    lid.makeWay(closed: 1, in: &vertices)
    for i in vertices.indices {
      #expect(vertices[i].z == (lid.eye.contains(i) ? 3 : 0))
    }
  }
}
