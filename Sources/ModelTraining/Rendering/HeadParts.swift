import CLNF

/// Where hair, beard, clothes and the inside of the mouth lie on a head's mesh.
///
/// Judged once on the neutral mesh, from positions relative to its landmarks, in mm. A mesh whose
/// landmarks lie elsewhere gives empty parts, never a trap.
struct HeadParts: Sendable {
  /// How far behind the hairline a vertex lies; negative before it and off the scalp.
  private(set) var scalp: [Float]
  /// 0 ... 1.
  private(set) var beard: [Float]
  private(set) var moustache: [Float]
  /// The mouth's inside, with the lips' inner sides, gums and teeth: what light it gets, 0 ... 1;
  /// elsewhere 1.
  private(set) var openness: [Float]
  private(set) var isInsideMouth: [Bool]
  /// Down along the neck and chest: clothes begin above some value of it.
  private(set) var chest: [Float]
  private(set) var scalpVertices: [Int] = []
  /// Along the hairline above the forehead.
  private(set) var fringeVertices: [Int] = []
  private(set) var isFringe: [Bool]
  private(set) var scalpTriangles: [HeadModel.Triangle] = []
  private(set) var beardVertices: [Int] = []
  private(set) var moustacheVertices: [Int] = []

  init(_ head: HeadModel) {
    let count = head.vertexCount
    scalp = [Float](repeating: -100, count: count)
    beard = [Float](repeating: 0, count: count)
    moustache = beard
    openness = [Float](repeating: 1, count: count)
    isInsideMouth = [Bool](repeating: false, count: count)
    isFringe = isInsideMouth
    chest = [Float](repeating: -1000, count: count)
    let normals = head.normals(of: head.neutral)
    let frame = Frame(head)
    for i in 0..<count {
      let at = head.neutral[i]
      let isSkin = head.regions[i] == .skin
      if head.regions[i] == .mouthInterior || head.regions[i] == .teeth
        || (isSkin && frame.facesIntoMouth(at, normals[i]))
      {
        isInsideMouth[i] = true
        openness[i] = frame.openness(at)
      } else if isSkin {
        scalp[i] = frame.scalp(at)
        beard[i] = frame.beard(at)
        moustache[i] = frame.moustache(at)
        chest[i] = frame.chest(at)
      }
    }
    scalpVertices = (0..<count).filter { scalp[$0] > 0 }
    fringeVertices = scalpVertices.filter {
      scalp[$0] < 25 && head.neutral[$0].z - frame.nasion.z < 40
    }
    for i in fringeVertices { isFringe[i] = true }
    beardVertices = (0..<count).filter { beard[$0] > 0.3 }
    moustacheVertices = (0..<count).filter { moustache[$0] > 0.3 }
    scalpTriangles = head.triangles.filter { triangle in
      triangle.region == .skin
        && [triangle.a, triangle.b, triangle.c].allSatisfy { scalp[Int($0)] > -12 }
    }
  }

  /// Positions on the neutral mesh that parts are measured from.
  private struct Frame {
    let nasion: SIMD3<Float>
    let chin: SIMD3<Float>
    let noseBase: SIMD3<Float>
    let mouth: SIMD3<Float>
    /// Half width and height of the lips.
    let lips: SIMD2<Float>
    let low: SIMD3<Float>
    let high: SIMD3<Float>

    init(_ head: HeadModel) {
      let points = head.landmarkVertices.map { head.neutral[$0] }
      nasion = points[27]
      chin = points[8]
      noseBase = points[33]
      mouth = (points[48] + points[54] + points[51] + points[57]) / 4
      lips = SIMD2((points[54].x - points[48].x) / 2, (points[57].y - points[51].y) / 2)
      var (low, high) = (mouth, mouth)
      for (at, region) in zip(head.neutral, head.regions)
      where region == .mouthInterior || region == .teeth {
        low = pointwiseMin(low, at)
        high = pointwiseMax(high, at)
      }
      (self.low, self.high) = (low - 5, high + 5)
    }

    func facesIntoMouth(_ at: SIMD3<Float>, _ normal: SIMD3<Float>) -> Bool {
      guard all(at .> low), all(at .< high) else { return false }
      let middle = SIMD3(mouth.x, mouth.y, (low.z + high.z) / 2)
      return ((at - middle) * normal).sum() < 0
    }

    /// Light falls off behind the lips.
    func openness(_ at: SIMD3<Float>) -> Float {
      let depth = at.z - mouth.z - 4
      return depth > 0 ? max(0.12, 1 - depth / 28) : 1
    }

    /// The hairline's height by depth, both relative to the root of the nose: across the forehead,
    /// back at the temples, down before the ears, to the nape.
    private static let hairline: [(z: Float, y: Float)] = [
      (-30, -68), (8, -72), (32, -58), (60, -26), (76, 10), (88, 20), (127, 55), (170, 75),
    ]

    func scalp(_ at: SIMD3<Float>) -> Float {
      let (y, z) = (at.y - nasion.y, at.z - nasion.z)
      // Ears stand out.
      if abs(at.x) > 76, y > -12, z > 70, z < 140 { return -100 }
      var limit = Self.hairline[0].y
      for (a, b) in zip(Self.hairline, Self.hairline.dropFirst()) where z >= a.z {
        limit = a.y + min(1, (z - a.z) / (b.z - a.z)) * (b.y - a.y)
      }
      return limit - y
    }

    /// 1 at the lips' outline.
    private func lipDistance(_ at: SIMD3<Float>) -> Float {
      let (u, v) = ((at.x - mouth.x) / max(1, lips.x), (at.y - mouth.y) / max(1, lips.y))
      return (u * u + v * v).squareRoot()
    }

    func beard(_ at: SIMD3<Float>) -> Float {
      guard at.y < chin.y + 22, at.z - nasion.z < 92 else { return 0 }
      let cheek = mouth.y + 12 - 0.63 * abs(at.x)
      let below = max(0, min(1, (at.y - cheek) / 7))
      let isBesideMouth = abs(at.x) > 0.8 * lips.x || at.y > mouth.y
      let offLips = max(0, min(1, (lipDistance(at) - 1.1) / 0.3))
      return isBesideMouth ? below * offLips : 0
    }

    func moustache(_ at: SIMD3<Float>) -> Float {
      guard at.y > noseBase.y + 2, at.y < mouth.y + 4, at.z < mouth.z + 25 else { return 0 }
      let side = max(0, min(1, (1.25 * lips.x - abs(at.x)) / 5))
      return side * max(0, min(1, (lipDistance(at) - 1.05) / 0.2))
    }

    func chest(_ at: SIMD3<Float>) -> Float {
      at.y - chin.y - 0.35 * (at.z - nasion.z)
    }
  }
}
