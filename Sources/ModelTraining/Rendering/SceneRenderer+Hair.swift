import CLNF

/// Hair: a volume over the scalp, and strands that fall along it and off it.
extension SceneRenderer {
  /// About the shape of a skull, in the head's axes.
  private struct Skull {
    let center: SIMD3<Float>
    let radii: SIMD3<Float>

    init?(_ subject: SceneSubject, _ parts: HeadParts) {
      guard let first = parts.scalpVertices.first else { return nil }
      var (low, high) = (subject.vertices[first], subject.vertices[first])
      for i in parts.scalpVertices where parts.scalp[i] > 8 {
        low = pointwiseMin(low, subject.vertices[i])
        high = pointwiseMax(high, subject.vertices[i])
      }
      let middle = (low + high) / 2
      center = SIMD3(middle.x, low.y + 0.52 * (high.z - low.z), middle.z)
      radii = SIMD3((high.x - low.x) / 2, center.y - low.y, (high.z - low.z) / 2)
      guard radii.min() > 1 else { return nil }
    }

    /// The point itself, or where it leaves the skull that is thicker by `distance`.
    func outside(_ point: SIMD3<Float>, distance: Float) -> SIMD3<Float> {
      var at = point - center
      // Below its middle the head does not grow narrower.
      at.y = min(0, at.y)
      let thick = radii + distance
      let relative = at / thick
      let size = (relative * relative).sum().squareRoot()
      guard size < 1 else { return point }
      guard size > 0.1 else { return point }
      return point + at * (1 / size - 1)
    }

    func normal(_ point: SIMD3<Float>) -> SIMD3<Float> {
      var n = (point - center) / (radii * radii)
      n.y = min(n.y, 0)
      let length = (n * n).sum().squareRoot()
      return length > 0 ? n / length : SIMD3(0, -1, 0)
    }
  }

  func drawHair(
    _ hair: SceneWear.Hair, _ scene: Scene, _ generator: inout SeededGenerator
  ) {
    let parts = material.parts
    guard let skull = Skull(scene.subject, parts) else { return }
    drawScalp(hair, scene, &generator)
    for _ in 0..<hair.strands {
      let root = parts.scalpVertices[generator.whole(0...parts.scalpVertices.count - 1)]
      let side: Float = scene.subject.vertices[root].x > skull.center.x ? 1 : -1
      var comb = SIMD3(hair.sideways * side, 0.15, hair.back)
      // Without a fringe, hair from the forehead goes aside or back.
      if parts.isFringe[root] {
        comb = SIMD3(max(0.9, hair.sideways) * side, -0.2, max(0.6, hair.back))
      }
      drawStrand(
        from: root, along: comb, length: generator.float(hair.length), hair, skull, scene,
        &generator)
    }
    guard hair.hasFringe, !parts.fringeVertices.isEmpty else { return }
    let (side, length) = (generator.float(-0.8...0.8), generator.float(30...75))
    for _ in 0..<generator.whole(60...260) {
      let root = parts.fringeVertices[generator.whole(0...parts.fringeVertices.count - 1)]
      drawStrand(
        from: root, along: SIMD3(side + 0.3 * generator.quickNormal(), 0.8, -0.6),
        length: length * generator.float(0.6...1.1), hair, skull, scene, &generator)
    }
  }

  /// Single strands that hang before the face.
  func drawLooseStrands(
    _ count: Int, _ hair: SceneWear.Hair, _ scene: Scene, _ generator: inout SeededGenerator
  ) {
    guard let skull = Skull(scene.subject, material.parts), !material.parts.fringeVertices.isEmpty
    else { return }
    for _ in 0..<count {
      let all = material.parts.fringeVertices
      let root = all[generator.whole(0...all.count - 1)]
      drawStrand(
        from: root, along: SIMD3(generator.float(-1...1), 0.6, -0.8),
        length: generator.float(50...150), hair, skull, scene, &generator)
    }
  }

