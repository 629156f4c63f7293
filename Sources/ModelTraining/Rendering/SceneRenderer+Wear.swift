import CLNF
import Foundation

/// Glasses, hats and what lies before a face.
extension SceneRenderer {
  func drawWear(_ wear: SceneWear, _ scene: Scene, _ generator: inout SeededGenerator) {
    if let beard = wear.beard {
      drawBeard(beard, on: material.parts.beardVertices, scene, &generator)
    }
    if let moustache = wear.moustache {
      drawBeard(moustache, on: material.parts.moustacheVertices, scene, &generator)
    }
    if let hair = wear.hair {
      drawHair(hair, scene, &generator)
      drawLooseStrands(wear.looseStrands, hair, scene, &generator)
    }
    if wear.hasGlasses { drawGlasses(scene, &generator) }
    if wear.hasHat { drawHat(scene, &generator) }
  }

  /// A pair of glasses in the head's axes, mm.
  private struct Glasses {
    var left: SIMD3<Float>
    var right: SIMD3<Float>
    var half: SIMD2<Float>
    /// 2: an ellipse; more: rounded rectangles.
    var exponent: Float
    /// How far the lenses lie back at the sides, of the distance from the middle.
    var wrap: Float

    init(_ shape: [SIMD3<Float>], _ generator: inout SeededGenerator) {
      func mean(_ range: Range<Int>) -> SIMD3<Float> {
        shape[range].reduce(.zero, +) / Float(range.count)
      }
      (left, right) = (mean(36..<42), mean(42..<48))
      let depth = min(shape[27].z, shape[28].z) - generator.float(0...4)
      let low = generator.float(0...6)
      let apart = abs(right.x - left.x)
      half = SIMD2(apart * generator.float(0.33...0.42), apart * generator.float(0.2...0.36))
      exponent = generator.float(2...5)
      wrap = generator.float(0.05...0.2)
      left = SIMD3(left.x, left.y + low, depth)
      right = SIMD3(right.x, right.y + low, depth)
    }

    private func bent(_ point: SIMD3<Float>) -> SIMD3<Float> {
      let off = abs(point.x - (left.x + right.x) / 2)
      return SIMD3(point.x, point.y, point.z + wrap * off)
    }

    func rim(_ center: SIMD3<Float>) -> [SIMD3<Float>] {
      (0...32).map { k in
        let angle = Float(k) * .pi / 16
        let (c, s) = (cos(angle), sin(angle))
        let u = half.x * (c < 0 ? -1 : 1) * pow(abs(c), 2 / exponent)
        let v = half.y * (s < 0 ? -1 : 1) * pow(abs(s), 2 / exponent)
        return bent(center + SIMD3(u, v, 0))
      }
    }

    var bridge: [SIMD3<Float>] {
      let (a, b) = (left.x + half.x, right.x - half.x)
      return (0...6).map { k in
        let t = Float(k) / 6
        let rise = 0.25 * half.y + 12 * t * (1 - t)
        return bent(SIMD3(a + t * (b - a), left.y - rise, left.z - 1))
      }
    }

    /// From a lens to the ear.
    func temple(_ side: Float, ear: SIMD3<Float>) -> [SIMD3<Float>] {
      let center = side < 0 ? left : right
      let start = bent(center + SIMD3(side * half.x, -0.4 * half.y, 0))
      let end = SIMD3(ear.x + side * 5, center.y - 4, ear.z + 25)
      return [start, start + SIMD3(side * 3, 0, 4), end]
    }
  }

  private func drawGlasses(_ scene: Scene, _ generator: inout SeededGenerator) {
    let glasses = Glasses(scene.subject.shape, &generator)
    let camera = scene.camera
    let level = generator.chance(0.2) ? generator.float(120...230) : generator.float(5...90)
    let radius = generator.float(0.4...2.4) * camera.scale
    let ink = Rasteriser.Ink(
      level: level * scene.light.ambient, opacity: generator.float(0.75...1), tolerance: 1)
    let isDark = generator.chance(settings.sunglassesShare)
    let tint =
      isDark
      ? Rasteriser.Ink(level: generator.float(5...60), opacity: generator.float(0.6...0.97))
      : Rasteriser.Ink(level: generator.float(60...230), opacity: generator.float(0...0.12))
    let hasGlare = generator.chance(0.35)
    for center in [glasses.left, glasses.right] {
      let rim = glasses.rim(center).map(camera.place)
      canvas.fill(rim, ink: tint)
      if hasGlare { drawGlare(on: center, glasses.half, scene, &generator) }
      canvas.stroke(rim, radius: radius, ink: ink)
    }
    canvas.stroke(glasses.bridge.map(camera.place), radius: radius, ink: ink)
    let sides = [material.head.landmarkVertices[0], material.head.landmarkVertices[16]]
    for (vertex, side) in zip(sides, [Float(-1), 1]) {
      canvas.stroke(
        glasses.temple(side, ear: scene.subject.vertices[vertex]).map(camera.place),
        radius: 0.8 * radius, ink: ink)
    }
  }

