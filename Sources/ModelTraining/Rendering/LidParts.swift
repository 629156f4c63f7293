import CLNF

/// The upper lids of a head's mesh: what a photo of open eyes shows of them is a fold, a row of lashes
/// and, a little off, the eye itself, so that closed lids are painted with the skin above them.
struct LidParts: Sendable {
  /// Of one lid.
  struct Lid: Sendable {
    /// Index of the expression field that closes it.
    var field: Int
    /// Vertices of the lid and how far each belongs to it, 0 ... 1.
    var vertices: [Int] = []
    var shares: [Float] = []
    /// The outer corner, the edge of the upper lid, the inner corner: indices of the 68 points.
    var edge: Range<Int>
    /// Vertices of the eye behind it.
    var eye: [Int] = []
    /// Vertices above the lid that hardly move.
    var above: [Int] = []
  }

  let lids: [Lid]

  /// A vertex of the lid moves by this much when the lid closes, mm; it is the lid's whole from the
  /// second figure on.
  private static let moves: (from: Float, to: Float) = (1.2, 2.7)
  private static let above: ClosedRange<Float> = 0.05...0.7
  /// Skin above a lid lies at least this far over the eye's middle, mm, and faces forwards.
  private static let height: Float = 7
  private static let facing: Float = 0.5

  init(_ head: HeadModel) {
    let normals = head.normals(of: head.neutral)
    lids = ["eyeBlink_L", "eyeBlink_R"].compactMap { name in
      guard let field = head.expressionNames.firstIndex(of: name) else { return nil }
      let ways = head.expressions[field]
      // Upper lids go down.
      let skin = ways.indices.filter { head.regions[$0] == .skin && ways[$0].y > 0 }
      guard let lowest = skin.max(by: { ways[$0].y < ways[$1].y }) else { return nil }
      let side = head.neutral[lowest].x
      var lid = Lid(field: field, edge: side < 0 ? 36..<40 : 42..<46)
      lid.eye = head.neutral.indices.filter {
        head.regions[$0] == .eye && head.neutral[$0].x * side > 0
      }
      let middle = lid.eye.reduce(0) { $0 + head.neutral[$1].y } / Float(max(1, lid.eye.count))
      for i in skin {
        let way = ways[i].y
        if Self.above.contains(way), head.neutral[i].y < middle - Self.height,
          normals[i].z < -Self.facing
        {
          lid.above.append(i)
        }
        guard way > Self.moves.from else { continue }
        lid.vertices.append(i)
        lid.shares.append(min(1, (way - Self.moves.from) / (Self.moves.to - Self.moves.from)))
      }
      return lid
    }
  }
}

extension LidParts.Lid {
  /// How far the lid is painted for the coefficient that closes it: nothing of an open one.
  private static let closing: (from: Float, to: Float) = (0.2, 0.55)
  /// Of the level of the skin above.
  private static let skin: Float = 0.95
  private static let lashes: Float = 0.35
  /// mm.
  private static let lashRadius: Float = 0.45

  /// How far an eye goes back behind a closed lid, mm: the mesh's eyes stand out through it.
  private static let depth: Float = 3

  /// Moves the eye out of the lid's way.
  func makeWay(closed: Float, in vertices: inout [SIMD3<Float>]) {
    let way = Self.depth * max(0, min(1, closed))
    guard way > 0 else { return }
    for i in eye { vertices[i].z += way }
  }

  /// How far the lid is painted, 0 ... 1, and the level of the skin above; nil of an open lid.
  private func paint(_ closed: Float, _ levels: [Float]) -> (share: Float, level: Float)? {
    let (from, to) = Self.closing
    let share = max(0, min(1, (closed - from) / (to - from)))
    guard share > 0, !above.isEmpty, !vertices.isEmpty else { return nil }
    let sorted = above.map { levels[$0] }.sorted()
    return (share, sorted[sorted.count / 2])
  }

  /// Paints the lid over `corners`; `levels` are those of the mesh's vertices.
  func paint(closed: Float, levels: [Float], on corners: inout [RasterVertex]) {
    guard let (share, level) = paint(closed, levels) else { return }
    for (vertex, own) in zip(vertices, shares) {
      corners[vertex].cover(by: level * Self.skin, share: share * own)
    }
  }

  /// Draws the lashes of a closed lid along its edge.
  func drawLashes(
    closed: Float, levels: [Float], shape: [SIMD3<Float>], camera: SceneCamera,
    on canvas: Rasteriser
  ) {
    guard let (share, level) = paint(closed, levels), edge.upperBound <= shape.count else { return }
    canvas.stroke(
      shape[edge].map(camera.place), radius: Self.lashRadius * camera.scale,
      ink: Rasteriser.Ink(level: level * Self.lashes, opacity: 0.8 * share, tolerance: 3))
  }
}