  /// The scalp itself, thickened; near the hairline it lies on the skin.
  private func drawScalp(
    _ hair: SceneWear.Hair, _ scene: Scene, _ generator: inout SeededGenerator
  ) {
    let parts = material.parts
    let subject = scene.subject
    var corners: [RasterVertex] = []
    corners.reserveCapacity(subject.vertices.count)
    // A ragged line, and a receding or a low one.
    let shift = generator.float(-8...10)
    for i in subject.vertices.indices {
      let depth = parts.scalp[i] + shift
      // Before the hairline the volume dips below the skin, so that the skin hides it.
      let rise = depth < 0 ? max(-4, 0.5 * depth) : min(1, depth / 25) * hair.thickness
      let place = subject.vertices[i] + (rise + 0.4) * subject.normals[i]
      let level = max(0, hair.level + hair.variation * generator.quickNormal())
      let shade = scene.light.shade(
        scene.camera.turn(subject.normals[i]), lit: 1, isSkin: false)
      corners.append(
        RasterVertex(place: scene.camera.place(place), level: level, shade: shade.x))
    }
    draw(corners, parts.scalpTriangles, .none)
  }

  private func drawStrand(
    from root: Int, along comb: SIMD3<Float>, length: Float, _ hair: SceneWear.Hair,
    _ skull: Skull, _ scene: Scene, _ generator: inout SeededGenerator
  ) {
    let step: Float = length > 60 ? 9 : 5
    let lift = hair.thickness * generator.float(0.6...1.2)
    var at = scene.subject.vertices[root] + lift * scene.subject.normals[root]
    var direction = comb
    let level = hair.level + hair.variation * generator.quickNormal()
    let radius = generator.float(0.25...1.3) * scene.camera.scale
    var before = scene.camera.place(at)
    let steps = max(2, Int(length / step))
    for k in 0..<steps {
      // Weight takes over from the comb.
      let wave =
        SIMD3(
          generator.quickNormal(), generator.quickNormal(), generator.quickNormal()) * 0.12
      direction = 0.86 * direction + SIMD3(0, 0.16, 0) + wave
      let length = max(1e-3, (direction * direction).sum().squareRoot())
      at = skull.outside(at + step / length * direction, distance: lift)
      let place = scene.camera.place(at)
      let light = scene.light.shade(
        scene.camera.turn(skull.normal(at)), lit: 1, isSkin: false)
      let taper = 1 - 0.6 * Float(k) / Float(steps)
      canvas.stroke(
        from: before, to: place, radius: (radius * taper, radius * taper),
        ink: Rasteriser.Ink(level: max(0, level * light.x), opacity: 0.85, tolerance: 1.5))
      before = place
    }
  }

  /// Short hairs on chin and cheeks or above the lips.
  func drawBeard(
    _ beard: SceneWear.Beard, on vertices: [Int], _ scene: Scene,
    _ generator: inout SeededGenerator
  ) {
    guard !vertices.isEmpty else { return }
    let count = beard.strands * min(vertices.count, 600) / 600
    for _ in 0..<count {
      let root = vertices[generator.whole(0...vertices.count - 1)]
      let normal = scene.subject.normals[root]
      let wave = SIMD3(generator.quickNormal(), generator.quickNormal(), 0) * 0.35
      var direction = SIMD3<Float>(0, 1, 0) + 0.7 * normal + wave
      direction /= max(1e-3, (direction * direction).sum().squareRoot())
      let from =
        scene.subject.vertices[root] + 0.3 * normal + SIMD3(wave.x, wave.y, 0) * 4
      let to = from + beard.length * generator.float(0.5...1.2) * direction
      let level = (beard.level + 14 * generator.quickNormal()) * scene.shades[root].x
      let radius = generator.float(0.15...0.4) * scene.camera.scale
      canvas.stroke(
        from: scene.camera.place(from), to: scene.camera.place(to),
        radius: (radius, 0.6 * radius),
        ink: Rasteriser.Ink(
          level: max(0, level), opacity: min(0.9, beard.strength + 0.2), tolerance: 3))
    }
  }
}