  /// A slanted streak of reflected light.
  private func drawGlare(
    on center: SIMD3<Float>, _ half: SIMD2<Float>, _ scene: Scene,
    _ generator: inout SeededGenerator
  ) {
    let (shift, width) = (generator.float(-0.5...0.5) * half.x, generator.float(0.1...0.6) * half.x)
    let slant = generator.float(-0.6...0.6) * half.x
    let streak = [(-1, -1), (1, -1), (1, 1), (-1, 1)].map { corner -> SIMD3<Float> in
      let (u, v) = (Float(corner.0), Float(corner.1))
      return scene.camera.place(
        center + SIMD3(shift + u * width / 2 + v * slant, 0.7 * v * half.y, 0))
    }
    canvas.fill(
      streak,
      ink: Rasteriser.Ink(
        level: generator.float(170...255), opacity: generator.float(0.15...0.75)))
  }

  /// A cap over the skull, sometimes with a brim.
  private func drawHat(_ scene: Scene, _ generator: inout SeededGenerator) {
    let head = material.head
    let subject = scene.subject
    let nasion = subject.shape[27]
    let edge = generator.float(-72 ... -38)
    let slope = generator.float(0.1...0.3)
    let thickness = generator.float(5...14)
    let level = generator.float(8...235)
    let pattern = generator.chance(0.6) ? generator.float(2...30) : 0
    var depths = [Float](repeating: -100, count: head.vertexCount)
    var corners: [RasterVertex] = []
    corners.reserveCapacity(head.vertexCount)
    for i in subject.vertices.indices {
      let at = subject.vertices[i]
      if head.regions[i] == .skin, material.parts.chest[i] < 0 {
        depths[i] = edge + slope * (at.z - nasion.z) - (at.y - nasion.y)
      }
      let shade = scene.light.shade(
        scene.camera.turn(subject.normals[i]), lit: 1, isSkin: false)
      let rise = thickness * max(0.3, min(1, (depths[i] + 4) / 10))
      corners.append(
        RasterVertex(
          place: scene.camera.place(at + rise * subject.normals[i]),
          level: max(0, level + pattern * generator.quickNormal()), shade: shade.x))
    }
    let triangles = head.triangles.filter { triangle in
      triangle.region == .skin
        && [triangle.a, triangle.b, triangle.c].allSatisfy { depths[Int($0)] > 0 }
    }
    draw(corners, triangles, .none)
    guard generator.chance(0.6) else { return }
    let front = SIMD3(nasion.x, nasion.y + edge, nasion.z + 6 - thickness)
    drawBrim(from: front, level: level, scene, &generator)
  }

  /// A shield over the forehead, in slices.
  private func drawBrim(
    from front: SIMD3<Float>, level: Float, _ scene: Scene, _ generator: inout SeededGenerator
  ) {
    let width = abs(scene.subject.shape[45].x - scene.subject.shape[36].x) * 0.75
    let length = generator.float(35...75)
    let drop = generator.float(0...25)
    let shade = scene.light.shade(scene.camera.turn(SIMD3(0, -1, 0)), lit: 1, isSkin: false).x
    func point(_ angle: Float, _ reach: Float) -> SIMD3<Float> {
      let (c, s) = (cos(angle), sin(angle))
      let out = reach * length * c
      return scene.camera.place(
        front + SIMD3(width * s, drop * (1 - c) + 0.15 * out, 40 * (1 - c) - out))
    }
    let slices = 14
    for k in 0..<slices {
      let a = (Float(k) / Float(slices) - 0.5) * 2.6
      let b = (Float(k + 1) / Float(slices) - 0.5) * 2.6
      canvas.fill(
        [point(a, 0), point(b, 0), point(b, 1), point(a, 1)],
        ink: Rasteriser.Ink(level: min(255, level * max(0.3, shade)), tolerance: 12))
    }
  }

  /// Hands and other things before the face, on the image itself. Returns which landmarks they cover.
  func cover(
    _ image: inout Plane<Float>, _ landmarks: [SIMD2<Float>], _ generator: inout SeededGenerator
  ) -> [Bool] {
    let hasHand = generator.chance(settings.handShare)
    let hasOccluder = generator.chance(settings.occluderShare)
    guard hasHand || hasOccluder else { return landmarks.map { _ in false } }
    var grey = GreyImage(width: image.width, height: image.height, repeating: 0)
    image.withSamples { from in
      grey.withMutableSamples { to in
        for i in to.indices { to[i] = UInt8(max(0, min(255, from[i].rounded()))) }
      }
    }
    let before = grey.copy()
    let points = landmarks.map { Double($0.x) } + landmarks.map { Double($0.y) }
    let box = LandmarkError.box(of: points)
    if hasHand { Degradation.placeHand(on: &grey, box, &generator) }
    if hasOccluder {
      if let scenery = material.scenery, generator.chance(0.5) {
        scenery.occlude(&grey, box, &generator)
      } else {
        Degradation.occlude(&grey, box, &generator)
      }
    }
    grey.withSamples { from in
      image.withMutableSamples { to in
        for i in to.indices { to[i] = Float(from[i]) }
      }
    }
    return landmarks.map { Self.differs(grey, from: before, at: $0) }
  }

  /// Whether most of the 3 x 3 pixels around a place are others.
  private static func differs(
    _ image: borrowing GreyImage, from before: borrowing GreyImage, at place: SIMD2<Float>
  ) -> Bool {
    let (x, y) = (Int(place.x.rounded()), Int(place.y.rounded()))
    guard (1..<image.width - 1).contains(x), (1..<image.height - 1).contains(y) else {
      return false
    }
    var count = 0
    for v in y - 1...y + 1 {
      for u in x - 1...x + 1 where abs(Int(image[u, v]) - Int(before[u, v])) > 2 { count += 1 }
    }
    return count > 4
  }
}
